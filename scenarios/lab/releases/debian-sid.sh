# shellcheck shell=bash disable=SC2034 # read by the lab
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel that Debian's unstable has today: the newest released one.

RELEASE_SUITE=sid
RELEASE_META=linux-image-amd64
# Its linux-image is a shell around these.
RELEASE_PARTS=(linux-binary linux-modules)

RELEASE_CPU=corei3_cnl
RELEASE_CMDLINE="noxsave"
