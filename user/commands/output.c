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

int worse_status(int a, int b)
{
	static const int order[] = { STATUS_FAIL, STATUS_MALFORMED, STATUS_NOT_ARMED,
				     STATUS_INCONCLUSIVE };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return STATUS_PASS;
}
