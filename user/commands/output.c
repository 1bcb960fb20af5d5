/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "util/errstr.h"
#include "util/say.h"

bool output_reader_went(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct stat st;

	return !fstat(STDOUT_FILENO, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
	       poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

int output_status(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (output_reader_went())
		return status;
	say_error("cannot write to standard output (%s): see that there is room", errstr(errno));
	return worse_status(status, STATUS_NOT_ARMED);
}

void say_lines_unknown(const char *trace, const struct trace_header *header)
{
	int i;

	for (i = 0; i < OBJECT_COUNT; i++)
		if (header->build_id[i][0])
			return;
	say("%s does not tell the build-ids of its kernel and modules (since schema 1.5 traces "
	    "do): no lines of its stacks can be found",
	    trace);
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
