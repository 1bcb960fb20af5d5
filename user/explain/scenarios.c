/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "explain/scenarios.h"

/* As scenarios/catalogue/list has them. */
static const struct scenario {
	const char *name;
	const char *kernel;
	const char *command;
} scenarios[] = {
#include "catalogue_rows.h"
};

static const struct scenario *scenario_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL; /* tests/explain would not let it come to that */
}

static bool is_stock(const struct scenario *s)
{
	return !strcmp(s->kernel, "stock");
}

typedef void (*tell_fn)(void *ctx, const char *text);

static void tell(const struct scenario_steps *to, tell_fn fn, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(const struct scenario_steps *to, tell_fn fn, const char *fmt, ...)
{
	char text[SCENARIO_TEXT_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fn(to->ctx, text);
}

static void tell_one(const struct scenario_steps *to, const struct scenario *s)
{
	if (is_stock(s))
		tell(to, to->text, "%s, on a stock kernel:", s->name);
	else
		tell(to, to->text, "%s, on the modified module %s:", s->name, s->kernel);
	tell(to, to->command, "build/scenarios/evmcs-restore %s", s->command);
}

/* What scenarios/lab/guest/load-kvm does in the lab. */
static void tell_module(const struct scenario_steps *to, const char *module)
{
	tell(to, to->text,
	     "A modified module takes the place of the stock one, on a host that runs the kernel "
	     "that the lab has as debian-6.1 (the path that the first command prints names it), "
	     "and no VM meanwhile:");
	tell(to, to->command, "dir=$(scenarios/lab/lab module %s)", module);
	tell(to, to->command, "sudo modprobe irqbypass && sudo rmmod kvm_intel kvm");
	tell(to, to->command, "sudo insmod $dir/kvm.ko && sudo insmod $dir/kvm-intel.ko nested=1");
}

static void tell_lab(const struct scenario_steps *to, const char *name)
{
	tell(to, to->text,
	     "Or in the lab's machine, which loads the module that the scenario wants, and for "
	     "which no VMX is needed:");
	tell(to, to->command, "scenarios/catalogue/run -s %s build/one", name);
	tell(to, to->command, "build/evmcs-trace check -v build/one/out/%s.jsonl", name);
}

static void tell_where(const struct scenario_steps *to)
{
	tell(to, to->text,
	     "In evmcs-trace's source tree after 'make', on a host with VMX, while 'sudo "
	     "build/evmcs-trace' watches:");
}

/* Returns the first modified module that one of them wants, or NULL. */
static const char *tell_each(const struct explanation *e, const struct scenario_steps *to)
{
	const char *module = NULL;
	int i;

	for (i = 0; e->scenarios[i]; i++) {
		const struct scenario *s = scenario_by_name(e->scenarios[i]);

		if (!s)
			continue;
		tell_one(to, s);
		if (!module && !is_stock(s))
			module = s->kernel;
	}
	return module;
}

void tell_scenarios(const struct explanation *e, const struct scenario_steps *to)
{
	const char *module;

	tell_where(to);
	module = tell_each(e, to);
	if (module)
		tell_module(to, module);
	tell_lab(to, e->scenarios[0]);
}

void tell_scenarios_only(const struct explanation *e, const struct scenario_steps *to)
{
	tell_each(e, to);
}

void tell_any_scenario(const struct scenario_steps *to)
{
	tell_where(to);
	tell(to, to->command, "build/scenarios/evmcs-restore OPTIONS");
	tell_module(to, "MODULE");
	tell_lab(to, "SCENARIO");
}
