// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * evmcs-restore: saves and restores a nested guest in every way that KVM allows, and checks that it
 * continues.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario.h"

/* After the timeout, for an orderly end. */
#define LAST_RESORT_SECONDS 10

/* ---- the host ---- */

static int check_host(const struct options *o)
{
	struct vmm_host host;
	bool nested = o->role == ROLE_NESTED || o->role == ROLE_NESTED_LOOP;

	if (vmm_probe_host(&host))
		return STATUS_HOST_CANNOT;
	if (!nested)
		return STATUS_OK;
	if (!host.vmx || !host.nested_state_size) {
		vmm_error(0, "this host's KVM offers no nested VMX: load kvm_intel with nested=1 "
			     "on an Intel CPU with VMX");
		return STATUS_HOST_CANNOT;
	}
	if (o->evmcs && !host.evmcs) {
		vmm_error(0, "this host's KVM has no enlightened VMCS: use a kernel with "
			     "CONFIG_KVM_HYPERV, or --format native");
		return STATUS_HOST_CANNOT;
	}
	return STATUS_OK;
}

static void interrupt_ioctl(int signal)
{
	(void)signal;
}

/* An ioctl that does not even end by a signal: there will be no report. */
static void give_up(int signal)
{
	static const char text[] = "evmcs-restore: an ioctl does not return\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(STATUS_NOT_CONTINUED);
	_exit(STATUS_NOT_CONTINUED);
}

/* Without SA_RESTART, which signal() would set: KVM_RUN has to end. */
static void set_handlers(void)
{
	struct sigaction interrupt = { .sa_handler = interrupt_ioctl };
	struct sigaction last = { .sa_handler = give_up };

	sigaction(SIGUSR1, &interrupt, NULL);
	sigaction(SIGALRM, &last, NULL);
}

/* ---- the report ---- */

static void print_runs(FILE *out, const struct round_times *times)
{
	unsigned int i;

	fputs(",\"runs\":[", out);
	for (i = 0; i < times->nr_runs; i++)
		fprintf(out, "%s{\"ret\":%d,\"errno\":%d,\"exit_reason\":%u,\"detail\":\"0x%llx\"}",
			i ? "," : "", times->runs[i].error ? -1 : 0, times->runs[i].error,
			times->runs[i].exit_reason, (unsigned long long)times->runs[i].detail);
	fputc(']', out);
}

static void print_rounds(FILE *out, const struct worker *w)
{
	const struct options *o = w->scenario->options;
	unsigned int i;

	for (i = 0; i < o->rounds; i++) {
		fprintf(out,
			"%s{\"save_ns\":%llu,\"restore_ns\":%llu,\"set_ns\":%llu,"
			"\"set_to_run_ns\":%llu,\"first_run_ns\":%llu,\"drop_ns\":%llu",
			i ? "," : "", (unsigned long long)w->times[i].save,
			(unsigned long long)w->times[i].restore,
			(unsigned long long)w->times[i].set,
			(unsigned long long)w->times[i].set_to_run,
			(unsigned long long)w->times[i].first_run,
			(unsigned long long)w->times[i].drop);
		if (o->stop_runs)
			print_runs(out, &w->times[i]);
		fputc('}', out);
	}
}

static const char *continued_name(const struct options *o, bool continued)
{
	if (!options_continues(o))
		return "null";
	return continued ? "true" : "false";
}

static void print_vcpu(FILE *out, const struct worker *w)
{
	const struct options *o = w->scenario->options;
	bool nested = o->role == ROLE_NESTED;

	fprintf(out, "{\"id\":%u,\"tid\":%d,\"set_nested_state\":%llu,", w->id, w->tid,
		(unsigned long long)w->set_calls);
	if (o->set_error || o->refused_sets)
		fprintf(out, "\"set_errors\":%llu,", (unsigned long long)w->set_errors);
	fprintf(out, "\"continued\":%s,", continued_name(o, w->done));
	fprintf(out, "\"l2_ticks\":%llu,\"l1_ticks\":%llu,", (unsigned long long)w->l2_ticks,
		(unsigned long long)w->l1_ticks);
	fprintf(out, "\"forced_exits\":%llu,\"forced_exits_halted\":%llu,",
		(unsigned long long)w->report.forced, (unsigned long long)w->report.forced_halted);
	if (nested)
		fprintf(out, "\"vmxon_pa\":\"0x%llx\",\"%s\":\"0x%llx\",",
			(unsigned long long)w->report.vmxon_gpa,
			o->evmcs ? "evmcs_pa" : "vmcs12_pa",
			(unsigned long long)w->report.vmcs_gpa);
	if (nested && o->evmcs)
		fprintf(out, "\"vp_assist_pa\":\"0x%llx\",",
			(unsigned long long)w->report.vp_assist_gpa);
	if (o->get_after_set)
		fprintf(out,
			"\"get_after_set_differences\":%llu,\"get_after_set_first\":\"0x%zx\",",
			(unsigned long long)w->reread_differences, w->reread_first);
	if (nested) {
		fputs("\"rounds\":[", out);
		print_rounds(out, w);
		fputs("]}", out);
	} else {
		fprintf(out, "\"loops\":%llu,\"loop_ns\":%llu}", (unsigned long long)o->loops,
			(unsigned long long)w->loop_ns);
	}
}

