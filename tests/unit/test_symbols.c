/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From entries of stacks to functions and lines: by debug information that compilers write, from
 * wherever it may be, and in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"
#include "sources/ksyms.h"
#include "symbols/build_id.h"
#include "symbols/dwarf_finder.h"
#include "symbols/helper_finder.h"
#include "symbols/source_place.h"
#include "util/kallsyms.h"

/* ---- code whose return addresses are known ---- */

/*
 * after_... is where a call returns to: by then the next line has begun, and where the
 * call was the last of a function, perhaps the next function.
 */
static const char source[] =
	"#define INLINE static inline __attribute__((always_inline))\n"
	"#define CALL(name) asm volatile(\"call apart\\n.globl after_\" name \"\\n\" \\\n"
	"				 \"after_\" name \":\" : : : \"memory\")\n"
	"#line 100 \"arch/x86/kvm/vmx/../code.c\"\n"
	"INLINE void inner(void) { CALL(\"inner\"); }\n"
	"#line 200\n"
	"INLINE void middle(int *p) { inner(); p[1]++; }\n"
	"#line 300\n"
	"int outer(int *p) { middle(p);\n"
	"#line 310\n"
	"	p[2]++; asm volatile(\"\" : : : \"memory\"); return p[0]; }\n"
	"#line 400\n"
	"int plain(int *p) { p[0] = 1; CALL(\"plain\");\n"
	"#line 410\n"
	"	return ++p[0]; }\n"
	"#line 500\n"
	"void dies(void) { CALL(\"dies\"); __builtin_unreachable(); }\n"
	"#line 600\n"
	"int next(int *p) { return p[7]; }\n"
	"#line 700\n"
	"static __attribute__((noinline, used)) int twin(int *p) { p[1]++; CALL(\"twin\");\n"
	"	return p[0]++; }\n"
	"#line 800\n"
	"__attribute__((section(\".text.unlikely\"))) int rare(int *p) { CALL(\"rare\");\n"
	"	return *p; }\n";

static const char other_source[] =
	"static __attribute__((noinline, used)) int twin(int *p) { p[1]++; p[3] *= p[2];\n"
	"	p[5] *= p[4]; asm volatile(\"\" : : : \"memory\"); return p[0]++ / p[9]; }\n"
	"int needs_no_call(int *p) { return twin(p); }\n";

static const char by_hand[] = ".section .note.GNU-stack\n"
			      ".text\n"
			      ".globl apart\n"
			      "apart:	nop\n"
			      "	ret\n"
			      ".globl label\n"
			      "label:	call apart\n"
			      "after_label: ret\n";

struct compiler {
	const char *name, *options;
};

static const struct compiler compilers[] = {
	{ "gcc", "-gdwarf-4" },	  { "gcc", "-gdwarf-5" },   { "gcc", "-gdwarf-5 -gz" },
	{ "clang", "-gdwarf-4" }, { "clang", "-gdwarf-5" },
};

#define NR_COMPILERS (sizeof(compilers) / sizeof(compilers[0]))

#define ID_OF_KERNEL "0000000000000000000000000000000000000001"
#define ID_OF_KVM "0000000000000000000000000000000000000002"
#define ID_OF_INTEL "0000000000000000000000000000000000000003"
#define ID_OF_NOBODY "0000000000000000000000000000000000000004"

static struct trace_header header = { .kernel = "6.1.0-test",
				      .build_id = { ID_OF_KERNEL, ID_OF_KVM, ID_OF_INTEL } };

/* As the kernel's build does: in one folder, by paths from there. */
static void compile(size_t i)
{
	scratch_run("mkdir -p %zu && cp source.c other.c %zu && cd %zu && "
		    "for f in source other; do %s -O2 %s -c $f.c -o $f.o || exit; done && "
		    "gcc -g -c ../hand.s -o hand.o && "
		    "ld -r --build-id=0x%s -o kvm-intel.ko source.o other.o hand.o && "
		    "ld -r --build-id=0x%s -o kvm.ko source.o hand.o && "
		    "ld -Ttext=0xffffffff81000000 -e 0 --build-id=0x%s -o vmlinux source.o hand.o",
		    i, i, i, compilers[i].name, compilers[i].options, ID_OF_INTEL, ID_OF_KVM,
		    ID_OF_KERNEL);
}

