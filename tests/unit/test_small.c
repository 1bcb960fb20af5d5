/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names, numbers, texts, and files that cannot be written. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "evmcs_trace/status.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sources/backlog.h"
#include "sources/vmm.h"
#include "stories.h"
#include "trace/format.h"
#include "util/errstr.h"
#include "util/kallsyms.h"
#include "util/lazy.h"
#include "util/owner.h"
#include "util/progress.h"
#include "sinks/words.h"
#include "util/say.h"
#include "util/wrap.h"

/* ---- names ---- */

#define EXPECT_NAMES(what, count)                                                                  \
	do {                                                                                       \
		for (i = 0; i < (count); i++) {                                                    \
			assert_string_not_equal(what##_name(i), "unknown");                        \
			assert_int_equal(what##_by_name(what##_name(i)), i);                       \
		}                                                                                  \
		assert_string_equal(what##_name(i), "unknown");                                    \
		assert_int_equal(what##_by_name("no such name"), -1);                              \
		assert_int_equal(what##_by_name(""), -1);                                          \
	} while (0)

static void names_both_ways(void **state)
{
	int i;

	(void)state;
	EXPECT_NAMES(point, PT_COUNT);
	EXPECT_NAMES(phase, PHASE_COUNT);
	EXPECT_NAMES(loss_stage, LOSS_STAGE_COUNT);
	EXPECT_NAMES(severity, SEVERITY_COUNT);
	assert_string_equal(purpose_name(PURPOSE_COUNT), "unknown");
	for (i = 0; i < PURPOSE_COUNT; i++)
		assert_int_equal(purpose_by_name(purpose_name(i)), i);
	assert_int_equal(purpose_by_name("no such name"), -1);
}

/* The names that users and other tools rely on: a change here is theirs too. */
static void public_names(void **state)
{
	static const char *const paths[] = { "native",	     "evmcs-deferred", "evmcs-forced-exit",
					     "evmcs-direct", "evmcs-early",    "evmcs-none",
					     "leave",	     "unknown" };
	static const char *const ends[] = { "open", "ran",     "superseded", "freed",
					    "left", "refused", "unknown" };
	static const char *const verdicts[] = { "pass", "inconclusive", "fail", "unknown" };
	int i;

	(void)state;
	for (i = 0; i <= PATH_COUNT; i++)
		assert_string_equal(path_name(i), paths[i]);
	for (i = 0; i <= END_COUNT; i++)
		assert_string_equal(end_name(i), ends[i]);
	for (i = 0; i <= VERDICT_COUNT; i++)
		assert_string_equal(verdict_name(i), verdicts[i]);
	assert_string_equal(phase_name(PHASE_NOTE), "note");
	assert_string_equal(severity_name(SEVERITY_ERROR), "error");
	assert_string_equal(purpose_name(PURPOSE_EVMCS), "evmcs");
	assert_string_equal(loss_stage_name(LOSS_TRACKING), "tracking");
	assert_string_equal(point_name(PT_EVMPTR_LOAD_DIRECT), "evmptr-load-direct");
}

static void classes_of_points(void **state)
{
	(void)state;
	assert_int_equal(point_class(PT_SET_STATE), CLASS_FRAME);
	assert_int_equal(point_class(PT_MAP), CLASS_ACCESS);
	assert_int_equal(point_class(PT_UNMAP), CLASS_UNMAP);
	assert_int_equal(point_class(PT_MEMSLOT), CLASS_MEMSLOT);
	assert_int_equal(point_class(PT_RAN), CLASS_NOTE);
}

static void names_of_anomalies(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < anomaly_nr_classes; i++) {
		const struct anomaly_class *c = &anomaly_classes[i];

		assert_int_equal(c->id[0], 'A');
		assert_int_equal(strspn(c->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(c->name));
		assert_true(strlen(c->title) > 20);
		assert_non_null(c->seen);
		assert_true(c->when);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(c->id, anomaly_classes[j].id);
			assert_string_not_equal(c->name, anomaly_classes[j].name);
		}
	}
	for (i = 0; i < WHY_COUNT; i++)
		assert_true(strlen(inconclusive_text(i)) > 10);
}

static void names_of_ioctls(void **state)
{
	(void)state;
	assert_string_equal(ioctl_name((uint32_t)KVM_RUN), "KVM_RUN");
	assert_string_equal(ioctl_name(0x4080aebf), "KVM_SET_NESTED_STATE");
	assert_int_equal(ioctl_by_name("KVM_SET_NESTED_STATE"), 0x4080aebf);
	assert_int_equal(ioctl_by_name("KVM_GET_MP_STATE"), (uint32_t)KVM_GET_MP_STATE);
	assert_null(ioctl_name(0));
	assert_null(ioctl_name(0x1234));
	assert_int_equal(ioctl_by_name("KVM_NONE"), 0);
	assert_int_equal(ioctl_by_name(""), 0);
}

/* ---- names of VMs ---- */

#define ARGS(text) text, sizeof(text) /* the last NUL is that of /proc */

static void expect_vm_name(const char *cmdline, size_t len, const char *wanted)
{
	char name[VMM_NAME_LEN] = "untouched";
	bool found = vmm_name_of_cmdline(cmdline, len, name);

	assert_int_equal(found, wanted != NULL);
	if (wanted)
		assert_string_equal(name, wanted);
}

static void vm_names_of_qemu(void **state)
{
	(void)state;
	expect_vm_name(ARGS("qemu\0-name\0web1\0-m\0"
			    "4G"),
		       "web1");
	expect_vm_name(ARGS("qemu\0-name\0guest=web1,debug-threads=on"), "web1");
	expect_vm_name(ARGS("qemu\0--name\0guest=web1"), "web1");
	expect_vm_name(ARGS("qemu\0-name\0web1,process=x"), "web1");
	expect_vm_name(ARGS("qemu\0-m\0"
			    "4G\0-name\0a b"),
		       "a b");
	expect_vm_name(ARGS("qemu\0-name\0debug-threads=on,guest=web1"), "web1");
	expect_vm_name(ARGS("qemu\0-name\0process=x,guest=web1"), "web1");
	expect_vm_name(ARGS("qemu\0-name\0process=guest,debug-threads=on"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0process=x,web1"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0xguest=web1"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0guests=web1"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0gu=web1"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0a,,b"), "a,b");
	expect_vm_name(ARGS("qemu\0-name\0a,,guest=b"), "a,guest=b");
	expect_vm_name(ARGS("qemu\0-name\0guest=,,a=b,,,,,process=x"), ",a=b,,");
	expect_vm_name(ARGS("qemu\0-name\0process=x,,guest=y,guest=web1"), "web1");
	expect_vm_name(ARGS("qemu\0-name\0web1\0-name\0debug-threads=on"), "web1");
	expect_vm_name(ARGS("qemu\0-name\0web1\0-name\0guest=web2"), "web2");
	expect_vm_name(ARGS("qemu\0-name\0-name\0web1"), "-name");
	expect_vm_name(ARGS("qemu\0-names\0web1"), NULL);
	expect_vm_name(ARGS("qemu\0-name"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0\0-m"), NULL);
	expect_vm_name(ARGS("qemu\0-name\0guest=,x"), NULL);
	expect_vm_name(ARGS("qemu"), NULL);
	expect_vm_name("", 0, NULL);
}

/* /proc/PID/cmdline is cut at 8 KB by us, and a name has no such limit. */
static void vm_names_that_are_long(void **state)
{
	char cmdline[1024] = "qemu\0-name\0", name[VMM_NAME_LEN];

	(void)state;
	memset(cmdline + 11, 'x', sizeof(cmdline) - 12);
	assert_true(vmm_name_of_cmdline(cmdline, sizeof(cmdline) - 1, name));
	assert_int_equal(strlen(name), VMM_NAME_LEN - 1);
}

static void own_name(void **state)
{
	char comm[32], name[VMM_NAME_LEN];

	(void)state;
	vmm_comm((uint32_t)getpid(), comm, sizeof(comm));
	assert_string_equal(comm, "test_small");
	assert_false(vmm_vm_name((uint32_t)getpid(), name));
	vmm_comm(0, comm, sizeof(comm));
	assert_string_equal(comm, "");
	assert_false(vmm_vm_name(0, name));
}

/* ---- texts ---- */

static void error_texts(void **state)
{
	(void)state;
	assert_string_equal(errstr(1), "EPERM: Operation not permitted");
	assert_string_equal(errstr(-1), "EPERM: Operation not permitted");
	assert_string_equal(errstr(524), "ENOTSUPP: not supported by this kernel");
	assert_string_equal(errstr(-524), "ENOTSUPP: not supported by this kernel");
	assert_non_null(strstr(errstr(100000), "100000"));
}

static void expect_result(int64_t result, const char *wanted)
{
	char text[RESULT_TEXT_LEN];

	assert_string_equal(result_text(text, result), wanted);
}

static void result_texts(void **state)
{
	(void)state;
	expect_result(0, "0");
	expect_result(4224, "4224");
	expect_result(-22, "-EINVAL");
	expect_result(-524, "-ENOTSUPP");
	/* none of libc's */
	expect_result(-100000, "-100000");
	expect_result(-(INT64_C(1) << 32) - 22, "-4294967318");
	expect_result(INT64_MIN, "-9223372036854775808");
}

static void expect_timestamp(uint64_t wall_ns, uint64_t t_ns, const char *wanted)
{
	struct trace_header h = { .wall_ns = wall_ns };
	char ts[TIMESTAMP_LEN];

	format_timestamp(ts, &h, t_ns);
	assert_string_equal(ts, wanted);
}

/* ---- kallsyms ---- */

static void symbols_of_text(void **state)
{
	char module[] = "ffffffffc0a31230 t nested_vmx_run\t[kvm_intel]\n";
	char core[] = "ffffffff81000000 T _stext\n";
	char hidden[] = "0000000000000000 t kvm_vcpu_map\t[kvm]\n";
	struct kallsym symbol;

	(void)state;
	assert_true(kallsyms_parse_text(module, &symbol));
	assert_int_equal(symbol.address, 0xffffffffc0a31230);
	assert_int_equal(symbol.type, 't');
	assert_string_equal(symbol.name, "nested_vmx_run");
	assert_string_equal(symbol.module, "kvm_intel");
	assert_true(kallsyms_parse_text(core, &symbol));
	assert_string_equal(symbol.name, "_stext");
	assert_string_equal(symbol.module, "");
	assert_true(kallsyms_parse_text(hidden, &symbol));
	assert_int_equal(symbol.address, 0);
}

static void libraries_opened_late(void **state)
{
	static int (*absolute)(int);
	const struct lazy_function known[] = { { "abs", &absolute }, { NULL, NULL } };
	const struct lazy_function unknown[] = { { "no_such_function", &absolute },
						 { NULL, NULL } };
	char *said;

	(void)state;
	assert_int_equal(lazy_open("libc.so.6", known), 0);
	assert_int_equal(absolute(-7), 7);
	stderr_off();
	assert_int_equal(lazy_open("libc.so.6", unknown), -ELIBACC);
	assert_int_equal(lazy_open("libnone.so.0", known), -ELIBACC);
	said = stderr_on();
	assert_non_null(strstr(said, "no_such_function"));
	assert_non_null(strstr(said, "libnone.so.0"));
	free(said);
}

static void symbols_that_are_none(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"ffffffff81000000\n",
		"ffffffff81000000 d data\n",
		"ffffffff81000000 T \n",
		"t name\n",
		"ffffffff81000000 TT name\n",
		"ffffffff81000000 t \t[kvm]\n",
	};
	struct kallsym symbol;
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		assert_false(kallsyms_parse_text(line, &symbol));
	}
}

static void timestamps(void **state)
{
	(void)state;
	expect_timestamp(0, 0, "1970-01-01T00:00:00.000000Z");
	expect_timestamp(1700000000123456789, 0, "2023-11-14T22:13:20.123456Z");
	expect_timestamp(1700000000999999000, 1000, "2023-11-14T22:13:21.000000Z");
	expect_timestamp(1709164799000000000, 1000000000, "2024-02-29T00:00:00.000000Z");
	expect_timestamp(4102444800000000000, 999, "2100-01-01T00:00:00.000000Z");
}

/* UTC, wherever the host is. */
static void timestamps_are_utc(void **state)
{
	(void)state;
	setenv("TZ", "NPT-5:45", 1);
	tzset();
	expect_timestamp(0, 0, "1970-01-01T00:00:00.000000Z");
	unsetenv("TZ");
	tzset();
}

static void statuses(void **state)
{
	struct verdict v = { .kind = VERDICT_PASS };

	(void)state;
	assert_int_equal(verdict_status(&v), 0);
	v.kind = VERDICT_FAIL;
	assert_int_equal(verdict_status(&v), 1);
	v.kind = VERDICT_INCONCLUSIVE;
	assert_int_equal(verdict_status(&v), 5);
	assert_int_equal(STATUS_UNSUPPORTED, 4);
	assert_int_equal(STATUS_NOT_ARMED, 6);
	assert_int_equal(STATUS_USAGE, 64);
	assert_int_equal(STATUS_MALFORMED, 65);
}

static void say_everything(void)
{
	say_error("error %d", 1);
	say("note");
	say_verbose("detail");
}

static void what_is_said_at_each_level(void **state)
{
	static const struct {
		enum say_level level;
		const char *said;
	} levels[] = {
		{ SAY_QUIET, "evmcs-trace: error 1\n" },
		{ SAY_VERBOSE, "evmcs-trace: error 1\nevmcs-trace: note\nevmcs-trace: detail\n" },
		{ SAY_NORMAL, "evmcs-trace: error 1\nevmcs-trace: note\n" },
	};
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		say_set_level(levels[i].level);
		stderr_off();
		say_everything();
		said = stderr_on();
		assert_string_equal(said, levels[i].said);
		assert_int_equal(say_is_verbose(), levels[i].level == SAY_VERBOSE);
		free(said);
	}
}

/* ---- the text sink ---- */

struct screen {
	char *text;
	size_t len;
	struct text_options options;
};

static void screen_story(struct screen *screen, struct stream *s, struct sink *(*sink)(void *),
			 void *arg)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct pipeline p;

	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, sink(arg)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(screen->options.out);
}

static struct sink *text_sink(void *arg)
{
	struct screen *screen = arg;

	return text_sink_new(&screen->options);
}

static char *screen_of(struct stream *s, struct text_options options)
{
	struct screen screen = { .options = options };

	screen.options.out = open_memstream(&screen.text, &screen.len);
	screen_story(&screen, s, text_sink, &screen);
	return screen.text;
}

static void expect_screen(struct stream *s, struct text_options options, const char *wanted)
{
	char *text = screen_of(s, options);

	assert_string_equal(text, wanted);
	free(text);
}

static void story(struct stream *s, const char *name)
{
	int i;

	for (i = 0; i < nr_stories; i++)
		if (!strcmp(stories[i].name, name))
			stories[i].tell(s);
	footer(s);
}

static const struct text_options plain;

static void text_of_a_pass(void **state)
{
	story(*state, "deferred");
	expect_screen(*state, plain,
		      "22:13:20.000001  PASS L2 evmcs-deferred     web1[1001] vm1/vcpu0"
		      "  set 1.0 us  run +4.0 us  map +12.0 us\n"
		      "PASS: 1 restore; the restore path touched no guest memory before KVM_RUN\n"
		      "  paths: evmcs-deferred 1\n"
		      "  15 events, 0 lost\n");
}

static void text_of_a_violation(void **state)
{
	story(*state, "direct");
	expect_screen(*state, plain,
		      "22:13:20.000001  FAIL L2 evmcs-direct       CPU 0/KVM[1001] vm1/vcpu0"
		      "  set 5.0 us  run <+6.0 us  map +4.0 us  direct-map-in-set\n"
		      "22:13:20.000004  ERROR direct-map-in-set (A1)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    the enlightened VMCS was mapped inside KVM_SET_NESTED_STATE\n"
		      "    guest address 0x5000 (evmcs, 4096 bytes) mapped by kvm_vcpu_map in"
		      " KVM_SET_NESTED_STATE, result 0, took 1.0 us\n"
		      "    kernel stack:\n"
		      "      kvm_vcpu_map+0x5 [kvm]\n"
		      "      vmx_set_nested_state+0x300 [kvm_intel]\n"
		      "FAIL: 1 of 1 restores broke the rule\n"
		      "  paths: evmcs-direct 1\n"
		      "  7 events, 0 lost\n"
		      "  what to do: evmcs-trace explain direct-map-in-set\n");
}

/* Nothing was reached: the stack is the event's own. */
static void text_of_a_load(void **state)
{
	story(*state, "swallowed");
	expect_screen(*state, plain,
		      "22:13:20.000001  FAIL L2 evmcs-none         CPU 0/KVM[1001] vm1/vcpu0"
		      "  set 1.0 us  freed  swallowed-exit-fail\n"
		      "22:13:20.000005  ERROR swallowed-exit-fail (A11)  CPU 0/KVM[1001]"
		      " vm1/vcpu0\n"
		      "    a nested exit was delivered without the enlightened VMCS\n"
		      "    kernel stack:\n"
		      "      nested_vmx_vmexit+0x1a3 [kvm_intel]\n"
		      "      kvm_arch_vcpu_ioctl_get_mpstate+0x40 [kvm]\n"
		      "FAIL: 1 of 1 restores broke the rule\n"
		      "  paths: evmcs-none 1\n"
		      "  8 events, 0 lost\n"
		      "  what to do: evmcs-trace explain swallowed-exit-fail\n");
}

static void text_of_a_failed_entry(void **state)
{
	story(*state, "entry-fails");
	expect_screen(
		*state, plain,
		"22:13:20.000001  FAIL L1 evmcs-deferred     CPU 0/KVM[1001] vm1/vcpu0"
		"  set 1.0 us  run +2.0 us  map +10.0 us  clean-fields-believed\n"
		"22:13:20.000015  ERROR clean-fields-believed (A28)  CPU 0/KVM[1001] vm1/vcpu0\n"
		"    KVM takes fields of the restored eVMCS for loaded, which the new vmcs02 never"
		" got\n"
		"    L1's first nested entry: clean fields 0xdfff, and it failed (exit reason"
		" 0x80000021)\n"
		"FAIL: 1 of 1 restores broke the rule\n"
		"  paths: evmcs-deferred 1\n"
		"  15 events, 0 lost\n"
		"  what to do: evmcs-trace explain clean-fields-believed\n");
}

/* Though it came later. */
static void text_of_the_worst_first(void **state)
{
	struct stream *s = *state;

	set(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	pages_enter(s);
	pages_leave(s, 0);
	ran(s);
	footer(s);
	expect_screen(s, plain,
		      "22:13:20.000001  FAIL L2 evmcs-none         CPU 0/KVM[1001] vm1/vcpu0"
		      "  set 1.0 us  run +2.0 us (failed)  run-after-fail,pending-stuck,lost-both,"
		      "pages-fail\n"
		      "22:13:20.000004  WARNING pages-fail (A8)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    KVM_RUN could not get the pages of the nested state\n"
		      "22:13:20.000005  ERROR run-after-fail (A9)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    the vCPU ran without the pages that an earlier KVM_RUN could not get\n"
		      "22:13:20.000005  ERROR pending-stuck (A13)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    the vCPU ran with the enlightened VMCS still to be mapped\n"
		      "22:13:20.000005  ERROR lost-both (A27)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    L2 ran with neither an enlightened nor an ordinary VMCS behind it\n"
		      "FAIL: 1 of 1 restores broke the rule\n"
		      "  paths: evmcs-none 1\n"
		      "  5 events, 0 lost\n"
		      "  what to do: evmcs-trace explain run-after-fail pending-stuck lost-both "
		      "pages-fail\n");
}

static void text_of_more_than_one(void **state)
{
	struct stream *s = *state;
	char *text;

	set(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	in_ioctl(s, KVM_GET_MP_STATE);
	nested_exit_enter(s, 3);
	load_evmcs(s, 0x5000);
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	footer(s);
	text = screen_of(s, plain);
	assert_non_null(strstr(text, "    mem-before-run (A4) also by 1 more access: guest address"
				     " 0x5000 (evmcs, 4096 bytes) mapped by "));
	free(text);
}

static void text_of_doubt(void **state)
{
	story(*state, "lost-in-window");
	expect_screen(
		*state, plain,
		"22:13:20.000003  LOST 3 records (ring)\n"
		"22:13:20.000001  INCONCLUSIVE L2 evmcs-deferred     CPU 0/KVM[1001] vm1/vcpu0"
		"  set 1.0 us  run +3.0 us  map +11.0 us\n"
		"    inconclusive: records were lost while it was in flight\n"
		"INCONCLUSIVE: 3 records were lost\n"
		"  paths: evmcs-deferred 1\n"
		"  inconclusive: 1 restore is inconclusive\n"
		"  13 events, 3 lost\n"
		"  what to do: evmcs-trace explain inconclusive\n");
}

static void text_of_nothing(void **state)
{
	footer(*state);
	expect_screen(*state, plain,
		      "INCONCLUSIVE: no restore was seen\n"
		      "  0 events, 0 lost\n"
		      "  what to do: evmcs-trace explain inconclusive\n");
}

/* What did not find anything says nothing but its verdict. */
static void text_of_findings_only(void **state)
{
	struct text_options options = { .only_findings = true, .label = "a.jsonl" };

	story(*state, "forced-in-teardown");
	expect_screen(*state, options,
		      "a.jsonl: PASS: 1 restore; the restore path touched no guest memory before"
		      " KVM_RUN\n"
		      "  paths: evmcs-forced-exit 1\n"
		      "  2 accesses before KVM_RUN that userspace asked for, or the end of a vCPU"
		      " made\n"
		      "  14 events, 0 lost\n");
}

/* Every event, what is only a note, and an access that never came back. */
static void text_of_events(void **state)
{
	struct text_options options = { .events = true };
	struct stream *s = *state;

	set_enter(s, NESTED_GUEST_MODE);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	set_leave(s, 0);
	in_ioctl(s, 0x12345678);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	footer(s);
	expect_screen(
		s, options,
		"22:13:20.000001    enter set-state               vm1/vcpu0 tid 2000 in"
		" KVM_SET_NESTED_STATE\n"
		"22:13:20.000002    enter read-guest-cached vmcs-link-pointer at 0x6000, 8 bytes"
		"  vm1/vcpu0 tid 2000 in KVM_SET_NESTED_STATE\n"
		"22:13:20.000003    exit  read-guest-cached = 0   vm1/vcpu0 tid 2000 in"
		" KVM_SET_NESTED_STATE\n"
		"22:13:20.000004    exit  set-state = 0           vm1/vcpu0 tid 2000 in"
		" KVM_SET_NESTED_STATE\n"
		"22:13:20.000005    enter read-guest, 8 bytes     vm1/vcpu0 tid 2000 in"
		" ioctl 0x12345678\n"
		"22:13:20.000001  FAIL L2 native             CPU 0/KVM[1001] vm1/vcpu0"
		"  set 3.0 us  open  mem-before-run  info: mem-in-set\n"
		"    restore 00000000-1388-1\n"
		"    inconclusive: the trace ended before the vCPU entered the guest\n"
		"22:13:20.000003  INFO mem-in-set (A3)  CPU 0/KVM[1001] vm1/vcpu0\n"
		"    guest memory was reached inside KVM_SET_NESTED_STATE\n"
		"    guest address 0x6000 (vmcs-link-pointer, 8 bytes) read by read-guest-cached"
		" in KVM_SET_NESTED_STATE, result 0, took 1.0 us\n"
		"22:13:20.000005  ERROR mem-before-run (A4)  CPU 0/KVM[1001] vm1/vcpu0\n"
		"    guest memory was reached after KVM_SET_NESTED_STATE and before KVM_RUN\n"
		"    guest address unknown (unknown, 8 bytes) read by read-guest in"
		" ioctl 0x12345678, still blocked after 0 ns\n"
		"FAIL: 1 of 1 restores broke the rule\n"
		"  paths: native 1\n"
		"  5 events, 0 lost\n"
		"  what to do: evmcs-trace explain mem-before-run\n"
		"  for information: evmcs-trace explain mem-in-set\n");
}

static void refused(struct stream *s)
{
	set_enter(s, 0);
	s->a->flags |= REC_VMXON;
	set_leave(s, -EINVAL);
}

/* How it ended is told once, by its name; a warning has its way on, too. */
static void text_of_a_refusal(void **state)
{
	struct stream *s = *state;

	refused(s);
	footer(s);
	expect_screen(s, plain,
		      "22:13:20.000001  PASS L1 native             CPU 0/KVM[1001] vm1/vcpu0"
		      "  set 1.0 us (refused: -EINVAL)  partial-set\n"
		      "22:13:20.000002  WARNING partial-set (A20)  CPU 0/KVM[1001] vm1/vcpu0\n"
		      "    a refused KVM_SET_NESTED_STATE left a part of the state behind\n"
		      "PASS: 1 restore; the restore path touched no guest memory before KVM_RUN; 1"
		      " warning: partial-set\n"
		      "  paths: native 1\n"
		      "  2 events, 0 lost\n"
		      "  what to do: evmcs-trace explain partial-set\n");
}

/* Of all classes, the worst first; show reads a trace twice. */
static void text_of_ways_on(void **state)
{
	struct text_options options = { .label = "-" };
	struct stream *s = *state;
	char *text;

	refused(s);
	on(s, 2, 0);
	story(s, "forced-by-second-set");
	on(s, 3, 0);
	story(s, "direct");
	text = screen_of(s, options);
	assert_non_null(strstr(text, "  leave-map-in-set  info: double-set\n"));
	assert_non_null(strstr(text, "\n  what to do: evmcs-trace explain direct-map-in-set"
				     " leave-map-in-set partial-set\n"
				     "  for information: evmcs-trace explain double-set\n"
				     "  events of the first that failed: evmcs-trace show"
				     " 00000000-1388-3 FILE, when the trace is in one\n"));
	free(text);
}

/* Where it fails a trace it is told like all that does. */
static void text_of_an_info_that_fails(void **state)
{
	struct text_options options = { .info_fails = true, .label = "-x y.jsonl" };
	struct stream *s = *state;
	char *text;

	story(s, "forced-by-second-set");
	text = screen_of(s, options);
	assert_non_null(strstr(text, "  leave-map-in-set,double-set\n"));
	assert_non_null(strstr(text, "  INFO double-set (A22)  "));
	assert_non_null(strstr(text, "\n  what to do: evmcs-trace explain leave-map-in-set"
				     " double-set\n"
				     "  its events: evmcs-trace show"
				     " 00000000-1388-2 './-x y.jsonl'\n"));
	assert_null(strstr(text, "info"));
	free(text);
}

static void files_of_commands(void **state)
{
	(void)state;
	assert_string_equal(shell_word("/a/b-c_1.jsonl"), "/a/b-c_1.jsonl");
	assert_string_equal(shell_word("-x.jsonl"), "./-x.jsonl");
	assert_string_equal(shell_word("a b"), "'a b'");
	assert_string_equal(shell_word("$(a)'b"), "'$(a)'\\''b'");
	assert_string_equal(shell_word("-a b"), "'./-a b'");
	assert_string_equal(shell_word(""), "''");
}

/* What a restore is found to have done does not wait for one that does not end. */
static void text_of_a_restore_that_waits(void **state)
{
	const struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct screen screen = {};
	struct pipeline p;

	screen.options.out = open_memstream(&screen.text, &screen.len);
	set_enter(*state, NESTED_GUEST_MODE | NESTED_EVMCS);
	reach(*state, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	leave(*state, PT_MAP, 0);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, text_sink(&screen)), 0);
	assert_int_equal(stream_feed(*state, pipeline_item, &p), 0);
	pipeline_look(&p, 1000000000);
	pipeline_look(&p, 1200000000);
	fflush(screen.options.out);
	assert_int_equal(screen.len, 0);
	pipeline_look(&p, 1300000000);
	fflush(screen.options.out);
	assert_ptr_equal(strstr(screen.text, "22:13:20.000003  ERROR "), screen.text);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(screen.options.out);
	assert_non_null(strstr(screen.text, "\n22:13:20.000001  FAIL "));
	/* it is not told twice */
	assert_null(strstr(strstr(screen.text, "ERROR ") + 1, "ERROR "));
	free(screen.text);
}

/* What does not keep a trace from passing is told in the same breath. */
static void text_of_a_pass_with_a_warning(void **state)
{
	const struct verdict v = { .kind = VERDICT_PASS,
				   .restores = 2,
				   .anomalies[SEVERITY_WARNING] = 3,
				   .classes = { [SEVERITY_WARNING] = 1 << 5 | 1 << 7 } };
	char text[ANSWER_TEXT_LEN];

	(void)state;
	assert_string_equal(answer_text(text, &v),
			    "2 restores; the restore path touched no guest memory before KVM_RUN; "
			    "3 warnings: foreign-mm, pages-fail");
}

/* A VM may be called anything: the terminal is not its to command. */
static void text_has_no_escapes_of_vms(void **state)
{
	struct stream *s = *state;
	char *text;

	name_vm(s, "\033[2Jweb\n\377\t");
	snprintf(s->a->nested.comm, RECORD_COMM_LEN, "\033]0;x\a");
	story(s, "direct");
	on(s, 2, 0);
	snprintf(s->a->nested.comm, RECORD_COMM_LEN, "\033]0;y\a");
	story(s, "direct");
	text = screen_of(s, plain);
	assert_non_null(strstr(text, " ?[2Jweb???[1001]"));
	assert_non_null(strstr(text, " ?]0;y?[1002]"));
	assert_null(strpbrk(text, "\033\a\t\377"));
	free(text);
}

/* A trace comes from anywhere: neither do its other strings command it. */
static void text_has_no_escapes_of_traces(void **state)
{
	struct stream *s = *state;
	char *text;

	set_enter(s, NESTED_EVMCS);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	last(s)->nr_stack = 1;
	last(s)->stack[0] =
		"\033[31mevil_function_with_a_name_that_is_longer_than_most_are+0x1 [m]";
	leave(s, PT_MAP, 0);
	snprintf(s->header.probes[1].function, 32, "map\033[0m");
	s->header.probes[0].attached = false;
	snprintf(s->header.probes[0].reason, 32, "so\033[0m");
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	text = screen_of(s, plain);
	assert_null(strpbrk(text, "\033"));
	assert_non_null(strstr(text, "most_are+0x1 [m]\n"));
	free(text);
}

static struct sink *json_sink(void *out)
{
	return json_sink_new(out, "a \"trace\"", NULL);
}

/* One object a line, each naming its trace, the verdict last. */
static void json_lines(void **state)
{
	struct screen screen = {};
	char *line, *rest;
	const char *type = NULL;
	json_t *o = NULL;
	int lines = 0;

	story(*state, "direct");
	screen.options.out = open_memstream(&screen.text, &screen.len);
	screen_story(&screen, *state, json_sink, screen.options.out);
	for (line = strtok_r(screen.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_decref(o);
		o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		assert_string_equal(json_string_value(json_object_get(o, "trace")), "a \"trace\"");
		type = json_string_value(json_object_get(o, "type"));
		lines++;
	}
	assert_int_equal(lines, 3);
	assert_string_equal(type, "verdict");
	assert_string_equal(json_string_value(json_object_get(o, "verdict")), "fail");
	json_decref(o);
	free(screen.text);
}

/* ---- a trace that cannot be written ---- */

static void full_device(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	const struct outcome *o;
	char *said;

	assert_true(fd >= 0);
	story(*state, "direct");
	stderr_off();
	o = record(*state, fd);
	said = stderr_on();
	close(fd);
	assert_int_equal(o->err, -ENOSPC);
	assert_int_equal(count_of(said, "\n"), 1);
	assert_non_null(strstr(said, "cannot write the trace (ENOSPC: "));
	free(said);
}

/* A trace that nobody can check is no pass. */
static void full_device_is_no_pass(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	const struct outcome *o;

	assert_true(fd >= 0);
	story(*state, "deferred");
	stderr_off();
	o = record(*state, fd);
	free(stderr_on());
	close(fd);
	assert_int_equal(o->verdict.kind, VERDICT_INCONCLUSIVE);
	assert_true(has_reason(o, "the trace could not be written to its end"));
}

/* The model goes on: a violation is told, trace or no trace. */
static void full_device_and_verdict(void **state)
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct stream *s = *state;
	struct pipeline p;
	int i, err = 0;

	story(s, "direct");
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, trace_sink_new(open("/dev/full", O_WRONLY), "x")), 0);
	stderr_off();
	for (i = 0; i < s->nr; i++) {
		struct trace_item item = { .type = s->steps[i].type };

		if (item.type == ITEM_FOOTER)
			item.footer = &s->steps[i].footer;
		else
			item.event = &s->steps[i].event;
		err = pipeline_item(&p, &item);
		assert_int_equal(err, -ENOSPC);
	}
	assert_int_equal(pipeline_finish(&p)->kind, VERDICT_FAIL);
	free(stderr_on());
	pipeline_free(&p);
}

static int temp_on_disk(char path[32])
{
	int fd;

	snprintf(path, 32, "/tmp/evmcs-trace-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/*
 * With room for this many bytes and no more. What is said meanwhile goes to a
 * pipe, which has no such limit.
 */
static const struct outcome *record_limited(struct stream *s, int fd, rlim_t room, char **said)
{
	struct rlimit old, limit;
	const struct outcome *o;
	int fds[2];

	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = room;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	stderr_off();
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	setrlimit(RLIMIT_FSIZE, &limit);
	o = record(s, fd);
	setrlimit(RLIMIT_FSIZE, &old);
	free(stderr_on());
	*said = calloc(1, 4096);
	assert_true(read(fds[0], *said, 4095) >= 0);
	close(fds[0]);
	return o;
}

/* Whatever the room: whole lines, one message, and never judged a pass. */
static void full_disk(void **state)
{
	const struct outcome *o;
	size_t size, len, room;
	char path[32], *said, *text, *whole;
	int fd = temp_on_disk(path), tried = 0;

	story(*state, "deferred");
	record(*state, fd);
	whole = slurp(fd, &size);
	for (room = 0; room < size; room += 97, tried++) {
		o = record_limited(*state, fd, room, &said);
		assert_int_equal(o->err, -EFBIG);
		assert_int_equal(count_of(said, "cannot write"), 1);
		free(said);
		text = slurp(fd, &len);
		assert_true(len <= room);
		assert_true(!len || text[len - 1] == '\n');
		assert_memory_equal(text, whole, len);
		/* the next line did not fit, or it would be there */
		assert_true(len + strcspn(whole + len, "\n") + 1 > room);
		free(text);
		stderr_off();
		o = check_file(*state, path, SEVERITY_ERROR);
		free(stderr_on());
		assert_int_not_equal(o->verdict.kind, VERDICT_PASS);
		assert_int_equal(o->err, len ? 0 : -EBADMSG);
	}
	assert_true(tried > 50);
	free(whole);
	close(fd);
	unlink(path);
}

static void just_enough_disk(void **state)
{
	char path[32], *said;
	int fd = temp_on_disk(path);
	size_t size;

	story(*state, "deferred");
	record(*state, fd);
	free(slurp(fd, &size));
	assert_int_equal(record_limited(*state, fd, size, &said)->err, 0);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(check_file(*state, path, SEVERITY_ERROR)->verdict.kind, VERDICT_PASS);
	close(fd);
	unlink(path);
}

/* A pipe cannot be cut, and its reader may have gone. */
static void reader_that_went(void **state)
{
	const struct outcome *o;
	int fds[2];
	char *said;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	story(*state, "deferred");
	stderr_off();
	o = record(*state, fds[1]);
	said = stderr_on();
	assert_int_equal(o->err, -EPIPE);
	assert_int_equal(count_of(said, "\n"), 1);
	free(said);
	close(fds[1]);
}

/* The sink writes to what it is given: it changes neither mode nor offset rules. */
static void mode_of_the_file_stays(void **state)
{
	char path[32];
	int fd = temp_on_disk(path);
	struct stat st;

	assert_int_equal(fchmod(fd, 0600), 0);
	story(*state, "deferred");
	assert_int_equal(record(*state, fd)->err, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_size > 1000);
	close(fd);
	unlink(path);
}

static int loud_again(void **state)
{
	stderr_restore();
	return stream_teardown(state);
}

/* ---- records that wait ---- */

/* The n-th record: a size of its own, and filled with what tells it from its neighbours. */
static size_t make_record(unsigned char *record, unsigned int n)
{
	size_t size = 1 + n % 300;

	memset(record, (int)(n % 251), size);
	return size;
}

static void expect_record(struct backlog *backlog, unsigned int n)
{
	unsigned char want[300];
	size_t size = 0, wanted = make_record(want, n);
	const void *got = backlog_take(backlog, &size);

	assert_non_null(got);
	assert_int_equal(size, wanted);
	assert_memory_equal(got, want, size);
	assert_int_equal((uintptr_t)got % 8, 0);
}

static void backlog_keeps_the_order(void **state)
{
	struct backlog backlog = {};
	unsigned char record[300];
	unsigned int added = 0, taken = 0;
	size_t size;

	(void)state;
	assert_false(backlog_any(&backlog));
	assert_null(backlog_take(&backlog, &size));
	while (added < 10000) {
		size = make_record(record, added);
		assert_true(backlog_add(&backlog, record, size));
		/* one of three is taken while others come */
		if (++added % 3 == 0)
			expect_record(&backlog, taken++);
	}
	while (backlog_any(&backlog))
		expect_record(&backlog, taken++);
	assert_int_equal(taken, added);
	assert_null(backlog_take(&backlog, &size));
	/* what it took went back */
	assert_int_equal(backlog.room, 0);
	backlog_free(&backlog);
}

static void backlog_has_an_end(void **state)
{
	struct backlog backlog = {};
	unsigned char record[300];
	unsigned int added = 0, taken;

	(void)state;
	while (backlog_add(&backlog, record, make_record(record, added)))
		added++;
	assert_in_range(backlog.end, BACKLOG_MOST - 1000, BACKLOG_MOST);
	for (taken = 0; taken < added; taken++)
		expect_record(&backlog, taken);
	assert_false(backlog_any(&backlog));
	backlog_free(&backlog);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stream_setup, loud_again)

/* ---- the times of a restore ---- */

static void expect_times(const struct restore *r, const char *wanted)
{
	char times[TIMES_MAX][TIMES_TEXT_LEN], all[512] = "";
	int i, nr = times_text(times, r);

	for (i = 0; i < nr; i++) {
		strcat(all, i ? "|" : "");
		strcat(all, times[i]);
	}
	assert_string_equal(all, wanted);
}

static void times_of_restores(void **state)
{
	struct restore r = { .t_set_ns = 1000, .end = END_OPEN };

	(void)state;
	expect_times(&r, "set not returned|open");
	r.set_duration_ns = 2000;
	expect_times(&r, "set >2.0 us|open");
	r.set_done = true;
	expect_times(&r, "set 2.0 us|open");
	r.superseded_by = 2;
	r.t_superseded_ns = 4000;
	expect_times(&r, "set 2.0 us|SET again +3.0 us|open");
	r.end = END_SUPERSEDED;
	expect_times(&r, "set 2.0 us|superseded +3.0 us");
	/* by the nested exit that the other SET began with */
	r.mapped = true;
	r.t_map_ns = 5000;
	expect_times(&r, "set 2.0 us|superseded +3.0 us (mapped by that SET, +4.0 us)");
	r.superseded_by = 0;
	r.end = END_RAN;
	r.run_seen = true;
	r.t_run_ns = 4000;
	expect_times(&r, "set 2.0 us|run <+3.0 us|map +4.0 us");
	r.run_exact = true;
	r.pages_failed = true;
	expect_times(&r, "set 2.0 us|run +3.0 us (failed)|map +4.0 us");
	r.mapped = r.run_seen = false;
	r.set_ret = -EINVAL;
	r.end = END_REFUSED;
	expect_times(&r, "set 2.0 us (refused: -EINVAL)");
}

/* ---- lines on a screen ---- */

static void put_in(int width, const char *parted, const char *line, const char *wanted)
{
	char *text = NULL;
	size_t len;
	struct wrap w = { .out = open_memstream(&text, &len),
			  .width = width,
			  .indent = 4,
			  .plain = *parted == '?' };

	if (strlen(parted) == 2)
		wrap_fields(&w, line);
	else
		wrap_words(&w, line, strlen(line));
	fclose(w.out);
	assert_string_equal(text, wanted);
	free(text);
}

static void lines_that_fit(void **state)
{
	(void)state;
	put_in(0, "  ", "one  two two  three", "one  two two  three");
	put_in(19, "  ", "one  two two  three", "one  two two  three");
	put_in(10, "  ", "", "");
}

static void lines_broken_at_fields(void **state)
{
	(void)state;
	put_in(18, "  ", "one  two two  three", "one  two two\n    three");
	put_in(11, "  ", "one  two two  three", "one\n    two two\n    three");
	/* a field that is wider than the screen is broken at its words, which are whole */
	put_in(12, "  ", "one  one two three  x", "one  one two\n    three  x");
	put_in(6, "  ", "one_two_three  x", "one_two_three\n    x");
}

static void lines_broken_at_words(void **state)
{
	(void)state;
	put_in(12, " ", "one two three four", "one two\n    three\n    four");
	put_in(13, " ", "  one two   three four ", "one two three\n    four");
}

static void lines_of_what_others_chose(void **state)
{
	(void)state;
	put_in(0, "?", "\033[32mPASS\tof it", "?[32mPASS?of it");
	/* as wide as it looks */
	put_in(11, "?", "\033[32mPASS it", "?[32mPASS\n    it");
}

static void colours_take_no_room(void **state)
{
	(void)state;
	put_in(12, "  ", "\033[32mPASS\033[0m  L2 abc", "\033[32mPASS\033[0m  L2 abc");
	put_in(11, "  ", "\033[32mPASS\033[0m  L2 abc", "\033[32mPASS\033[0m\n    L2 abc");
}

static void expect_progress(uint64_t size, uint64_t bytes, uint64_t lines, int64_t ms,
			    const char *wanted)
{
	const struct progress p = { .name = "t.jsonl", .size = size };
	char text[128];

	assert_string_equal(progress_text(text, sizeof(text), &p, bytes, lines, ms), wanted);
}

static void how_far_a_file_was_read(void **state)
{
	(void)state;
	expect_progress(2000, 500, 3000, 1500, "reading t.jsonl: 25%, 2000 lines/s");
	/* all but a line is not all */
	expect_progress(2000, 1999, 10, 1000, "reading t.jsonl: 99%, 10 lines/s");
	expect_progress(2000, 2000, 10, 1000, "reading t.jsonl: 100%, 10 lines/s");
	/* it grows */
	expect_progress(2000, 3000, 10, 1000, "reading t.jsonl: 100%, 10 lines/s");
	/* of a pipe nobody knows how much there will be */
	expect_progress(0, 3000, 10, 0, "reading t.jsonl: 10 lines, 0 lines/s");
}

/* ---- whose a file is ---- */

static void who_called_sudo(void **state)
{
	static const struct {
		const char *uid, *gid;
	} nobody[] = {
		{ NULL, NULL },
		{ "1000", NULL },
		{ NULL, "1000" },
		{ "", "1000" },
		{ "1000", "" },
		{ "0", "0" },
		{ "0", "1000" },
		{ "-1", "1000" },
		{ "+1000", "1000" },
		{ " 1000", "1000" },
		{ "1000 ", "1000" },
		{ "1000x", "1000" },
		{ "0x3e8", "1000" },
		{ "1000", "users" },
		{ "4294967295", "1000" }, /* to chown(2): as it is */
		{ "1000", "4294967295" },
		{ "4294967296", "1000" }, /* root, if it were cut off */
		{ "00000000001000", "1000" },
		{ "18446744073709551616", "1000" },
	};
	struct owner owner = {};
	size_t i;

	(void)state;
	assert_true(owner_parse(&owner, "1000", "1001"));
	assert_int_equal(owner.uid, 1000);
	assert_int_equal(owner.gid, 1001);
	assert_true(owner_parse(&owner, "4294967294", "0"));
	assert_true(owner.uid == 4294967294 && owner.gid == 0);
	for (i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		assert_false(owner_parse(&owner, nobody[i].uid, nobody[i].gid));
}

/* As root it is another's then; as anybody else nothing is tried. */
static void file_of_who_called_sudo(void **state)
{
	FILE *f = tmpfile();
	struct stat st;

	(void)state;
	assert_non_null(f);
	setenv("SUDO_UID", "4242", 1);
	setenv("SUDO_GID", "4243", 1);
	owner_give(fileno(f), "it");
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_uid, geteuid() ? geteuid() : 4242);
	assert_int_equal(st.st_gid, geteuid() ? getegid() : 4243);
	setenv("SUDO_UID", "0", 1);
	owner_give(fileno(f), "it");
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_uid, geteuid() ? geteuid() : 4242);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	fclose(f);
}

static const struct CMUnitTest tests[] = {
	TEST(who_called_sudo),
	TEST(file_of_who_called_sudo),
	TEST(how_far_a_file_was_read),
	TEST(backlog_keeps_the_order),
	TEST(backlog_has_an_end),
	TEST(lines_that_fit),
	TEST(times_of_restores),
	TEST(lines_broken_at_fields),
	TEST(lines_broken_at_words),
	TEST(lines_of_what_others_chose),
	TEST(colours_take_no_room),
	TEST(names_both_ways),
	TEST(public_names),
	TEST(classes_of_points),
	TEST(names_of_anomalies),
	TEST(names_of_ioctls),
	TEST(vm_names_of_qemu),
	TEST(vm_names_that_are_long),
	TEST(own_name),
	TEST(error_texts),
	TEST(result_texts),
	TEST(symbols_of_text),
	TEST(symbols_that_are_none),
	TEST(libraries_opened_late),
	TEST(timestamps),
	TEST(timestamps_are_utc),
	TEST(statuses),
	TEST(what_is_said_at_each_level),
	TEST(text_of_a_pass),
	TEST(text_of_a_violation),
	TEST(text_of_doubt),
	TEST(text_of_the_worst_first),
	TEST(text_of_more_than_one),
	TEST(text_of_a_load),
	TEST(text_of_a_failed_entry),
	TEST(text_of_nothing),
	TEST(text_of_findings_only),
	TEST(text_of_events),
	TEST(text_of_a_refusal),
	TEST(text_of_ways_on),
	TEST(text_of_an_info_that_fails),
	TEST(files_of_commands),
	TEST(text_of_a_restore_that_waits),
	TEST(text_of_a_pass_with_a_warning),
	TEST(text_has_no_escapes_of_vms),
	TEST(text_has_no_escapes_of_traces),
	TEST(json_lines),
	TEST(full_device),
	TEST(full_device_is_no_pass),
	TEST(full_device_and_verdict),
	TEST(full_disk),
	TEST(just_enough_disk),
	TEST(reader_that_went),
	TEST(mode_of_the_file_stays),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
