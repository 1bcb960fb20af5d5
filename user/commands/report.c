/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "commands/commands.h"
#include "evmcs_trace/status.h"
#include "pipeline.h"
#include "sinks/perfetto.h"
#include "sources/source.h"
#include "util/errstr.h"
#include "util/say.h"

/* evmcs-trace report --perfetto FILE TRACE */
int command_report(int argc, char **argv)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	int status = STATUS_NOT_ARMED, err;
	struct pipeline p = {};
	FILE *out;

	if (argc != 4 || strcmp(argv[1], "--perfetto")) {
		say_error("usage: evmcs-trace report --perfetto FILE TRACE");
		return STATUS_USAGE;
	}
	out = fopen(argv[2], "we");
	if (!out) {
		say_error("cannot write %s (%s): choose another place", argv[2], errstr(errno));
		return status;
	}
	if (pipeline_init(&p, &options) || pipeline_add(&p, perfetto_sink_new(out))) {
		say_error("out of memory");
		goto cleanup;
	}
	err = file_source_run(argv[3], pipeline_item, &p);
	if (err == -EBADMSG) {
		pipeline_abort(&p, say_last_error());
		status = STATUS_MALFORMED;
	} else {
		status = verdict_status(pipeline_finish(&p));
	}
cleanup:
	pipeline_free(&p);
	fclose(out);
	return status;
}