/* nm is asked once for each file that is looked at. */
static uint64_t value_of(const char *file, const char *symbol)
{
	static char known[64], *symbols;
	char line[96];
	const char *at;
	uint64_t value = 0;
	size_t len;

	if (strcmp(file, known) != 0) {
		snprintf(known, sizeof(known), "%s", file);
		free(symbols);
		scratch_run("{ nm %s && printf '\\0'; } >symbols", file);
		symbols = scratch_read("symbols", &len);
	}
	snprintf(line, sizeof(line), " %s\n", symbol);
	at = strstr(symbols, line);
	if (!at || sscanf(at - 18, "%lx", &value) != 1)
		fail_msg("no %s in %s", symbol, file);
	return value;
}

static char entry[128];

/* The entry for what returns to after_NAME in a function of the file. */
static const char *entry_of(const char *file, const char *function, const char *name,
			    const char *module)
{
	char after[64];

	snprintf(after, sizeof(after), "after_%s", name);
	snprintf(entry, sizeof(entry), "%s+0x%lx%s", function,
		 value_of(file, after) - value_of(file, function), module);
	return entry;
}

/* ---- what is expected ---- */

struct wanted {
	const char *function;
	unsigned int line;
};

static void expect_frames(struct stack_lines *lines, const char *of, const struct wanted *wanted,
			  int nr)
{
	const struct source_frame *frames;
	int n = stack_lines_find(lines, &header, of, &frames), i;

	if (n != nr)
		fail_msg("%s: %d frames, not %d", of, n, nr);
	for (i = 0; i < nr; i++) {
		if (strcmp(frames[i].function, wanted[i].function) != 0 ||
		    frames[i].line != wanted[i].line)
			fail_msg("%s: frame %d is %s:%u", of, i, frames[i].function,
				 frames[i].line);
		assert_string_equal(frames[i].file, "arch/x86/kvm/code.c");
	}
}

#define EXPECT(lines, of, ...)                                                                     \
	do {                                                                                       \
		const struct wanted wanted[] = { __VA_ARGS__ };                                    \
		expect_frames(lines, of, wanted, sizeof(wanted) / sizeof(wanted[0]));              \
	} while (0)

static int find(struct stack_lines *lines, const char *of)
{
	const struct source_frame *frames;

	return stack_lines_find(lines, &header, of, &frames);
}

static struct stack_lines *open_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", scratch_path(name));
	return stack_lines_new(dwarf_finder_new(path));
}

static const char *in_folder(size_t i, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "%zu/%s", i, file);
	return path;
}

/* ---- entries ---- */

static void frames_of_calls(struct stack_lines *lines, const char *file, const char *module)
{
	EXPECT(lines, entry_of(file, "outer", "inner", module), { "inner", 100 }, { "middle", 200 },
	       { "outer", 300 });
	EXPECT(lines, entry_of(file, "plain", "plain", module), { "plain", 400 });
	/* the return address is where the next function begins, or the space before it */
	EXPECT(lines, entry_of(file, "dies", "dies", module), { "dies", 500 });
	/* another section, of which it is the first function */
	EXPECT(lines, entry_of(file, "rare", "rare", module), { "rare", 800 });
	/* what a probe is on: at its beginning, and behind the call that was put there */
	snprintf(entry, sizeof(entry), "next+0x0%s", module);
	EXPECT(lines, entry, { "next", 600 });
	snprintf(entry, sizeof(entry), "next+0x1%s", module);
	EXPECT(lines, entry, { "next", 600 });
	/* not the one behind it, nor none */
	snprintf(entry, sizeof(entry), "plain+0x1000%s", module);
	assert_int_equal(find(lines, entry), 0);
	snprintf(entry, sizeof(entry), "nowhere+0x1%s", module);
	assert_int_equal(find(lines, entry), 0);
	snprintf(entry, sizeof(entry), "after_plain+0x1%s", module);
	assert_true(find(lines, entry) <= 1);
}

