/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <stdio.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"

/* user/trace/trace.schema.json, linked in whole */
extern const char _binary_trace_schema_json_start[];
extern const char _binary_trace_schema_json_end[];

int command_schema(int argc, char **argv)
{
	static const struct argp argp = { .doc = "Print the JSON Schema of a line of the trace." };
	/* the linker puts both around one object */
	/* cppcheck-suppress comparePointers */
	size_t len = (size_t)(_binary_trace_schema_json_end - _binary_trace_schema_json_start);

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	fwrite(_binary_trace_schema_json_start, 1, len, stdout);
	return output_status(STATUS_PASS);
}
