/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Source lines of stacks: who is asked what, and what is shown of it. No debug information here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "judged.h"
#include "symbols/stack_lines.h"
#include "trace/format.h"

/* ---- a finder that knows what a test tells it ---- */

struct fake {
	struct line_finder finder;
	int asked; /* how often */
	int prepared;
	struct code_place last;
	int nr; /* what it answers */
	const struct source_frame *frames;
};

static int fake_find(struct line_finder *finder, const struct code_place *place,
		     struct source_frame frames[SOURCE_MAX_FRAMES])
{
	struct fake *f = (struct fake *)finder;

	f->asked++;
	f->last = *place;
	if (f->nr > 0)
		memcpy(frames, f->frames, (size_t)f->nr * sizeof(*frames));
	return f->nr;
}

static void fake_prepare(struct line_finder *finder, const struct code_place *object)
{
	struct fake *f = (struct fake *)finder;

	f->prepared++;
	f->last = *object;
}

static void fake_free(struct line_finder *finder)
{
	((struct fake *)finder)->prepared = -1;
}

static const struct line_finder_ops fake_ops = {
	.find = fake_find,
	.prepare = fake_prepare,
	.free = fake_free,
};

static const struct source_frame known[] = {
	{ "innermost", "arch/x86/kvm/vmx/nested.c", 11 },
	{ "middle", "", 0 },
	{ "outermost", "virt/kvm/kvm_main.c", 13 },
};

static struct fake fake;
static struct stack_lines *lines;
static struct trace_header header;

static void begin(int nr)
{
	fake = (struct fake){ .finder = { &fake_ops }, .nr = nr, .frames = known };
	header = (struct trace_header){
		.kernel = "6.1.0",
		.build_id = { [OBJECT_KERNEL] = "aa", [OBJECT_KVM_INTEL] = "cc" },
	};
	lines = stack_lines_new(&fake.finder);
	assert_non_null(lines);
}

static void end(void)
{
	stack_lines_free(lines);
	assert_int_equal(fake.prepared, -1);
}

static int find(const char *entry)
{
	const struct source_frame *frames;
	int nr = stack_lines_find(lines, &header, entry, &frames);

	if (nr > 0)
		assert_memory_equal(frames, known, (size_t)nr * sizeof(*frames));
	return nr;
}

/* ---- entries ---- */

static void entries_that_are_asked_for(void **state)
{
	static const struct {
		const char *entry, *object, *id, *function;
		uint64_t offset;
	} cases[] = {
		{ "do_syscall_64+0x5d", "kernel", "aa", "do_syscall_64", 0x5d },
		{ "vmx_set_nested_state.cold+0x37a [kvm_intel]", "kvm_intel", "cc",
		  "vmx_set_nested_state.cold", 0x37a },
		{ "f+0x0", "kernel", "aa", "f", 0 },
		{ "f+0xffffffffffffffff [kvm_intel]", "kvm_intel", "cc", "f", UINT64_MAX },
	};
	size_t i;

	(void)state;
	begin(1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(find(cases[i].entry), 1);
		assert_int_equal(fake.asked, i + 1);
		assert_string_equal(fake.last.object, cases[i].object);
		assert_string_equal(fake.last.build_id, cases[i].id);
		assert_string_equal(fake.last.release, "6.1.0");
		assert_string_equal(fake.last.function, cases[i].function);
		assert_int_equal(fake.last.offset, cases[i].offset);
	}
	end();
}

/* Without its build nothing is looked for: what is installed may be another one's. */
static void entries_that_are_not(void **state)
{
	static const char *const entries[] = {
		"",
		"f",
		"+0x1",
		"0xffffffff81000000",
		"f+",
		"f+0x",
		"f+5",
		"f+0x5 ",
		"f+0x5 []",
		"f+0x5 [kvm_intel",
		"f+0x5 kvm_intel]",
		"f+0x5 [kvm_intel] ",
		"f+0x5[kvm_intel]",
		"f+0x5 [kernel]",
		"f+0x5 [kvm]", /* its build is not known */
		"f+0x5 [bpf]",
		"f+0x5 [kvm_intel_and_a_name_that_is_too_long]",
		("a_function_whose_name_is_longer_than_any_that_there_is_and_longer_than_the_"
		 "kernel_"
		 "would_have_it_in_its_table_of_symbols_which_is_512_bytes+0x5"),
	};
	size_t i;

	(void)state;
	begin(1);
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (find(entries[i]) || fake.asked)
			fail_msg("'%s' is asked for", entries[i]);
	assert_int_equal(stack_lines_find(NULL, &header, "f+0x5", NULL), 0);
	end();
	assert_null(stack_lines_new(NULL));
}