static void frames_of_modules_and_kernel(void **state)
{
	struct stack_lines *lines;
	size_t i;

	(void)state;
	for (i = 0; i < NR_COMPILERS; i++) {
		lines = open_folder(in_folder(i, ""));
		frames_of_calls(lines, in_folder(i, "kvm-intel.ko"), " [kvm_intel]");
		frames_of_calls(lines, in_folder(i, "kvm.ko"), " [kvm]");
		frames_of_calls(lines, in_folder(i, "vmlinux"), "");
		stack_lines_free(lines);
	}
}

/* What is meant is known where only one of them is so long. */
static void functions_of_the_same_name(void **state)
{
	struct stack_lines *lines = open_folder(in_folder(1, ""));
	const struct source_frame *frames;

	(void)state;
	assert_int_equal(find(lines, "twin+0x2 [kvm_intel]"), 0);
	EXPECT(lines, "twin+0x2 [kvm]", { "twin", 700 });
	assert_int_equal(stack_lines_find(lines, &header, "twin+0x19 [kvm_intel]", &frames), 1);
	assert_string_equal(frames[0].file, "other.c");
	stack_lines_free(lines);
}

/* No function, as the kernel's own entries; but a line. */
static void labels_of_assembler(void **state)
{
	struct stack_lines *lines = open_folder(in_folder(1, ""));
	const struct source_frame *frames;

	(void)state;
	assert_int_equal(stack_lines_find(lines, &header, "label+0x5 [kvm]", &frames), 1);
	assert_string_equal(frames[0].function, "label");
	assert_string_equal(frames[0].file, "hand.s");
	assert_int_equal(frames[0].line, 7);
	stack_lines_free(lines);
}

/* ---- addresses ---- */

struct pair {
	struct kallsym first, second;
	char names[2][128];
};

/* Two functions of the kernel, one behind the other. */
static int take_pair(void *ctx, const struct kallsym *symbol)
{
	struct pair *p = ctx;

	p->first = p->second;
	p->second = *symbol;
	memcpy(p->names[0], p->names[1], sizeof(p->names[0]));
	snprintf(p->names[1], sizeof(p->names[1]), "%s", symbol->name);
	return p->first.address && p->second.address > p->first.address + 16;
}

/* A call that never returns may be the last of its function. */
static void return_addresses_are_of_the_call(void **state)
{
	uint64_t addresses[3];
	const char *names[3];
	struct pair p = {};
	struct ksyms *ksyms;
	char wanted[160];

	(void)state;
	if (kallsyms_for_each_text(take_pair, &p) != 1)
		skip(); /* they are hidden */
	ksyms = ksyms_new();
	addresses[0] = addresses[1] = p.second.address;
	addresses[2] = p.second.address + 7;
	ksyms_resolve(ksyms, addresses, 3, names);
	snprintf(wanted, sizeof(wanted), "%s+0x0", p.names[1]);
	assert_string_equal(names[0], wanted);
	snprintf(wanted, sizeof(wanted), "%s+0x%lx", p.names[0],
		 p.second.address - p.first.address);
	assert_string_equal(names[1], wanted);
	snprintf(wanted, sizeof(wanted), "%s+0x7", p.names[1]);
	assert_string_equal(names[2], wanted);
	ksyms_forget(ksyms);
	free(ksyms);
}

static int add_up(void *ctx, const struct kallsym *symbol)
{
	uint64_t *sum = ctx;

	assert_string_equal(symbol->name, "vmx_function_of_some_length");
	assert_string_equal(symbol->module, symbol->address % 2 ? "kvm_intel" : "");
	*sum += symbol->address;
	return 0;
}

/* Many pieces, lines across their ends; data is left out. */
static void symbols_from_a_descriptor(void **state)
{
	const uint64_t many = 5000;
	char path[] = "/tmp/symbols-XXXXXX";
	int fd = mkstemp(path);
	uint64_t sum = 0, i;

	(void)state;
	unlink(path);
	for (i = 0; i < many; i++)
		dprintf(fd, "%lx %c vmx_function_of_some_length%s\n", (unsigned long)i,
			i % 10 ? 't' : 'd', i % 2 ? "\t[kvm_intel]" : "");
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(kallsyms_fd_for_each_text(fd, add_up, &sum), 0);
	assert_int_equal(sum, many * (many - 1) / 2 - many / 10 * (many - 10) / 2);
	close(fd);
	/* what cannot be read is not what has no symbols */
	assert_int_equal(kallsyms_fd_for_each_text(fd, add_up, &sum), -EBADF);
}

