/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EVMCS_TRACE_VERSION_H
#define EVMCS_TRACE_VERSION_H

#define EVMCS_TRACE_VERSION "0.1.0"
/* Of this version; packaging/debian/changelog has both, too. */
#define EVMCS_TRACE_DATE "2026-11-28"

#endif
