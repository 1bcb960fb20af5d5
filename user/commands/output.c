/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "util/errstr.h"
#include "util/say.h"

int output_status(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	say_error("cannot write to standard output (%s)", errstr(errno));
	return status == STATUS_PASS ? STATUS_INCONCLUSIVE : status;
}
