/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "explain/explain.h"
#include "explain/layout.h"
#include "explain/scenarios.h"
#include "model/names.h"
#include "util/say.h"
#include "util/terminal.h"

/* What may be asked for; each output shows all of it. */
struct output {
	void (*list)(const struct anomaly_class *cls); /* one of the list of all */
	void (*list_ends)(void);
	void (*class)(const struct anomaly_class *cls);
	void (*doubts)(void); /* all of them */
	void (*begin)(void); /* of all that there is */
};

/* ---- for people ---- */

#define MAX_WIDTH 80
#define MIN_WIDTH 30
#define BOLD "\033[1m"
#define RESET "\033[0m"

static int width;
static bool bold;
static bool between; /* something was shown above */

static int page_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int wanted = columns ? atoi(columns) : 0;

	if (wanted <= 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		wanted = size.ws_col;
	if (wanted <= 0 || wanted > MAX_WIDTH)
		wanted = MAX_WIDTH;
	return wanted < MIN_WIDTH ? MIN_WIDTH : wanted;
}

static void look_at_terminal(void)
{
	width = page_width();
	bold = terminal_has_colour(stdout);
}

static int print_bold(const char *text)
{
	printf("%s%s%s", bold ? BOLD : "", text, bold ? RESET : "");
	return (int)strlen(text);
}

#define ID_COLUMN 5
#define NAME_COLUMN 24
#define TITLE_COLUMN (ID_COLUMN + NAME_COLUMN + 9)

static void list_text(const struct anomaly_class *cls)
{
	printf("%-*s", ID_COLUMN, cls->id);
	printf("%*s", print_bold(cls->name) - NAME_COLUMN, "");
	/* beside the rest, or below it where there is not much room */
	if (width < TITLE_COLUMN + 34) {
		printf("%s\n", severity_name(cls->severity));
		print_wrapped(stdout, width, 0, ID_COLUMN, cls->title);
	} else {
		printf("%-*s", TITLE_COLUMN - ID_COLUMN - NAME_COLUMN,
		       severity_name(cls->severity));
		print_wrapped(stdout, width, TITLE_COLUMN, TITLE_COLUMN, cls->title);
	}
}

static void list_text_ends(void)
{
	putchar('\n');
	print_wrapped(
		stdout, width, 0, 0,
		"'evmcs-trace explain NAME' (or the id, or a rule of the metrics) tells what one "
		"means, how to reproduce it, and what to do; '" INCONCLUSIVE_WORD
		"' what a verdict lacks; --all everything."
		"\n\nL1 is the guest that is restored, L2 the one that it runs. The eVMCS "
		"(enlightened VMCS) is a page of L1's memory with the state of L2; KVM learns "
		"from another page, the VP assist page, where it is. SET is "
		"KVM_SET_NESTED_STATE.");
}

#define INDENT 4

static void print_part(const char *heading, const char *text)
{
	print_bold(heading);
	putchar('\n');
	print_wrapped(stdout, width, 0, INDENT, text);
	putchar('\n');
}

static void step_text(void *ctx, const char *text)
{
	(void)ctx;
	print_wrapped(stdout, width, 0, INDENT, text);
}

static void step_command(void *ctx, const char *command)
{
	(void)ctx;
	print_command(stdout, width, 2 * INDENT, command);
}

static void print_scenarios(const struct explanation *e)
{
	static const struct scenario_steps steps = { .text = step_text, .command = step_command };

	print_bold("How to reproduce it");
	putchar('\n');
	tell_scenarios(e, &steps);
	putchar('\n');
}

static void class_text(const struct anomaly_class *cls)
{
	const struct explanation *e = explanation_of(cls);

	if (between)
		putchar('\n');
	between = true;
	printf("%s ", cls->id);
	print_bold(cls->name);
	printf(" (%s, %s)\n", severity_name(cls->severity), anomaly_rule_name(cls->rule));
	print_wrapped(stdout, width, 0, 0, cls->title);
	putchar('\n');
	print_part("What it means", e->means);
	print_part("Why it matters", e->matters);
	print_scenarios(e);
	print_part("What to do", e->todo);
	print_bold("Kernels (Debian's)");
	putchar('\n');
	print_wrapped(stdout, width, 0, INDENT, e->kernels);
}

