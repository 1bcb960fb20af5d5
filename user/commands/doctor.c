/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/libbpf.h>

#include "commands/commands.h"
#include "commands/doctor.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "probes/attach.h"
#include "probes/module_file.h"
#include "util/say.h"

struct doctor_options {
	const char *module;
	const char *kvm;
	const char *btf_file;
	const char *debug_info;
	bool json;
	bool verbose;
};

static const struct argp_option options[] = {
	{ "module", 'm', "FILE", 0, "look at this kvm-intel.ko, which is not loaded", 0 },
	{ "kvm", 'k', "FILE", 0, "the kvm.ko of --module, where it is not beside it", 0 },
	{ "btf", 'b', "FILE", 0, "types of kvm_intel, where the kernel has no BTF of it", 0 },
	{ "debug-info", 'd', "FILE|DIR", 0, "that of kvm_intel, if it is not installed", 0 },
	{ "json", 'j', NULL, 0, "print one JSON object (doctor.schema.json)", 0 },
	{ "verbose", 'v', NULL, 0, "every fact, and why each point is as it is", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_doctor(int key, char *arg, struct argp_state *state)
{
	struct doctor_options *o = state->input;

	switch (key) {
	case 'm':
		o->module = arg;
		return 0;
	case 'k':
		o->kvm = arg;
		return 0;
	case 'b':
		o->btf_file = arg;
		return 0;
	case 'd':
		o->debug_info = arg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "a module file is given with --module");
		return 0;
	case ARGP_KEY_END:
		if (o->kvm && !o->module)
			argp_error(state, "--kvm goes with --module");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

bool doctor_asked(const struct diagnosis *d, int fact)
{
	return host_facts[fact].scope & (d->host.kvm_intel ? HOST_FILE : HOST_RUNNING);
}

static void ask_all(struct diagnosis *d)
{
	int i;

	for (i = 0; i < host_nr_facts; i++)
		if (doctor_asked(d, i))
			host_facts[i].ask(&d->host, &d->answers[i]);
}

/* The first fact that stands in the way of arming at all; NULL: none. */
static const struct host_answer *obstacle(const struct diagnosis *d)
{
	int i;

	for (i = 0; i < host_nr_facts; i++)
		if (d->answers[i].status == STATUS_UNSUPPORTED ||
		    d->answers[i].status == STATUS_NOT_ARMED)
			return &d->answers[i];
	return NULL;
}

/* A plan that nobody carried out: what it has chosen is taken for attached. */
static void assume_attached(struct plan *plan, bool attached)
{
	int i;

	for (i = 0; i < plan->nr; i++)
		plan->choices[i].fact.attached = attached && plan->choices[i].fact.flavour[0];
}

/* Attaches for real and lets go at once: nothing is reported in between. */
static void arm(struct diagnosis *d)
{
	struct observer_options o = { .vcpu = -1, .btf_file = d->host.btf_file };
	int status = 0;
	struct observer *observer = observer_arm(&o, &d->plan, d->host.code, &status);

	d->armed = observer != NULL;
	observer_free(observer);
	if (d->armed)
		return;
	d->status = status;
	snprintf(d->not_armed, sizeof(d->not_armed), "%s", say_last_error());
}

static void try_plan(struct diagnosis *d)
{
	if (d->host.kvm_intel)
		snprintf(d->not_armed, sizeof(d->not_armed), "a file is not loaded");
	else if (obstacle(d))
		snprintf(d->not_armed, sizeof(d->not_armed), "%s", obstacle(d)->cost);
	else
		arm(d);
	if (d->armed)
		return;
	assume_attached(&d->plan, true);
	plan_mark_needed(&d->plan);
}

/* The sentence of the first fact with this status, and its remedy. */
static bool answer_by_fact(struct diagnosis *d, int status)
{
	int i;

	for (i = 0; i < host_nr_facts; i++) {
		const struct host_answer *a = &d->answers[i];

		if (a->state != HOST_BAD || a->status != status)
			continue;
		d->status = status;
		snprintf(d->answer, sizeof(d->answer), "%s (%s: %s)", a->cost, host_facts[i].name,
			 a->value);
		snprintf(d->remedy, sizeof(d->remedy), "%s", a->remedy);
		return true;
	}
	return false;
}

static bool answer_by_arming(struct diagnosis *d, int status)
{
	if (d->status != status)
		return false;
	snprintf(d->answer, sizeof(d->answer), "%s", d->not_armed);
	return true;
}

static bool answer_by_plan(struct diagnosis *d, int status)
{
	const struct plan_choice *missing = plan_first_missing(&d->plan);

	if (status != STATUS_INCONCLUSIVE || !missing)
		return false;
	d->status = status;
	snprintf(d->answer, sizeof(d->answer), "blind on %s (%s): %s; no restore can pass",
		 missing->fact.function, missing->fact.reason, missing->row->when_absent);
	return true;
}

/* What can never be here, then what is refused, then what is not seen. */
static void give_answer(struct diagnosis *d)
{
	static const int order[] = { STATUS_UNSUPPORTED, STATUS_NOT_ARMED, STATUS_INCONCLUSIVE };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (answer_by_arming(d, order[i]) || answer_by_fact(d, order[i]) ||
		    answer_by_plan(d, order[i]))
			return;
	snprintf(d->answer, sizeof(d->answer), "a full verdict is possible here%s",
		 d->armed ? "" : ", as far as the plan tells");
}

static void examine(struct diagnosis *d)
{
	if (code_has_module(d->host.code, CODE_KVM_INTEL)) {
		plan_resolve(&d->plan, d->host.code);
		if (!d->host.kvm_intel)
			observer_adapt_plan(&d->plan, d->host.code);
		d->host.plan = &d->plan;
	}
	ask_all(d);
	if (d->plan.nr)
		try_plan(d);
	else
		snprintf(d->not_armed, sizeof(d->not_armed), "kvm_intel is not there");
	give_answer(d);
	if (!d->armed)
		assume_attached(&d->plan, false);
}

static void name_kernel(struct diagnosis *d)
{
	char why[256];
	struct module_file *file;
	struct utsname uts;

	if (!d->host.kvm_intel) {
		uname(&uts);
		snprintf(d->kernel, sizeof(d->kernel), "%s", uts.release);
		return;
	}
	file = module_file_open(d->host.kvm_intel, why, sizeof(why));
	if (file)
		module_file_release(file, d->kernel, sizeof(d->kernel));
	module_file_close(file);
}

static int open_code(struct diagnosis *d, char *why, size_t len)
{
	if (d->host.kvm_intel)
		d->host.code = code_of_files(d->host.kvm_intel, d->host.kvm, why, len);
	else
		d->host.code = code_of_running_kernel(d->debug_info);
	if (d->host.code)
		return 0;
	say_error("%s", why[0] ? why : "out of memory");
	return d->host.kvm_intel ? STATUS_MALFORMED : STATUS_NOT_ARMED;
}

int command_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_doctor,
		.doc = "Say what can be seen on this host, how, and what cannot; or with --module "
		       "what "
		       "a kvm-intel.ko (also .xz, .zst, .gz) allows, which is not loaded.\v"
		       "Where nothing is in the way it attaches for real and lets go again: about "
		       "a second. Exit status: 0 a full verdict is possible; else what watching "
		       "would end with: 4 nothing to watch here, 6 cannot attach, 5 blind on "
		       "something that the verdict needs.",
	};
	struct doctor_options o = {};
	static struct diagnosis d;
	char why[512] = "";
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	d.host = (struct host){
		.kvm_intel = o.module, .kvm = o.kvm, .btf_file = o.btf_file, .note = why
	};
	d.debug_info = o.debug_info;
	libbpf_set_print(NULL); /* what it misses is told here */
	status = open_code(&d, why, sizeof(why));
	if (status)
		return status;
	name_kernel(&d);
	examine(&d);
	if (!o.json)
		doctor_print_text(&d, stdout, o.verbose);
	else
		doctor_print_json(&d, stdout);
	code_free(d.host.code);
	return output_status(d.status);
}
