/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * empty READY-FILE MODULE:FUNCTION...: a fentry and a fexit program that do nothing
 * on each function, until SIGTERM. What is attached by fentry cannot cost less.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>

#include "probes/code.h"

static int attach_one(int type, int btf_fd, uint32_t btf_id)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts,
			    .expected_attach_type = (enum bpf_attach_type)type,
			    .attach_btf_id = btf_id, .attach_btf_obj_fd = (__u32)btf_fd);
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "nothing", "GPL", nothing, 2, &opts);

	if (prog < 0)
		return prog;
	/* both stay open until the process ends */
	return bpf_link_create(prog, 0, (enum bpf_attach_type)type, NULL);
}

static int attach(const struct code *code, char *name)
{
	char *function = strchr(name, ':');
	int times, btf_fd, err;
	uint32_t btf_id;

	if (!function)
		return -EINVAL;
	*function++ = '\0';
	btf_id = code_btf_function(code, name, function, &times);
	btf_fd = code_open_btf(code, name);
	if (!btf_id || btf_fd < 0)
		return -ENOENT;
	err = attach_one(BPF_TRACE_FENTRY, btf_fd, btf_id);
	if (err >= 0)
		err = attach_one(BPF_TRACE_FEXIT, btf_fd, btf_id);
	close(btf_fd);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct code *code = code_of_running_kernel(NULL);
	sigset_t mask;
	int i, err, signal;

	if (argc < 3 || !code) {
		fprintf(stderr, "usage: empty READY-FILE MODULE:FUNCTION...\n");
		return 64;
	}
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	for (i = 2; i < argc; i++) {
		err = attach(code, argv[i]);
		if (err) {
			fprintf(stderr, "empty: %s: %s\n", argv[i], strerror(-err));
			return 1;
		}
	}
	code_free(code);
	close(open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	sigwait(&mask, &signal);
	return 0;
}