static void print_tolerance(const struct doubt_explanation *doubt)
{
	char text[128];

	if (!doubt->tolerate)
		return;
	snprintf(text, sizeof(text), "(An expectation file may put up with it: tolerate: [%s])",
		 doubt->tolerate);
	print_wrapped(stdout, width, 0, INDENT, text);
}

static void doubts_of_text(const char *heading, const struct doubt_explanation *doubts, int nr)
{
	int i;

	printf("%s\n", heading);
	for (i = 0; i < nr; i++) {
		putchar('\n');
		printf("%s", bold ? BOLD : "");
		print_wrapped(stdout, width, 0, 0, doubts[i].says);
		printf("%s", bold ? RESET : "");
		print_wrapped(stdout, width, 0, INDENT, doubts[i].text);
		print_tolerance(&doubts[i]);
	}
}

static void doubts_text(void)
{
	if (between)
		putchar('\n');
	between = true;
	doubts_of_text("Why a restore is inconclusive:", restore_doubts, WHY_COUNT);
	putchar('\n');
	doubts_of_text("Why a run as a whole is:", run_doubts, DOUBT_COUNT);
}

/* ---- for programs ---- */

static void print_object(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void class_json(const struct anomaly_class *cls)
{
	const struct explanation *e = explanation_of(cls);
	json_t *names = json_array();
	int i;

	for (i = 0; e->scenarios[i]; i++)
		json_array_append_new(names, json_string(e->scenarios[i]));
	print_object(json_pack("{ss ss ss ss ss ss ss ss so ss ss}", "type", "class", "id", cls->id,
			       "name", cls->name, "rule", anomaly_rule_name(cls->rule), "severity",
			       severity_name(cls->severity), "title", cls->title, "means", e->means,
			       "matters", e->matters, "scenarios", names, "todo", e->todo,
			       "kernels", e->kernels));
}

static void doubts_of_json(const char *of, const struct doubt_explanation *doubts, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		print_object(json_pack("{ss ss ss ss? ss}", "type", INCONCLUSIVE_WORD, "of", of,
				       "says", doubts[i].says, "tolerate", doubts[i].tolerate,
				       "text", doubts[i].text));
}

static void doubts_json(void)
{
	doubts_of_json("restore", restore_doubts, WHY_COUNT);
	doubts_of_json("run", run_doubts, DOUBT_COUNT);
}

/* ---- for a man page ---- */

/* Of an 80 columns' page, what its indents leave. */
#define MAN_COMMAND_WIDTH 64

static void man_part(const char *heading, const char *text)
{
	printf(".TP\n.B %s\n", heading);
	print_roff(stdout, text, ".IP");
}

static void man_text(void *ctx, const char *text)
{
	(void)ctx;
	puts(".IP");
	print_roff(stdout, text, ".IP");
}

static void man_command(void *ctx, const char *command)
{
	(void)ctx;
	puts(".EX");
	print_roff_command(stdout, MAN_COMMAND_WIDTH, INDENT, command);
	puts(".EE");
}

static const struct scenario_steps man_steps = { .text = man_text, .command = man_command };

static void man_scenarios(const struct explanation *e)
{
	puts(".TP\n.B How to reproduce it");
	puts("These scenarios provoke it:");
	tell_scenarios_only(e, &man_steps);
}

static void class_man(const struct anomaly_class *cls)
{
	const struct explanation *e = explanation_of(cls);
	char heading[64];

	snprintf(heading, sizeof(heading), "%s %s (%s)", cls->id, cls->name,
		 severity_name(cls->severity));
	printf(".SS ");
	print_roff_line(stdout, heading);
	print_roff(stdout, cls->title, "");
	man_part("What it means", e->means);
	man_part("Why it matters", e->matters);
	man_scenarios(e);
	man_part("What to do", e->todo);
	man_part("Kernels (Debian\\(aqs)", e->kernels);
}

static void doubts_of_man(const char *heading, const struct doubt_explanation *doubts, int nr)
{
	int i;

	printf(".SS %s\n", heading);
	for (i = 0; i < nr; i++) {
		printf(".TP\n.B ");
		print_roff_line(stdout, doubts[i].says);
		print_roff(stdout, doubts[i].text, ".IP");
	}
}

static void doubts_man(void)
{
	printf(".SH INCONCLUSIVE VERDICTS\n");
	doubts_of_man("Of a restore", restore_doubts, WHY_COUNT);
	doubts_of_man("Of a run as a whole", run_doubts, DOUBT_COUNT);
}

static void man_begins(void)
{
	printf(".SH ANOMALY CLASSES\n.TP\n.B How one is reproduced\n");
	print_roff(stdout,
		   "Each has scenarios that provoke it, with OPTIONS, and some of them want a "
		   "modified MODULE.",
		   ".IP");
	tell_any_scenario(&man_steps);
}

/* ---- the command ---- */

static const struct output text_output = {
	.list = list_text,
	.list_ends = list_text_ends,
	.class = class_text,
	.doubts = doubts_text,
};
/* These have no short form: all of it is what is listed. */
static const struct output json_output = { .class = class_json, .doubts = doubts_json };
static const struct output man_output = {
	.class = class_man,
	.doubts = doubts_man,
	.begin = man_begins,
};

struct explain_arguments {
	const struct output *output;
	bool all;
	char **words;
	int nr;
};

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "everything", 0 },
	{ "json", 'j', NULL, 0, "JSON Lines: an object for each class or reason", 0 },
	{ "man", 'm', NULL, 0, "the source of a man page's sections, man(7)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_explain(int key, char *arg, struct argp_state *state)
{
	struct explain_arguments *a = state->input;

	(void)arg;
	switch (key) {
	case 'a':
		a->all = true;
		return 0;
	case 'j':
		a->output = &json_output;
		return 0;
	case 'm':
		a->output = &man_output;
		return 0;
	case ARGP_KEY_ARGS:
		a->words = &state->argv[state->next];
		a->nr = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_known(const char *word)
{
	return class_by_word(word) || rule_by_word(word) != RULE_COUNT ||
	       !strcasecmp(word, INCONCLUSIVE_WORD);
}

static void complain(const char *word)
{
	const char *near = nearest_word(word);

	if (near)
		say_error("there is nothing to explain by the name '%s': was %s meant? "
			  "'evmcs-trace explain' lists all",
			  word, near);
	else
		say_error("there is nothing to explain by the name '%s': 'evmcs-trace explain' "
			  "lists all, A1 to A%d",
			  word, anomaly_nr_classes);
}

static void explain_word(const struct output *output, const char *word)
{
	const struct anomaly_class *cls = class_by_word(word);
	enum anomaly_rule rule = rule_by_word(word);
	int i;

	if (!strcasecmp(word, INCONCLUSIVE_WORD))
		output->doubts();
	for (i = 0; i < anomaly_nr_classes; i++)
		if (&anomaly_classes[i] == cls || anomaly_classes[i].rule == rule)
			output->class(&anomaly_classes[i]);
}

static void explain_all(const struct output *output)
{
	int i;

	if (output->begin)
		output->begin();
	for (i = 0; i < anomaly_nr_classes; i++)
		output->class(&anomaly_classes[i]);
	output->doubts();
}

static void list_all(const struct output *output)
{
	int i;

	for (i = 0; i < anomaly_nr_classes; i++)
		output->list(&anomaly_classes[i]);
	output->list_ends();
}

int command_explain(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_explain,
		.args_doc = "[NAME...]",
		.doc = "What an anomaly means, why it matters, how to reproduce it, what to do, "
		       "and "
		       "which kernels were seen to have it; without NAME the list of all.\v"
		       "NAME is that of a class or its id (direct-map-in-set, A1), of a rule that "
		       "the metrics count by (early-access): all of its classes, or "
		       "'" INCONCLUSIVE_WORD "': what a verdict lacks.",
	};
	struct explain_arguments a = { .output = &text_output };
	int i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	for (i = 0; i < a.nr; i++)
		if (!is_known(a.words[i])) {
			complain(a.words[i]);
			return STATUS_USAGE;
		}
	look_at_terminal();
	if (a.all || (!a.nr && !a.output->list))
		explain_all(a.output);
	else if (!a.nr)
		list_all(a.output);
	for (i = 0; i < a.nr && !a.all; i++)
		explain_word(a.output, a.words[i]);
	return output_status(STATUS_PASS);
}