/* ---- files ---- */

static void other_builds_are_not_believed(void **state)
{
	struct trace_header before = header;
	struct stack_lines *lines;

	(void)state;
	lines = open_folder(in_folder(1, ""));
	strcpy(header.build_id[OBJECT_KVM_INTEL], ID_OF_NOBODY);
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 0);
	/* nor is one for another, which has this function too */
	strcpy(header.build_id[OBJECT_KVM_INTEL], ID_OF_KVM);
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 0);
	header = before;
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 1);
	stack_lines_free(lines);
}

/* It is of one of them; the others are looked for elsewhere. */
static void one_file(void **state)
{
	struct stack_lines *lines = open_folder(in_folder(1, "kvm.ko"));

	(void)state;
	assert_int_equal(find(lines, "plain+0x2 [kvm]"), 1);
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 0);
	assert_int_equal(find(lines, "plain+0x2"), 0);
	stack_lines_free(lines);
}

static void files_of_debug_information_alone(void **state)
{
	struct stack_lines *lines;

	(void)state;
	scratch_run("rm -rf apart && mkdir apart && for f in kvm.ko kvm-intel.ko vmlinux; do "
		    "objcopy --only-keep-debug 1/$f apart/$f.debug && "
		    "objcopy --strip-debug 1/$f apart/$f || exit; done");
	lines = open_folder("apart");
	frames_of_calls(lines, in_folder(1, "kvm-intel.ko"), " [kvm_intel]");
	frames_of_calls(lines, in_folder(1, "vmlinux"), "");
	stack_lines_free(lines);
	/* whichever of them is seen first */
	scratch_run(
		"for i in 1 2 3 4 5 6 7 8 9; do mkdir apart/$i && cp apart/kvm.ko apart/$i; done");
	lines = open_folder("apart");
	assert_int_equal(find(lines, "plain+0x2 [kvm]"), 1);
	stack_lines_free(lines);
	/* what was stripped tells nothing */
	scratch_run("rm apart/*.debug");
	lines = open_folder("apart");
	assert_int_equal(find(lines, "plain+0x2 [kvm]"), 0);
	assert_int_equal(find(lines, "plain+0x2"), 0);
	stack_lines_free(lines);
}

/* Found while it could be, read when it was asked for. */
static void files_that_were_prepared(void **state)
{
	struct stack_lines *lines;

	(void)state;
	scratch_run("rm -rf given && mkdir given && cp 1/kvm.ko given");
	lines = open_folder("given");
	stack_lines_prepare(lines, &header);
	scratch_run("rm -rf given");
	assert_int_equal(find(lines, "plain+0x2 [kvm]"), 1);
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 0);
	stack_lines_free(lines);
	/* and never read */
	scratch_run("mkdir given && cp 1/kvm.ko given");
	lines = open_folder("given");
	stack_lines_prepare(lines, &header);
	stack_lines_prepare(lines, &header);
	stack_lines_free(lines);
}

/* Any answer will do, but for the end of the program. */
static void files_that_are_damaged(void **state)
{
	struct stack_lines *lines;
	size_t len, at;
	char *data = scratch_read(in_folder(1, "kvm.ko"), &len), kept[8];
	int answers[2] = {};

	(void)state;
	scratch_run("rm -rf given && mkdir given");
	for (at = 64; at + sizeof(kept) < len; at += 67) {
		memcpy(kept, data + at, sizeof(kept));
		memset(data + at, 0xff, sizeof(kept));
		scratch_write("given/kvm.ko", data, len);
		memcpy(data + at, kept, sizeof(kept));
		lines = open_folder("given");
		answers[find(lines, "outer+0x6 [kvm]") > 0]++;
		stack_lines_free(lines);
	}
	assert_true(answers[0] > 5 && answers[1] > 5);
	for (at = len / 32; at < len; at += len / 32) {
		scratch_write("given/kvm.ko", data, at);
		lines = open_folder("given");
		find(lines, "outer+0x6 [kvm]");
		stack_lines_free(lines);
	}
	free(data);
}