static void nothing_is_asked_twice(void **state)
{
	char entry[32];
	int i;

	(void)state;
	begin(3);
	assert_int_equal(find("f+0x5"), 3);
	assert_int_equal(find("f+0x5"), 3);
	assert_int_equal(fake.asked, 1);
	fake.nr = 0;
	assert_int_equal(find("f+0x6"), 0);
	fake.nr = 1;
	assert_int_equal(find("f+0x6"), 0);
	assert_int_equal(fake.asked, 2);
	/* but of another build */
	strcpy(header.build_id[OBJECT_KERNEL], "ab");
	assert_int_equal(find("f+0x6"), 1);
	/* or where it was not known yet */
	fake.nr = -EAGAIN;
	assert_int_equal(find("f+0x7"), -EAGAIN);
	fake.nr = 2;
	assert_int_equal(find("f+0x7"), 2);
	assert_int_equal(fake.asked, 5);
	/* or after so many others that all are forgotten */
	for (i = 0; i < 5000; i++) {
		snprintf(entry, sizeof(entry), "g+0x%x", i);
		assert_int_equal(find(entry), 2);
	}
	assert_int_equal(fake.asked, 5005);
	assert_int_equal(find("g+0x1387"), 2);
	assert_int_equal(fake.asked, 5005);
	end();
}

static void what_is_known_is_prepared(void **state)
{
	(void)state;
	begin(1);
	stack_lines_prepare(lines, &header);
	assert_int_equal(fake.prepared, 2);
	assert_string_equal(fake.last.object, "kvm_intel");
	assert_string_equal(fake.last.build_id, "cc");
	end();
	stack_lines_prepare(NULL, &header);
}

/* ---- sinks ---- */

static char *text;
static size_t text_len;

/* The story with lines by the fake, of which text shows what a sink made. */
static void show(struct stream *s, struct sink *(*new_sink)(FILE *out))
{
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct pipeline p;
	FILE *out = open_memstream(&text, &text_len);

	strcpy(s->header.build_id[OBJECT_KVM], "bb");
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_add(&p, new_sink(out)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(out);
}

static struct sink *text_sink(FILE *out)
{
	const struct text_options options = { .out = out, .lines = lines };

	return text_sink_new(&options);
}

static struct sink *json_sink(FILE *out)
{
	return json_sink_new(out, NULL, lines);
}

static void says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void says_not(const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static void done(void)
{
	free(text);
	text = NULL;
	end();
}

static void text_has_lines(void **state)
{
	begin(3);
	tell(*state, "direct");
	footer(*state);
	show(*state, text_sink);
	says("    kernel stack:\n"
	     "      kvm_vcpu_map+0x5 [kvm]  virt/kvm/kvm_main.c:13\n"
	     "        inlined: middle\n"
	     "        inlined: innermost  arch/x86/kvm/vmx/nested.c:11\n"
	     "      vmx_set_nested_state+0x300 [kvm_intel]  virt/kvm/kvm_main.c:13\n"
	     "        inlined: middle\n");
	says_not("lines of");
	done();
}

static void text_without_lines(void **state)
{
	begin(0);
	tell(*state, "direct");
	footer(*state);
	show(*state, text_sink);
	says("    kernel stack:\n"
	     "      kvm_vcpu_map+0x5 [kvm]\n"
	     "      vmx_set_nested_state+0x300 [kvm_intel]\n");
	assert_int_equal(fake.asked, 2);
	done();
}

/* A debug file comes from anywhere, and its names command no terminal. */
static void text_has_no_escapes_of_debug_files(void **state)
{
	static const struct source_frame evil[] = { { "\033[31mf", "\033]0;x\a", 1 },
						    { "f", "\033c", 2 } };

	begin(2);
	fake.frames = evil;
	tell(*state, "direct");
	footer(*state);
	show(*state, text_sink);
	assert_null(strpbrk(text, "\033\a"));
	says("inlined: ?[31mf  ?]0;x?:1\n");
	done();
}

/* After the first stack, in which nothing was known yet. */
static int fake_find_later(struct line_finder *finder, const struct code_place *place,
			   struct source_frame frames[SOURCE_MAX_FRAMES])
{
	struct fake *f = (struct fake *)finder;
	int nr = fake_find(finder, place, frames);

	return f->asked > 4 ? nr : -EAGAIN;
}

static void lines_that_come_late(void **state)
{
	static const struct line_finder_ops ops = { .find = fake_find_later, .free = fake_free };

	begin(1);
	fake.finder.ops = &ops;
	tell(*state, "direct");
	tell(*state, "direct");
	footer(*state);
	show(*state, text_sink);
	says("      kvm_vcpu_map+0x5 [kvm]\n      vmx_set");
	/* once, though it was in both stacks; and before the verdict */
	says("  lines of the stacks above:\n"
	     "      kvm_vcpu_map+0x5 [kvm]  arch/x86/kvm/vmx/nested.c:11\n"
	     "      vmx_set_nested_state+0x300 [kvm_intel]  arch/x86/kvm/vmx/nested.c:11\n"
	     "FAIL");
	assert_int_equal(fake.asked, 6);
	done();
}

static void lines_that_never_come(void **state)
{
	begin(-EAGAIN);
	tell(*state, "direct");
	footer(*state);
	show(*state, text_sink);
	says("      kvm_vcpu_map+0x5 [kvm]\n");
	says("\n  2 lines of stacks were not found in time: 'evmcs-trace check'");
	says_not("lines of the stacks above");
	done();
}

static json_t *anomaly_in_text(void)
{
	json_t *o = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);

	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "anomaly");
	return o;
}

