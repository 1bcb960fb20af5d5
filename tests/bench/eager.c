/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * eager: the tracer's BPF object as a skeleton is loaded that nobody thought about:
 * every program of both flavours whose function is there, and libbpf looks for each
 * target by itself. Says when it has begun, loaded and attached, by CLOCK_MONOTONIC.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "evmcs_trace.skel.h"
#include "probes/plan.h"

static void stamp(const char *what)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%s %lld\n", what, now.tv_sec * 1000000000LL + now.tv_nsec);
}

static struct bpf_program *find(struct evmcs_trace_bpf *skel, const struct plan_choice *choice,
				const char *kind)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", choice->row->program, kind);
	return bpf_object__find_program_by_name(skel->obj, name);
}

static int select_traced(struct evmcs_trace_bpf *skel, const struct plan_choice *choice,
			 const char *kind, enum bpf_attach_type type)
{
	struct bpf_program *prog = find(skel, choice, kind);

	bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
	bpf_program__set_expected_attach_type(prog, type);
	bpf_program__set_autoload(prog, true);
	return bpf_program__set_attach_target(prog, 0, choice->fact.function);
}

static int select_programs(struct evmcs_trace_bpf *skel, const struct plan_choice *choice)
{
	bpf_program__set_autoload(find(skel, choice, "kprobe"), true);
	bpf_program__set_autoload(find(skel, choice, "kretprobe"), true);
	return select_traced(skel, choice, "fentry", BPF_TRACE_FENTRY)
		       ?: select_traced(skel, choice, "fexit", BPF_TRACE_FEXIT);
}

static int attach(struct evmcs_trace_bpf *skel, const struct plan_choice *choice)
{
	return bpf_program__attach_trace(find(skel, choice, "fentry")) &&
			       bpf_program__attach_trace(find(skel, choice, "fexit"))
		       ? 0
		       : -1;
}

static bool is_wanted(const struct plan_choice *choice)
{
	return plan_is_fentry(choice);
}

int main(void)
{
	struct code *code;
	struct evmcs_trace_bpf *skel;
	struct plan plan;
	int i, err = 0;

	/* what is not part of loading comes first, and is not counted */
	code = code_of_running_kernel(NULL);
	plan_resolve(&plan, code);
	stamp("begin");
	skel = evmcs_trace_bpf__open();
	for (i = 0; skel && i < plan.nr && !err; i++)
		if (is_wanted(&plan.choices[i]))
			err = select_programs(skel, &plan.choices[i]);
	if (!skel || err || evmcs_trace_bpf__load(skel)) {
		fprintf(stderr, "eager: cannot load\n");
		return 1;
	}
	stamp("loaded");
	for (i = 0; i < plan.nr && !err; i++)
		if (is_wanted(&plan.choices[i]))
			err = attach(skel, &plan.choices[i]);
	stamp("attached");
	return err != 0;
}
