/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exit statuses of every command, as documented in evmcs-trace --help. */
#ifndef EVMCS_TRACE_STATUS_H
#define EVMCS_TRACE_STATUS_H

enum evmcs_status {
	STATUS_PASS = 0, /* every restore passed and coverage was met */
	STATUS_FAIL = 1, /* at least one violation */
	STATUS_UNSUPPORTED = 4, /* what was asked for cannot exist on this host */
	STATUS_INCONCLUSIVE = 5, /* something that could matter was not seen */
	STATUS_NOT_ARMED = 6, /* could not attach, or not write what was asked for */
	STATUS_USAGE = 64, /* EX_USAGE */
	STATUS_MALFORMED = 65, /* EX_DATAERR: a file to be read that cannot be, or is wrong */
};

#endif
