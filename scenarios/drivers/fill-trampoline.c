// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attaches so many fentry programs to a function of a module that the kernel
 * refuses one more (BPF_MAX_TRAMP_LINKS, 38), and runs a command meanwhile: how
 * does a tracer do that is not the first?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#define MORE_THAN_ENOUGH 64

static int fail(const char *what)
{
	fprintf(stderr, "fill-trampoline: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The module's BTF: its descriptor, *id its number. */
static int module_btf_fd(const char *module, __u32 *id)
{
	char name[64];
	int fd;

	for (*id = 0; !bpf_btf_get_next_id(*id, id);) {
		struct bpf_btf_info info = { .name = (__u64)(unsigned long)name,
					     .name_len = sizeof(name) };
		__u32 len = sizeof(info);

		fd = bpf_btf_get_fd_by_id(*id);
		if (fd < 0)
			continue;
		name[0] = '\0';
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -1;
}

static int function_id(__u32 btf_id, const char *function)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct btf *btf = btf__load_from_kernel_by_id_split(btf_id, vmlinux);

	return btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -1;
}

/* Returns how many the kernel took. */
static int fill(int btf_fd, int function)
{
	struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)function, .attach_btf_obj_fd = (__u32)btf_fd);
	int n, prog;

	for (n = 0; n < MORE_THAN_ENOUGH; n++) {
		prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing, 2, &opts);
		if (prog < 0 || bpf_raw_tracepoint_open(NULL, prog) < 0)
			break;
	}
	return n;
}

int main(int argc, char **argv)
{
	int btf_fd, function, status, n;
	__u32 id;
	pid_t pid;

	if (argc < 5 || strcmp(argv[3], "--") != 0) {
		fprintf(stderr, "usage: fill-trampoline MODULE FUNCTION -- COMMAND...\n");
		return 64;
	}
	btf_fd = module_btf_fd(argv[1], &id);
	if (btf_fd < 0)
		return fail("the module has no BTF");
	function = function_id(id, argv[2]);
	if (function < 0)
		return fail("its BTF does not have the function");
	n = fill(btf_fd, function);
	if (!n || n == MORE_THAN_ENOUGH)
		return fail("the kernel did not take programs until it refused one");
	printf("fill-trampoline: %d programs on %s\n", n, argv[2]);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