/* In a root of its own: what is known of a trace of that release; negative: a failure. */
static int find_installed(const char *release)
{
	const char *root = scratch_path("root");
	struct stack_lines *lines;
	int status, n;
	pid_t pid = fork();

	if (!pid) {
		if ((geteuid() && unshare(CLONE_NEWUSER)) || chroot(root) || chdir("/"))
			_exit(-EPERM & 0xff);
		snprintf(header.kernel, sizeof(header.kernel), "%s", release);
		lines = stack_lines_new(dwarf_finder_new(NULL));
		n = find(lines, "plain+0x2 [kvm]") + find(lines, "plain+0x2");
		stack_lines_free(lines);
		_exit(n);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (int8_t)WEXITSTATUS(status);
}

static void what_is_installed(void **state)
{
	static const struct {
		const char *kvm, *kernel;
	} layouts[] = {
		{ "usr/lib/debug/lib/modules/6.1.0-test/kernel/arch/kvm.ko",
		  "usr/lib/debug/boot/vmlinux-6.1.0-test" },
		{ "usr/lib/debug/usr/lib/modules/6.1.0-test/kernel/arch/kvm.ko.debug",
		  "usr/lib/debug/usr/lib/modules/6.1.0-test/vmlinux" },
		{ "lib/modules/6.1.0-test/updates/dkms/kvm.ko",
		  "lib/modules/6.1.0-test/build/vmlinux" },
		{ "usr/lib/debug/.build-id/00/00000000000000000000000000000000000002.debug",
		  "usr/lib/debug/.build-id/00/00000000000000000000000000000000000001.debug" },
		{ "usr/lib/debug/lib/modules/6.1.0-test/kvm.ko", "boot/vmlinux-6.1.0-test" },
	};
	size_t i;

	(void)state;
	scratch_run("rm -rf root && mkdir root");
	if (find_installed("6.1.0-test") == -EPERM)
		skip(); /* not root, and no user namespaces */
	assert_int_equal(find_installed("6.1.0-test"), 0);
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		scratch_run("rm -rf root && mkdir root && install -D 1/kvm.ko root/%s && "
			    "install -D 1/vmlinux root/%s",
			    layouts[i].kvm, layouts[i].kernel);
		if (find_installed("6.1.0-test") != 2)
			fail_msg("%s %s", layouts[i].kvm, layouts[i].kernel);
	}
	assert_int_equal(find_installed("6.1.0-other"), 1);
}

/* A release is a name of a folder, and not a way to another one. */
static void releases_that_are_none(void **state)
{
	(void)state;
	scratch_run("rm -rf root && mkdir -p root/lib/modules/a && "
		    "install -D 1/kvm.ko root/srv/x/kvm.ko && cp 1/kvm.ko root/lib/modules");
	if (find_installed("a") == -EPERM)
		skip();
	assert_int_equal(find_installed("../../srv/x"), 0);
	assert_int_equal(find_installed(".."), 0);
	assert_int_equal(find_installed("."), 0);
}

/* ---- paths ---- */

