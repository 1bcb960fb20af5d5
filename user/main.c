/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cyaml/cyaml.h>
#include <jansson.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "evmcs_trace/version.h"
#include "util/nearest.h"
#include "util/say.h"

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
	       "\nCommands: ('evmcs-trace help COMMAND' or COMMAND --help tells more)\n");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].what);
	printf("\nOptions of the watch ('evmcs-trace help watch' has their meaning): --pid PID\n"
	       "  --vcpu ID  --json  --fail-on SEVERITY  --slow-set MS  --ready-file FILE\n"
	       "  --ready-fd FD  --ring-size KB  --wait  --debug-info FILE|DIR  --btf FILE\n"
	       "  --kprobes  --forbid POINT  -v  -q;  --version, --usage\n\n"
	       "Exit status: 0 every restore passed; 1 a violation was seen; 4 this host has no\n"
	       "nested VMX to watch; 5 inconclusive (lost, cut, blind, or no restore); 6 could\n"
	       "not attach or write; 64 usage; 65 a file that is malformed or cannot be read\n");
}

static void print_version(void)
{
	printf("evmcs-trace %s (libbpf %s, jansson %s, libcyaml %s)\n", EVMCS_TRACE_VERSION,
	       libbpf_version_string(), jansson_version_str(), cyaml_version_str);
}

/* argv[0] becomes what argp calls the program in its messages. */
static int run_command(size_t i, int argc, char **argv)
{
	static char name[32];

	snprintf(name, sizeof(name), "evmcs-trace %s", commands[i].name);
	argv[0] = name;
	return commands[i].run(argc, argv);
}

static size_t command_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			break;
	return i;
}

#define WATCH "watch" /* which has no name where it is run */
#define HELP "help"

static int complain(const char *word)
{
	struct nearest n;
	size_t i;

	nearest_begin(&n, word);
	for (i = 0; i < NR_COMMANDS; i++)
		nearest_consider(&n, commands[i].name);
	nearest_consider(&n, HELP);
	nearest_consider(&n, WATCH);
	if (n.found && !strcmp(n.found, WATCH))
		say_error("'%s' is not a command: without a command evmcs-trace watches", word);
	else if (n.found)
		say_error("'%s' is not a command: was %s meant? 'evmcs-trace --help' lists all",
			  word, n.found);
	else
		say_error("'%s' is not a command: 'evmcs-trace --help' lists all", word);
	return STATUS_USAGE;
}

/* of: NULL, or the word after "help" */
static int help(char *of)
{
	static char option[] = "--help";
	char *argv[] = { of, option, NULL };

	if (!of || *of == '-' || !strcmp(of, HELP)) {
		print_help();
		return output_status(STATUS_PASS);
	}
	if (command_by_name(of) < NR_COMMANDS)
		return run_command(command_by_name(of), 2, argv);
	if (strcmp(of, WATCH))
		return complain(of);
	argv[0] = program_invocation_short_name;
	return command_watch(2, argv);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	argp_err_exit_status = STATUS_USAGE;
	/* two lines that say nothing; a COMMAND that is run has its help as ever */
	if (argc == 3 &&
	    (!strcmp(word, HELP) || !strcmp(argv[2], "--help") || !strcmp(argv[2], "-?")))
		setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	signal(SIGPIPE, SIG_IGN); /* a reader that went is told as a failed write */
	if (!strcmp(word, HELP) || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return help(!strcmp(word, HELP) ? argv[2] : NULL);
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		print_version();
		return output_status(STATUS_PASS);
	}
	if (command_by_name(word) < NR_COMMANDS)
		return run_command(command_by_name(word), argc - 1, argv + 1);
	/* an option's, or none that the watch could take */
	if (*word && *word != '-')
		return complain(word);
	return command_watch(argc, argv);
}
