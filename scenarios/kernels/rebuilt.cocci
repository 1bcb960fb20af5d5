// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// rebuilt: nothing is changed. The distribution's source, by the distribution's
// compiler, for its debug information, which Debian has as a download of many
// times the size: "lab debug-info rebuilt".
//
// Files: none
