/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sinks/words.h"
#include "util/plain.h"

const char *duration(char out[DURATION_LEN], uint64_t ns)
{
	if (ns < 1000)
		snprintf(out, DURATION_LEN, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(out, DURATION_LEN, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(out, DURATION_LEN, "%.2f ms", (double)ns / 1e6);
	else
		snprintf(out, DURATION_LEN, "%.2f s", (double)ns / 1e9);
	return out;
}

const char *clock_time(char out[TIMESTAMP_LEN], const struct trace_header *header, uint64_t t_ns)
{
	char full[TIMESTAMP_LEN];
	const char *t;

	format_timestamp(full, header, t_ns);
	t = strchr(full, 'T');
	snprintf(out, TIMESTAMP_LEN, "%.15s", t ? t + 1 : full);
	return out;
}

const char *printable(const char *s)
{
	static char out[256];

	snprintf(out, sizeof(out), "%s", s);
	return plain(out);
}