static void paths_from_the_top_of_the_source(void **state)
{
	static const struct {
		const char *path, *compiled_in, *wanted;
	} cases[] = {
		{ "arch/x86/kvm/x86.c", "/build/linux", "arch/x86/kvm/x86.c" },
		{ "/build/linux/arch/x86/kvm/x86.c", "/build/linux", "arch/x86/kvm/x86.c" },
		{ "/build/linux/arch/x86/kvm/x86.c", "/build/linux/", "arch/x86/kvm/x86.c" },
		{ "arch/x86/kvm/../../../virt/kvm/kvm_main.c", "/b", "virt/kvm/kvm_main.c" },
		{ "./include/linux/kvm.h", "/b", "include/linux/kvm.h" },
		/* Debian: the source is above what it is compiled in, */
		{ "/b/linux/arch/x86/a.S", "/b/linux/debian/build/amd64", "arch/x86/a.S" },
		{ "../../../arch/x86/a.S", "/b/linux/debian/build/amd64", "arch/x86/a.S" },
		/* and neither is told where it is */
		{ "arch/x86/a.c", "debian/build/amd64", "arch/x86/a.c" },
		{ "/b/linux/a.c", "/b/linux-objects", "linux/a.c" },
		{ "/usr/include/a.h", "/b/linux", "/usr/include/a.h" },
		{ "/b/linux2/a.c", "/b/linux", "linux2/a.c" },
		{ "a.c", "", "a.c" },
		{ "/a.c", "/", "/a.c" },
		{ "../a.c", "", "../a.c" },
		{ "../../a/../b.c", "x", "../b.c" },
		{ "a../b/..c/.d", "/x", "a../b/..c/.d" },
		{ "a/..", "", "" },
		{ "//b//linux//./a.c", "/b/linux", "a.c" },
	};
	char got[64], small[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		source_path(got, sizeof(got), cases[i].path, cases[i].compiled_in);
		if (strcmp(got, cases[i].wanted) != 0)
			fail_msg("%s in %s is '%s'", cases[i].path, cases[i].compiled_in, got);
	}
	source_path(small, sizeof(small), "/b/arch/x86/a.c", "/b");
	assert_string_equal(small, "x86/a.c");
}

/* ---- a debuginfod ---- */

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(address);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* In the scratch folder, serving what is in served. */
static pid_t start_debuginfod(int port)
{
	char number[16];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(number, sizeof(number), "%d", port);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(scratch_folder()) || !freopen("debuginfod.log", "we", stdout) ||
	    dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(1);
	unsetenv("DEBUGINFOD_URLS");
	execlp("debuginfod", "debuginfod", "-p", number, "-d", ":memory:", "-t", "0", "-F",
	       "served", (char *)NULL);
	_exit(127);
}

/* It answers before it has looked at all files: asked until it knows. */
static bool serves(int port, const char *id)
{
	char command[256];
	int i;

	snprintf(command, sizeof(command),
		 "curl -sf -o /dev/null http://127.0.0.1:%d/buildid/%s/debuginfo", port, id);
	for (i = 0; i < 100; i++) {
		if (!system(command))
			return true;
		usleep(100000);
	}
	return false;
}