static void print_vm(FILE *out, const struct scenario *s)
{
	unsigned int i;

	fprintf(out, "{\"pid\":%d,\"vcpus\":[", getpid());
	for (i = 0; s->workers && i < s->options->vcpus; i++) {
		if (i)
			fputc(',', out);
		print_vcpu(out, &s->workers[i]);
	}
	fputc(']', out);
	if (s->options->postcopy)
		fprintf(out, ",\"postcopy\":{\"pages\":%llu,\"first_gpa\":\"0x%llx\"}",
			(unsigned long long)s->postcopy.pages,
			(unsigned long long)s->postcopy.first_gpa);
	fputc('}', out);
}

static void print_head(FILE *out, const struct options *o, int status)
{
	fprintf(out,
		"{\"driver\":\"evmcs-restore\",\"status\":%d,\"what\":\"%s\",\"format\":\"%s\","
		"\"mode\":\"%s\",\"order\":\"%s\",\"forced_exit\":\"%s\",",
		status, options_role_name(o), o->evmcs ? "evmcs" : "native", options_mode_name(o),
		options_order_name(o), options_forced_name(o));
	fprintf(out,
		"\"memslots_after\":%s,\"get_after_set\":%s,\"set_twice\":%s,"
		"\"immediate_exit\":%s,\"no_run\":%s,",
		o->memslots_after ? "true" : "false", o->get_after_set ? "true" : "false",
		o->set_twice ? "true" : "false", o->immediate_exit ? "true" : "false",
		o->no_run ? "true" : "false");
	fprintf(out, "\"stop_after\":\"%s\",\"stop_runs\":%u,", options_stop_name(o), o->stop_runs);
	fprintf(out, "\"continued\":%s,\"vms\":[", continued_name(o, !status));
}

/* ---- processes ---- */

/* One VM in this process; its part of the report goes to out. */
static int run_vm(const struct options *o, FILE *out)
{
	struct scenario s;
	int ret;

	set_handlers();
	alarm(o->timeout + LAST_RESORT_SECONDS);
	ret = scenario_run(&s, o);
	alarm(0);
	print_vm(out, &s);
	scenario_free(&s);
	return ret ? STATUS_NOT_CONTINUED : STATUS_OK;
}

struct child {
	pid_t pid;
	FILE *report; /* the reading end */
};

static int start_child(struct child *child, const struct options *o)
{
	int pipe_fds[2];

	if (pipe(pipe_fds))
		return vmm_error(-errno, "cannot create a pipe: %s", strerror(errno));
	child->pid = fork();
	if (child->pid == 0) {
		FILE *out = fdopen(pipe_fds[1], "w");
		int status;

		close(pipe_fds[0]);
		status = out ? run_vm(o, out) : STATUS_NOT_CONTINUED;
		if (out)
			fclose(out);
		_exit(status);
	}
	close(pipe_fds[1]);
	child->report = fdopen(pipe_fds[0], "r");
	if (child->pid < 0)
		return vmm_error(-errno, "cannot fork: %s", strerror(errno));
	return 0;
}

/*
 * Reads to the end of the child's report before it waits, so that a long one cannot block the
 * child.
 */
static int finish_child(struct child *child, FILE *out)
{
	char text[4096];
	size_t n, total = 0;
	int wait_status;

	while (child->report && (n = fread(text, 1, sizeof(text), child->report)) > 0)
		total += fwrite(text, 1, n, out);
	if (!total)
		fprintf(out, "{\"pid\":%d,\"vcpus\":[]}", child->pid);
	if (child->report)
		fclose(child->report);
	if (child->pid <= 0 || waitpid(child->pid, &wait_status, 0) < 0 || !WIFEXITED(wait_status))
		return STATUS_NOT_CONTINUED;
	return WEXITSTATUS(wait_status);
}

static int run_vms(const struct options *o, FILE *out)
{
	struct child *children = calloc(o->vms, sizeof(*children));
	int status = STATUS_OK, one;
	unsigned int i, started;

	if (!children)
		return STATUS_NOT_CONTINUED;
	for (started = 0; started < o->vms; started++)
		if (start_child(&children[started], o))
			break;
	if (started < o->vms)
		status = STATUS_NOT_CONTINUED;
	for (i = 0; i < started; i++) {
		if (i)
			fputc(',', out);
		one = finish_child(&children[i], out);
		if (one > status)
			status = one;
	}
	free(children);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	char *vms = NULL;
	size_t size;
	FILE *out;
	int status;

	vmm_program = "evmcs-restore";
	status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	status = check_host(&options);
	if (status)
		return status;
	out = open_memstream(&vms, &size);
	if (!out)
		return STATUS_NOT_CONTINUED;
	status = options.vms > 1 ? run_vms(&options, out) : run_vm(&options, out);
	fclose(out);
	if (options.json) {
		print_head(stdout, &options, status);
		printf("%s]}\n", vms);
	}
	free(vms);
	return status;
}