static void json_has_lines(void **state)
{
	json_t *o, *source, *wanted;

	begin(2);
	tell(*state, "direct");
	footer(*state);
	show(*state, json_sink);
	o = anomaly_in_text();
	source = json_object_get(json_object_get(o, "evidence"), "stack_source");
	wanted = json_loads("[{\"function\":\"innermost\",\"file\":\"arch/x86/kvm/vmx/nested.c\","
			    "\"line\":11},{\"function\":\"middle\",\"file\":null,\"line\":null}]",
			    0, NULL);
	assert_int_equal(json_array_size(source), 2);
	assert_true(json_equal(json_array_get(source, 0), wanted));
	assert_true(json_equal(json_array_get(source, 1), wanted));
	json_decref(wanted);
	json_decref(o);
	done();
}

static void json_without_lines(void **state)
{
	json_t *o;

	begin(-EAGAIN);
	tell(*state, "direct");
	footer(*state);
	show(*state, json_sink);
	o = anomaly_in_text();
	assert_null(json_object_get(json_object_get(o, "evidence"), "stack_source"));
	json_decref(o);
	done();
}

static json_t *late_in_text(const char *entry)
{
	static const char begin[] = "{\"type\":\"late_source\"";
	const char *line = strstr(text, begin);
	json_t *o;

	/* what follows them is the verdict */
	for (; line && !strncmp(line, begin, strlen(begin)); line = strchr(line, '\n') + 1) {
		o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
		assert_non_null(o);
		if (!strcmp(json_string_value(json_object_get(o, "entry")), entry))
			return o;
		json_decref(o);
	}
	fail_msg("nothing of %s is in:\n%s", entry, text);
	return NULL;
}

static void json_lines_that_come_late(void **state)
{
	static const struct line_finder_ops ops = { .find = fake_find_later, .free = fake_free };
	json_t *o, *wanted;

	begin(1);
	fake.finder.ops = &ops;
	tell(*state, "direct");
	tell(*state, "direct");
	footer(*state);
	show(*state, json_sink);
	says_not("stack_source");
	wanted = json_loads("{\"type\":\"late_source\",\"entry\":\"kvm_vcpu_map+0x5 [kvm]\","
			    "\"source\":[{\"function\":\"innermost\","
			    "\"file\":\"arch/x86/kvm/vmx/nested.c\",\"line\":11}]}",
			    0, NULL);
	o = late_in_text("kvm_vcpu_map+0x5 [kvm]");
	assert_true(json_equal(o, wanted));
	json_decref(o);
	json_decref(wanted);
	json_decref(late_in_text("vmx_set_nested_state+0x300 [kvm_intel]"));
	/* once, though it was in both stacks; and before the verdict */
	assert_int_equal(fake.asked, 6);
	says("\"line\":11}]}\n{\"type\":\"verdict\"");
	done();
}