static void a_debuginfod(void **state)
{
	struct stack_lines *lines;
	char url[64];
	pid_t pid;
	int port;

	(void)state;
	if (system("command -v debuginfod curl >/dev/null"))
		skip();
	port = free_port();
	scratch_run("rm -rf served cache && mkdir served && "
		    "for f in kvm.ko vmlinux; do objcopy --only-keep-debug 1/$f served/$f; done");
	setenv("DEBUGINFOD_CACHE_PATH", scratch_path("cache"), 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	pid = start_debuginfod(port);
	assert_true(serves(port, ID_OF_KVM) && serves(port, ID_OF_KERNEL));
	lines = stack_lines_new(dwarf_finder_new(NULL));
	assert_int_equal(find(lines, "plain+0x2 [kvm]"), 0);
	stack_lines_free(lines);
	setenv("DEBUGINFOD_URLS", url, 1);
	lines = stack_lines_new(dwarf_finder_new(NULL));
	frames_of_calls(lines, in_folder(1, "kvm.ko"), " [kvm]");
	frames_of_calls(lines, in_folder(1, "vmlinux"), "");
	assert_int_equal(find(lines, "plain+0x2 [kvm_intel]"), 0);
	stack_lines_free(lines);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unsetenv("DEBUGINFOD_URLS");
}

/* ---- a process of its own ---- */

#define PATIENCE_MS 100

/* What the process does is seen here. */
static struct {
	int entered;
	int asked;
} * shared;

static int act(struct line_finder *finder, const struct code_place *place,
	       struct source_frame frames[SOURCE_MAX_FRAMES])
{
	(void)finder;
	shared->asked++;
	if (!strcmp(place->function, "slow"))
		usleep(5 * PATIENCE_MS * 1000);
	if (!strcmp(place->function, "dies"))
		abort();
	snprintf(frames[0].function, sizeof(frames[0].function), "%.64s", place->function);
	frames[0].line = (unsigned int)place->offset;
	return !strcmp(place->function, "unknown") ? 0 : 1;
}

static int freed;

static void act_free(struct line_finder *finder)
{
	(void)finder;
	freed++;
}

static int kept_fd;

static int act_fds(const struct line_finder *finder, int *fds, int max)
{
	(void)finder;
	assert_true(max > 0);
	fds[0] = kept_fd;
	return 1;
}

static void entered(void)
{
	shared->entered++;
}

static struct stack_lines *open_helper(void)
{
	static const struct line_finder_ops ops = {
		.find = act,
		.fds = act_fds,
		.free = act_free,
	};
	static const struct helper_options options = { .patience_ms = PATIENCE_MS,
						       .enter = entered };
	static struct line_finder finder = { &ops };

	memset(shared, 0, sizeof(*shared));
	freed = 0;
	kept_fd = STDERR_FILENO;
	return stack_lines_new(helper_finder_new(&finder, &options));
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void expect_answer(struct stack_lines *lines, const char *function, unsigned int line)
{
	const struct source_frame *frames;

	snprintf(entry, sizeof(entry), "%s+0x%x", function, line);
	if (stack_lines_find(lines, &header, entry, &frames) != 1)
		fail_msg("%s is not known", entry);
	assert_string_equal(frames[0].function, function);
	assert_int_equal(frames[0].line, line);
}

static void helper_answers(void **state)
{
	struct stack_lines *lines = open_helper();
	unsigned int i;

	(void)state;
	assert_int_equal(shared->entered, 0);
	for (i = 0; i < 200; i++)
		expect_answer(lines, "fast", i);
	assert_int_equal(find(lines, "unknown+0x5"), 0);
	assert_int_equal(shared->entered, 1);
	assert_int_equal(shared->asked, 201);
	stack_lines_free(lines);
	assert_int_equal(freed, 1);
	/* one that was never asked */
	stack_lines_free(open_helper());
	assert_int_equal(freed, 1);
	assert_int_equal(shared->entered, 0);
	assert_null(helper_finder_new(NULL, NULL));
}

static void nobody_waits_long(void **state)
{
	struct stack_lines *lines = open_helper();
	double begin;
	int i;

	(void)state;
	expect_answer(lines, "fast", 1);
	begin = seconds();
	assert_int_equal(find(lines, "slow+0x1"), -EAGAIN);
	assert_true(seconds() - begin >= PATIENCE_MS / 1e3);
	assert_true(seconds() - begin < 4 * PATIENCE_MS / 1e3);
	/* the rest of the stack does not wait at all */
	begin = seconds();
	for (i = 2; i < 40; i++) {
		snprintf(entry, sizeof(entry), "fast+0x%x", i);
		assert_int_equal(find(lines, entry), -EAGAIN);
	}
	assert_true(seconds() - begin < PATIENCE_MS / 1e3);
	/* until it has answered */
	for (i = 0; i < 100 && find(lines, "slow+0x1") == -EAGAIN; i++)
		usleep(20000);
	expect_answer(lines, "slow", 1);
	for (i = 2; i < 40; i++)
		expect_answer(lines, "fast", (unsigned int)i);
	expect_answer(lines, "fast", 40);
	assert_int_equal(shared->asked, 41);
	stack_lines_free(lines);
}

/* More than there is room for: asked again when there is. */
static void too_many_questions(void **state)
{
	struct stack_lines *lines = open_helper();
	int i, n = 0;

	(void)state;
	assert_int_equal(find(lines, "slow+0x1"), -EAGAIN);
	for (i = 0; i < 300; i++) {
		snprintf(entry, sizeof(entry), "fast+0x%x", i);
		assert_int_equal(find(lines, entry), -EAGAIN);
	}
	/* none is taken: they give way to others */
	for (i = 0; i < 100 && find(lines, "last+0x1") == -EAGAIN; i++)
		usleep(20000);
	expect_answer(lines, "last", 1);
	for (i = 0; i < 300; i++) {
		snprintf(entry, sizeof(entry), "fast+0x%x", i);
		n += find(lines, entry) == 1;
	}
	assert_int_equal(n, 300);
	stack_lines_free(lines);
}

static void a_helper_that_dies(void **state)
{
	struct stack_lines *lines = open_helper();
	int i;

	(void)state;
	expect_answer(lines, "fast", 1);
	/* under valgrind it takes longer to die than anybody waits */
	for (i = 0; i < 100 && find(lines, "dies+0x1") == -EAGAIN; i++)
		usleep(20000);
	assert_int_equal(find(lines, "dies+0x1"), 0);
	assert_int_equal(find(lines, "fast+0x2"), 0);
	/* what it said stays said */
	expect_answer(lines, "fast", 1);
	assert_int_equal(shared->asked, 2);
	assert_int_equal(shared->entered, 1);
	stack_lines_free(lines);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Whoever reads what the program writes, or waits for it to let go, waits for it alone. */
static void helper_holds_nothing(void **state)
{
	struct stack_lines *lines = open_helper();
	struct pollfd closed = { .events = POLLIN };
	int held[2], kept[2], out = dup(STDOUT_FILENO);

	(void)state;
	assert_int_equal(pipe(held) | pipe(kept), 0);
	kept_fd = kept[1];
	dup2(held[1], STDOUT_FILENO);
	expect_answer(lines, "fast", 1);
	dup2(out, STDOUT_FILENO);
	close(held[1]);
	close(kept[1]);
	closed.fd = held[0];
	assert_int_equal(poll(&closed, 1, 0), 1);
	assert_true(closed.revents & POLLHUP);
	closed.fd = kept[0];
	assert_int_equal(poll(&closed, 1, 0), 0);
	stack_lines_free(lines);
	assert_int_equal(poll(&closed, 1, 0), 1);
	close(held[0]);
	close(kept[0]);
	close(out);
}

static void helper_with_debug_information(void **state)
{
	static const struct helper_options options = { .patience_ms = 10000 };
	struct stack_lines *lines;

	(void)state;
	scratch_run("rm -rf given && mkdir given && cp 1/kvm.ko 1/kvm-intel.ko given");
	lines = stack_lines_new(
		helper_finder_new(dwarf_finder_new(scratch_path("given")), &options));
	stack_lines_prepare(lines, &header);
	scratch_run("rm -rf given");
	frames_of_calls(lines, in_folder(1, "kvm.ko"), " [kvm]");
	frames_of_calls(lines, in_folder(1, "kvm-intel.ko"), " [kvm_intel]");
	assert_int_equal(find(lines, "plain+0x2"), 0);
	stack_lines_free(lines);
}

/* ---- all of it ---- */

static int make_files(void **state)
{
	size_t i;

	(void)state;
	scratch_make();
	unsetenv("DEBUGINFOD_URLS");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	scratch_write("source.c", source, sizeof(source) - 1);
	scratch_write("other.c", other_source, sizeof(other_source) - 1);
	scratch_write("hand.s", by_hand, sizeof(by_hand) - 1);
	for (i = 0; i < NR_COMPILERS; i++)
		compile(i);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(frames_of_modules_and_kernel),
	cmocka_unit_test(functions_of_the_same_name),
	cmocka_unit_test(labels_of_assembler),
	cmocka_unit_test(return_addresses_are_of_the_call),
	cmocka_unit_test(other_builds_are_not_believed),
	cmocka_unit_test(one_file),
	cmocka_unit_test(files_of_debug_information_alone),
	cmocka_unit_test(files_that_were_prepared),
	cmocka_unit_test(files_that_are_damaged),
	cmocka_unit_test(what_is_installed),
	cmocka_unit_test(releases_that_are_none),
	cmocka_unit_test(paths_from_the_top_of_the_source),
	cmocka_unit_test(a_debuginfod),
	cmocka_unit_test(helper_answers),
	cmocka_unit_test(nobody_waits_long),
	cmocka_unit_test(too_many_questions),
	cmocka_unit_test(symbols_from_a_descriptor),
	cmocka_unit_test(a_helper_that_dies),
	cmocka_unit_test(helper_holds_nothing),
	cmocka_unit_test(helper_with_debug_information),
};

int main(void)
{
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
