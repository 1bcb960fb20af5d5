/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cyaml/cyaml.h>
#include <jansson.h>

#include "commands/commands.h"
#include "evmcs_trace/status.h"
#include "evmcs_trace/version.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "record", command_record, "write a trace [-o FILE] [-- COMMAND...], and judge it" },
	{ "check", command_check, "judge recorded traces: TRACE... [-e EXPECT] [--migration]" },
	{ "serve", command_serve, "the canary of a host: metrics, journal [-c FILE]" },
	{ "report", command_report, "one page of HTML that shows a trace: TRACE [-o FILE]" },
	{ "show", command_show, "print the lines of one restore: RESTORE_ID TRACE...|DIRECTORY" },
	{ "explain", command_explain, "what an anomaly means and what to do: [NAME...]" },
	{ "doctor", command_doctor,
	  "what can be seen here, or of --module FILE.ko, and what cannot" },
	{ "schema", command_schema, "print the JSON Schema of the trace" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	size_t i;

	printf("Usage: evmcs-trace [OPTIONS]\n       evmcs-trace COMMAND [OPTIONS] [ARGS]\n\n"
	       "Says of every KVM_SET_NESTED_STATE on this host which restore path ran and\n"
	       "whether guest memory was touched before KVM_RUN; without a COMMAND it watches.\n"
	       "\nCommands:\n");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].what);
	printf("\nOptions of the watch: --pid PID  --vcpu ID  --json  --fail-on SEVERITY\n"
	       "  --slow-set MS  --ready-file FILE  --ready-fd FD  --ring-size KB  --wait\n"
	       "  --debug-info FILE|DIR  --btf FILE  --kprobes  -v  -q\n"
	       "'evmcs-trace COMMAND --help' tells more; --version, --usage\n\n"
	       "Exit status: 0 every restore passed; 1 a violation was seen; 4 this host has no\n"
	       "nested VMX to watch; 5 inconclusive (lost, cut, blind, or no restore); 6 could\n"
	       "not attach; 64 usage; 65 malformed trace, expectation or configuration file\n");
}

static void print_version(void)
{
	printf("evmcs-trace %s (libbpf %s, jansson %s, libcyaml %s)\n", EVMCS_TRACE_VERSION,
	       libbpf_version_string(), jansson_version_str(), cyaml_version_str);
}

int main(int argc, char **argv)
{
	size_t i;

	argp_err_exit_status = STATUS_USAGE;
	/* two lines that say nothing; a COMMAND that is run has its help as ever */
	if (argc == 3 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-?")))
		setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	signal(SIGPIPE, SIG_IGN); /* a reader that went is told as a failed write */
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_help();
		return STATUS_PASS;
	}
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		print_version();
		return STATUS_PASS;
	}
	for (i = 0; argc > 1 && i < NR_COMMANDS; i++) {
		static char name[32];

		if (strcmp(argv[1], commands[i].name))
			continue;
		/* what argp calls the program in its messages */
		snprintf(name, sizeof(name), "evmcs-trace %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	return command_watch(argc, argv);
}