static void json_lines_that_never_come(void **state)
{
	json_t *o;

	begin(-EAGAIN);
	tell(*state, "direct");
	footer(*state);
	show(*state, json_sink);
	o = late_in_text("kvm_vcpu_map+0x5 [kvm]");
	assert_int_equal(json_array_size(json_object_get(o, "source")), 0);
	json_decref(o);
	done();
}

/* The answer was late, and that nothing is known. */
static void json_lines_that_there_are_none_of(void **state)
{
	static const struct line_finder_ops ops = { .find = fake_find_later, .free = fake_free };

	begin(0);
	fake.finder.ops = &ops;
	tell(*state, "direct");
	tell(*state, "direct");
	footer(*state);
	show(*state, json_sink);
	assert_int_equal(fake.asked, 6);
	says_not("late_source");
	done();
}

/* ---- builds ---- */

/* While nothing was attached another build may have been loaded. */
static void modules_after_a_gap_are_not_known(void **state)
{
	struct stream *s = *state;

	begin(1);
	loss_of(s, LOSS_DETACHED, 1);
	tell(s, "direct");
	last(s)->nr_stack = 0;
	footer(s);
	show(s, text_sink);
	says("      kvm_vcpu_map+0x5 [kvm]\n");
	says("      vmx_set_nested_state+0x300 [kvm_intel]\n");
	assert_int_equal(fake.asked, 0);
	done();
}

static void builds_round_trip(void **state)
{
	struct stream *s = *state;
	const struct outcome *o;
	char path[32];
	int fd;

	begin(0);
	memcpy(s->header.build_id, header.build_id, sizeof(header.build_id));
	memset(s->header.build_id[OBJECT_KERNEL], 'f', BUILD_ID_DIGITS);
	tell(s, "direct");
	footer(s);
	fd = temp_file(path);
	record(s, fd);
	o = check_file(s, path, SEVERITY_ERROR);
	assert_int_equal(o->err, 0);
	assert_memory_equal(o->header.build_id, s->header.build_id, sizeof(s->header.build_id));
	end();
}

/* What is looked for in file systems is nothing but digits. */
static void builds_that_are_none(void **state)
{
	static const char *const values[] = { "\"\"",	"\"0\"", "\"AA\"",   "\"../../x\"",
					      "\"a \"", "1",	 "\"0x00\"", "null" };
	static const char line[] =
		"{\"type\":\"header\",\"schema\":\"evmcs-trace/1.7\",\"tool\":\"\",\"kernel\":"
		"\"\",\"host\":\"\",\"boot_id\":\"\",\"kvm_intel\":\"\",\"clock\":{\"wall\":"
		"\"2026-01-01T00:00:00.000000Z\",\"mono_ns\":\"0x0\"},\"filter\":{\"pid\":0,"
		"\"vcpu\":-1},\"probes\":[{\"point\":\"map\",\"needed\":true,\"attached\":true,"
		"\"function\":\"\",\"module\":\"\",\"flavour\":\"\",\"reason\":\"\"}],"
		"\"build_ids\":{\"kvm\":%s}}";
	struct decoded decoded = {};
	struct trace_item item;
	char text_of[1024], hex[80];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		n = snprintf(text_of, sizeof(text_of), line, values[i]);
		if (decode_line(&decoded, text_of, (size_t)n, &item) >= 0)
			fail_msg("%s is accepted", values[i]);
	}
	/* 64 digits are accepted, 66 are not */
	for (i = 64; i <= 66; i += 2) {
		snprintf(hex, sizeof(hex), "\"%.*s\"", (int)i,
			 "01234567890123456789012345678901234567890123456789012345678901234567");
		n = snprintf(text_of, sizeof(text_of), line, hex);
		assert_int_equal(decode_line(&decoded, text_of, (size_t)n, &item) >= 0, i == 64);
	}
	decoded_release(&decoded);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(entries_that_are_asked_for),
	cmocka_unit_test(entries_that_are_not),
	cmocka_unit_test(nothing_is_asked_twice),
	cmocka_unit_test(what_is_known_is_prepared),
	TEST(text_has_lines),
	TEST(text_without_lines),
	TEST(text_has_no_escapes_of_debug_files),
	TEST(lines_that_come_late),
	TEST(lines_that_never_come),
	TEST(json_has_lines),
	TEST(json_without_lines),
	TEST(json_lines_that_come_late),
	TEST(json_lines_that_never_come),
	TEST(json_lines_that_there_are_none_of),
	TEST(modules_after_a_gap_are_not_known),
	TEST(builds_round_trip),
	cmocka_unit_test(builds_that_are_none),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
