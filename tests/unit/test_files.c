/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream in many files: each is judged for itself, none passes for what is in
 * another, and what cannot be written does no harm to what is judged live.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include <bpf/libbpf.h>

#include "commands/commands.h"
#include "evmcs_trace/status.h"
#include "model/run.h"
#include "probes/attach.h"
#include "scratch.h"
#include "sinks/trace_files.h"
#include "sources/ksyms.h"
#include "sources/source.h"
#include "stories.h"
#include "trace/format.h"

#define RUN "00000000-1388" /* of the builder's header */
#define MIB (1ULL << 20)

/* ---- a stream into files ---- */

struct files {
	struct stream *s;
	struct pipeline p;
	struct sink *sink;
	int fed; /* steps */
	char directory[PATH_MAX];
	char told[8][512];
	int nr_told;
};

static void hear(void *ctx, const char *what)
{
	struct files *f = ctx;

	assert_true(f->nr_told < 8);
	snprintf(f->told[f->nr_told++], sizeof(f->told[0]), "%s", what);
}

static struct trace_files_options options_of(const struct files *f)
{
	return (struct trace_files_options){ .directory = f->directory, .segment_bytes = MIB };
}

/* Each in a directory of its own. */
static struct files *files_new(void)
{
	static int nr;
	struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct files *f = calloc(1, sizeof(*f));
	struct trace_files_options options;

	assert_non_null(f);
	f->s = stream_new();
	snprintf(f->directory, sizeof(f->directory), "%s/%d", scratch_folder(), nr++);
	assert_int_equal(mkdir(f->directory, 0700), 0);
	options = options_of(f);
	f->sink = trace_files_sink_new(&options, hear, f);
	assert_int_equal(pipeline_init(&f->p, &model), 0);
	assert_int_equal(pipeline_add(&f->p, f->sink), 0);
	return f;
}

static void files_free(struct files *f)
{
	pipeline_free(&f->p);
	stream_free(f->s);
	free(f);
}

struct feeding {
	struct files *f;
	int at;
};

static int feed_rest(void *ctx, const struct trace_item *item)
{
	struct feeding *feeding = ctx;

	if (feeding->at++ < feeding->f->fed)
		return 0;
	feeding->f->fed++;
	return pipeline_item(&feeding->f->p, item);
}

/* All that was told since the last time. */
static void feed(struct files *f)
{
	struct feeding feeding = { .f = f };

	assert_int_equal(stream_feed(f->s, feed_rest, &feeding), 0);
}

static const struct verdict *end(struct files *f)
{
	footer(f->s);
	feed(f);
	return pipeline_finish(&f->p);
}

static const char *path_of(const struct files *f, int segment)
{
	static char paths[4][PATH_MAX + 64];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/evmcs-trace-" RUN "-%06d.jsonl", f->directory,
		 segment);
	return path;
}

static char *text_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	size_t len;

	assert_true(fd >= 0);
	text = slurp(fd, &len);
	close(fd);
	return text;
}

static void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int count_files(const struct files *f)
{
	char pattern[PATH_MAX + 16];
	glob_t found;
	int nr;

	snprintf(pattern, sizeof(pattern), "%s/*", f->directory);
	nr = glob(pattern, 0, NULL, &found) ? 0 : (int)found.gl_pathc;
	globfree(&found);
	return nr;
}

static bool exists(const struct files *f, int segment)
{
	return !access(path_of(f, segment), F_OK);
}

/* What `check` answers; -1: malformed. */
static const struct verdict *verdict_of(const char *path)
{
	static struct verdict verdict;
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct pipeline p;
	int err;

	assert_int_equal(pipeline_init(&p, &options), 0);
	stderr_off();
	err = file_source_run(path, pipeline_item, &p);
	free(stderr_on());
	verdict = *pipeline_finish(&p);
	pipeline_free(&p);
	return err ? NULL : &verdict;
}

static void expect_verdict(const struct files *f, int segment, enum verdict_kind kind)
{
	const struct verdict *v = verdict_of(path_of(f, segment));
	int i;

	assert_non_null(v);
	for (i = 0; v->kind != kind && i < v->nr_reasons; i++)
		print_error("%s\n", v->reasons[i]);
	assert_int_equal(v->kind, kind);
}

static void expect_in(const char *path, const char *part)
{
	char *text = text_of(path);

	if (!strstr(text, part))
		fail_msg("%s is not in %s", part, path);
	free(text);
}

static void restore_well(struct stream *s)
{
	name_vm(s, "web");
	set(s, NESTED_GUEST_MODE | NESTED_EVMCS);
	run_deferred(s);
}

/* ---- cut and continue ---- */

static void each_file_is_judged_for_itself(void **state)
{
	struct files *f = files_new();
	const struct outcome *o;
	const struct verdict *v;
	struct stat st;
	int i;

	(void)state;
	for (i = 1; i <= 3; i++) {
		restore_well(f->s);
		save(f->s, NESTED_EVMCS);
		if (i < 3)
			cut(f->s);
	}
	v = end(f);
	assert_int_equal(v->kind, VERDICT_PASS);
	assert_int_equal(v->restores, 3);
	assert_int_equal(count_files(f), 3);
	for (i = 1; i <= 3; i++) {
		expect_verdict(f, i, VERDICT_PASS);
		assert_int_equal(stat(path_of(f, i), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		expect_in(path_of(f, i), "\"run\":\"" RUN "\"");
	}
	expect_in(path_of(f, 3), "\"continues\":{\"segment\":3,\"seq\":");
	expect_in(path_of(f, 3), "\"restore\":3,\"save\":3}");
	expect_in(path_of(f, 3), "\"restore\":3,\"restore_id\":\"" RUN "-3\"");
	expect_in(path_of(f, 2), "\"reason\":\"next file\"");
	o = check_file(f->s, path_of(f, 3), SEVERITY_ERROR);
	assert_int_equal(o->nr_saves, 1);
	assert_int_equal(o->saves[0].id, 3);
	files_free(f);
}

/* The lines that the model added live are those that it would add to each file. */
static void files_are_judged_as_live(void **state)
{
	struct files *f = files_new();
	char *text, *line, *rest;
	int derived = 0, i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		random_story(f->s, &(struct rng){ .state = (uint64_t)i });
		on(f->s, 1, 0);
		restore_well(f->s);
		f->s->t_ns += 1ULL << 58; /* years */
		if (i < 4)
			cut(f->s)->wall_ns += 3600000000000ULL * (unsigned int)i;
	}
	end(f);
	for (i = 1; i <= 4; i++) {
		const struct outcome *o = check_file(f->s, path_of(f, i), SEVERITY_ERROR);

		assert_int_equal(o->err, 0);
		text = text_of(path_of(f, i));
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			if (strncmp(line, "{\"type\":\"restore\"", 17) != 0 &&
			    strncmp(line, "{\"type\":\"save\"", 14) != 0)
				continue;
			/* what is in flight at a cut is not all in one file */
			derived += strstr(o->json, line) != NULL;
		}
		free(text);
	}
	assert_true(derived >= 8);
	files_free(f);
}

/* Another module came, in which a probe has no place, and then the first one again. */
static void a_file_says_what_is_watched_in_it(void **state)
{
	struct files *f = files_new();
	struct trace_header less = f->s->header;
	const struct verdict *v;
	size_t i;

	(void)state;
	for (i = 0; i < less.nr_probes; i++)
		if (less.probes[i].point == PT_MAP)
			less.probes[i].attached = false;
	snprintf(less.srcversion, sizeof(less.srcversion), "ANOTHER");
	restore_well(f->s);
	cut(f->s)->watched = &less;
	restore_well(f->s);
	cut(f->s);
	restore_well(f->s);
	cut(f->s)->watched = &f->s->header;
	restore_well(f->s);
	v = end(f);
	assert_int_equal(v->kind, VERDICT_INCONCLUSIVE);
	assert_int_equal(v->doubts, 1U << DOUBT_RESTORES);
	assert_int_equal(v->restores, 4);
	expect_verdict(f, 1, VERDICT_PASS);
	expect_verdict(f, 2, VERDICT_INCONCLUSIVE);
	expect_verdict(f, 3, VERDICT_INCONCLUSIVE);
	expect_verdict(f, 4, VERDICT_PASS);
	expect_in(path_of(f, 2), "\"kvm_intel\":\"ANOTHER\"");
	expect_in(path_of(f, 3), "\"kvm_intel\":\"ANOTHER\"");
	expect_in(path_of(f, 4), "\"kvm_intel\":\"\"");
	expect_in(path_of(f, 4), "\"continues\":{\"segment\":4,");
	files_free(f);
}

/* 2^53 ns are 104 days: beyond, JSON numbers are not safe with every reader. */
static void times_begin_anew(void **state)
{
	struct files *f = files_new();
	const struct outcome *o;
	uint64_t wall_ns;
	char *text, *at;

	(void)state;
	restore_well(f->s);
	f->s->t_ns += 1ULL << 60;
	cut(f->s)->wall_ns += 7000999;
	wall_ns = (f->s->header.wall_ns + 7000999 + f->s->t_ns) / 1000 * 1000;
	restore_well(f->s);
	end(f);
	text = text_of(path_of(f, 2));
	for (at = text; (at = strstr(at, "\"t_ns\":")); at++)
		assert_true(strtoull(at + 7, NULL, 10) < 1ULL << 30);
	/* on mono_ns and wall clock of its own beginning, to the microsecond */
	assert_non_null(strstr(text, "\"mono_ns\":\"0x1000000000"));
	o = check_file(f->s, path_of(f, 2), SEVERITY_ERROR);
	assert_int_equal(o->header.wall_ns, wall_ns);
	expect_verdict(f, 2, VERDICT_PASS);
	expect_in(path_of(f, 2), "\"run\":\"" RUN "\"");
	free(text);
	files_free(f);
}

static void counts_of_a_segment_are_checked(void **state)
{
	struct files *f = files_new();
	const struct verdict *v;

	(void)state;
	restore_well(f->s);
	cut(f->s);
	restore_well(f->s);
	cut(f->s)->footer.count[PT_MAP].written++;
	restore_well(f->s);
	v = end(f);
	assert_int_equal(v->kind, VERDICT_INCONCLUSIVE);
	assert_int_equal(v->doubts, 1U << DOUBT_COUNTS);
	expect_verdict(f, 1, VERDICT_PASS);
	expect_verdict(f, 2, VERDICT_INCONCLUSIVE);
	expect_verdict(f, 3, VERDICT_PASS);
	files_free(f);
}

/* Missed, untracked and lost in an earlier file: of the whole run they are told. */
static void doubts_of_a_segment_last(void **state)
{
	struct files *f = files_new();
	const struct verdict *v;
	struct trace_cut *c;

	(void)state;
	restore_well(f->s);
	loss(f->s, 3);
	c = cut(f->s);
	c->footer.count[PT_MAP].missed = 2;
	c->footer.tracking_lost = 1;
	restore_well(f->s);
	v = end(f);
	assert_int_equal(v->doubts, 1U << DOUBT_MISSED | 1U << DOUBT_UNTRACKED | 1U << DOUBT_LOST);
	assert_int_equal(v->lost, 3);
	expect_verdict(f, 1, VERDICT_INCONCLUSIVE);
	expect_verdict(f, 2, VERDICT_PASS);
	files_free(f);
}

/* ---- cut in the middle ---- */

static void cut_before_the_run(void **state)
{
	struct files *f = files_new();
	const struct verdict *v;

	(void)state;
	set(f->s, NESTED_GUEST_MODE | NESTED_EVMCS);
	cut(f->s);
	run_deferred(f->s);
	cut(f->s);
	restore_well(f->s);
	assert_int_equal(end(f)->kind, VERDICT_PASS);
	expect_verdict(f, 1, VERDICT_INCONCLUSIVE);
	v = verdict_of(path_of(f, 2));
	assert_non_null(v);
	assert_int_equal(v->doubts, 1U << DOUBT_NO_RESTORE);
	expect_in(path_of(f, 2), "\"restore_id\":\"" RUN "-1\"");
	expect_in(path_of(f, 2), "\"restore\":2,\"save\":1}");
	expect_verdict(f, 3, VERDICT_PASS);
	files_free(f);
}

/* In an access inside SET: it waits for nothing, and its exit is not missing. */
static void cut_inside_set(void **state)
{
	struct files *f = files_new();
	const struct verdict *v;

	(void)state;
	set_enter(f->s, NESTED_GUEST_MODE | NESTED_EVMCS);
	reach(f->s, PT_READ_GUEST_CACHED, PURPOSE_VP_ASSIST, ASSIST_GPA);
	f->s->t_ns += 1000000000;
	cut(f->s);
	leave(f->s, PT_READ_GUEST_CACHED, -EFAULT);
	set_leave(f->s, 0);
	run_deferred(f->s);
	v = end(f);
	assert_int_equal(v->restores, 1);
	v = verdict_of(path_of(f, 1));
	assert_non_null(v);
	assert_int_equal(v->kind, VERDICT_INCONCLUSIVE);
	assert_int_equal(v->anomalies[SEVERITY_ERROR] + v->anomalies[SEVERITY_WARNING], 0);
	v = verdict_of(path_of(f, 2));
	assert_non_null(v);
	assert_int_equal(v->doubts, 1U << DOUBT_NO_RESTORE);
	files_free(f);
}

/* A28 is in the next file: this one does not know. */
static void cut_before_the_first_entry(void **state)
{
	struct files *f = files_new();

	(void)state;
	set(f->s, NESTED_EVMCS);
	run_deferred(f->s);
	feed(f);
	assert_int_equal(model_open_windows(f->p.model), 0);
	assert_int_equal(model_in_flight(f->p.model), 1);
	cut(f->s);
	first_entry(f->s, EVMPTRLD_SUCCEEDED, CLEAN_FIELDS_GUEST);
	first_exit(f->s, EXIT_INVALID_GUEST_STATE);
	assert_int_equal(end(f)->kind, VERDICT_FAIL);
	expect_verdict(f, 1, VERDICT_INCONCLUSIVE);
	expect_verdict(f, 2, VERDICT_INCONCLUSIVE);
	files_free(f);
}

/* An unpaired exit is one, where the vCPU was restored in this file. */
static void unpaired_after_a_set(void **state)
{
	struct files *f = files_new();
	const struct verdict *v;

	(void)state;
	cut(f->s);
	restore_well(f->s);
	leave(f->s, PT_UNMAP, 0);
	end(f);
	v = verdict_of(path_of(f, 2));
	assert_non_null(v);
	assert_int_equal(v->doubts, 1U << DOUBT_UNPAIRED);
	files_free(f);
}

/* Where no file fails or is in doubt, nothing was wrong; and none fails of a cut. */
static void stories_cut_anywhere(void **state)
{
	int cuts = 0, i, at;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		struct stream *whole = stream_new();

		stories[i].tell(whole);
		for (at = 0; at <= whole->nr; at++) {
			struct files *f = files_new();
			enum verdict_kind live, first, second;
			int step;

			f->s->header = whole->header;
			for (step = 0; step < whole->nr; step++) {
				if (step == at)
					cut(f->s);
				take_step(f->s, &whole->steps[step]);
			}
			live = end(f)->kind;
			assert_int_equal(live, stories[i].verdict);
			if (!exists(f, 2)) {
				files_free(f);
				continue;
			}
			assert_non_null(verdict_of(path_of(f, 1)));
			first = verdict_of(path_of(f, 1))->kind;
			assert_non_null(verdict_of(path_of(f, 2)));
			second = verdict_of(path_of(f, 2))->kind;
			cuts++;
			if (live == VERDICT_PASS &&
			    (first == VERDICT_FAIL || second == VERDICT_FAIL))
				fail_msg("%s cut at %d fails", stories[i].name, at);
			if (live != VERDICT_PASS && first == VERDICT_PASS && second == VERDICT_PASS)
				fail_msg("%s cut at %d passes", stories[i].name, at);
			files_free(f);
		}
		stream_free(whole);
	}
	if (cuts <= 100)
		fail_msg("only %d cuts", cuts);
}

/* ---- what was tampered with ---- */

static void expect_malformed(const struct files *f, const char *old, const char *new)
{
	char *text = text_of(path_of(f, 2)), *at = strstr(text, old), *key, *forged;
	char crc[16];

	assert_non_null(at);
	assert_true(asprintf(&forged, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) >
		    0);
	key = strstr(forged, TRACE_CRC_KEY) + strlen(TRACE_CRC_KEY);
	snprintf(crc, sizeof(crc), "%08lx",
		 crc32(crc32(0, NULL, 0), (const Bytef *)forged, (uInt)(key - forged)));
	memcpy(key, crc, TRACE_CRC_DIGITS);
	put_text(path_of(f, 2), forged);
	if (verdict_of(path_of(f, 2)))
		fail_msg("%s is accepted", new);
	put_text(path_of(f, 2), text);
	free(forged);
	free(text);
}

static void tampered_continues(void **state)
{
	struct files *f = files_new();

	(void)state;
	set(f->s, NESTED_EVMCS);
	run_deferred(f->s);
	cut(f->s);
	restore_well(f->s);
	end(f);
	expect_in(path_of(f, 2), "\"continues\":{\"segment\":2,\"seq\":14,");
	expect_malformed(f, "\"segment\":2,\"seq\":14", "\"segment\":2,\"seq\":13");
	expect_malformed(f, "\"segment\":2,", "\"segment\":1,");
	expect_malformed(f, "\"segment\":2,", "");
	expect_malformed(f, "\"continues\":{", "\"other\":{");
	expect_malformed(f, "\"restore\":2,\"save\":1}", "\"restore\":0,\"save\":1}");
	expect_malformed(f, "\"run\":\"" RUN, "\"run\":\"../" RUN);
	expect_malformed(f, "\"run\":\"" RUN, "\"run\":\"" RUN "-1");
	expect_verdict(f, 2, VERDICT_PASS);
	files_free(f);
}

/* ---- retention ---- */

static void make_file(const struct files *f, const char *name, size_t bytes, long age)
{
	struct timespec times[2] = { { .tv_sec = 1600000000 - age },
				     { .tv_sec = 1600000000 - age } };
	char path[PATH_MAX + 128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static bool has_file(const struct files *f, const char *name)
{
	char path[PATH_MAX + 128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	return !lstat(path, &st);
}

static const char *const not_ours[] = {
	"evmcs-trace.jsonl",
	"evmcs-trace-20260101-120000.jsonl",
	"evmcs-trace-00000000-1388-1.jsonl",
	"evmcs-trace-00000000-1388-000001.jsonl.gz",
	"evmcs-trace-00000000-1388-00000x.jsonl",
	"evmcs-trace-0000000g-1388-000001.jsonl",
	"evmcs-trace-00000000--000001.jsonl",
	"xevmcs-trace-00000000-1388-000001.jsonl",
	"notes",
};

static void oldest_files_go(void **state)
{
	struct files *f = files_new();
	struct trace_files_options options = options_of(f);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		make_file(f, not_ours[i], 10 * MIB, 900);
	make_file(f, "evmcs-trace-11111111-1-000001.jsonl", 10, 10);
	make_file(f, "evmcs-trace-11111111-1-000002.jsonl", 10, 20);
	make_file(f, "evmcs-trace-ffffffff-1-000003.jsonl", 10, 15);
	make_file(f, "evmcs-trace-22222222-1-000003.jsonl", 10, 15);
	scratch_run("ln -s /nothing %s/evmcs-trace-22222222-1-000009.jsonl", f->directory);
	scratch_run("mkdir %s/evmcs-trace-22222222-1-000008.jsonl", f->directory);
	options.max_files = 3;
	assert_int_equal(trace_files_configure(f->sink, &options), 0);
	restore_well(f->s);
	feed(f);
	assert_true(exists(f, 1));
	assert_true(has_file(f, "evmcs-trace-11111111-1-000001.jsonl"));
	assert_false(has_file(f, "evmcs-trace-11111111-1-000002.jsonl"));
	/* of the same age the name tells */
	assert_true(has_file(f, "evmcs-trace-ffffffff-1-000003.jsonl"));
	assert_false(has_file(f, "evmcs-trace-22222222-1-000003.jsonl"));
	assert_true(has_file(f, "evmcs-trace-22222222-1-000009.jsonl"));
	assert_true(has_file(f, "evmcs-trace-22222222-1-000008.jsonl"));
	for (i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		assert_true(has_file(f, not_ours[i]));
	for (i = 0; i < 5; i++) {
		cut(f->s);
		feed(f);
	}
	assert_true(exists(f, 6) && exists(f, 5) && exists(f, 4) && !exists(f, 3));
	options.max_files = 1;
	assert_int_equal(trace_files_configure(f->sink, &options), 0);
	assert_true(exists(f, 6) && !exists(f, 5));
	assert_int_equal(f->nr_told, 0);
	files_free(f);
}

static void budget_includes_the_room(void **state)
{
	struct files *f = files_new();
	struct trace_files_options options = options_of(f);
	struct trace_files_stats stats;

	(void)state;
	make_file(f, "evmcs-trace-11111111-1-000001.jsonl", 30000, 30);
	make_file(f, "evmcs-trace-11111111-1-000002.jsonl", 30000, 20);
	make_file(f, "evmcs-trace-11111111-1-000003.jsonl", 30000, 10);
	options.segment_bytes = 10000;
	options.budget_bytes = 70000;
	assert_int_equal(trace_files_configure(f->sink, &options), 0);
	restore_well(f->s);
	feed(f);
	assert_false(has_file(f, "evmcs-trace-11111111-1-000001.jsonl"));
	assert_true(has_file(f, "evmcs-trace-11111111-1-000002.jsonl"));
	/* it outgrows its room */
	do {
		restore_well(f->s);
		feed(f);
		trace_files_stats(f->sink, &stats);
		if (stats.bytes < 9000)
			assert_true(has_file(f, "evmcs-trace-11111111-1-000002.jsonl"));
	} while (stats.bytes < 12000);
	assert_false(has_file(f, "evmcs-trace-11111111-1-000002.jsonl"));
	assert_true(has_file(f, "evmcs-trace-11111111-1-000003.jsonl"));
	/* the current one is never deleted, whatever it takes */
	while (stats.bytes < 90000) {
		restore_well(f->s);
		feed(f);
		trace_files_stats(f->sink, &stats);
	}
	assert_false(has_file(f, "evmcs-trace-11111111-1-000003.jsonl"));
	assert_string_equal(stats.path, path_of(f, 1));
	assert_true(exists(f, 1));
	files_free(f);
}

/* ---- when to cut ---- */

static void cut_is_wished_for(void **state)
{
	struct files *f = files_new();
	struct trace_files_options options = options_of(f);
	struct trace_files_stats stats;

	(void)state;
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NONE);
	restore_well(f->s);
	feed(f);
	trace_files_stats(f->sink, &stats);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NONE);
	options.segment_bytes = stats.bytes + 1;
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NONE);
	options.segment_bytes = stats.bytes;
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_WHEN_QUIET);
	options.segment_bytes = stats.bytes / 2 + 1;
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_WHEN_QUIET);
	options.segment_bytes = stats.bytes / 2;
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NOW);
	cut(f->s);
	feed(f);
	options.segment_bytes = MIB;
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NONE);
	files_free(f);
}

static void another_directory(void **state)
{
	struct files *f = files_new(), *other = files_new();
	struct trace_files_options options = options_of(other);
	struct trace_files_stats stats;

	(void)state;
	restore_well(f->s);
	feed(f);
	trace_files_configure(f->sink, &options);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_WHEN_QUIET);
	restore_well(f->s);
	cut(f->s);
	restore_well(f->s);
	feed(f);
	assert_int_equal(trace_files_wants_cut(f->sink, 1), CUT_NONE);
	assert_int_equal(count_files(f), 1);
	expect_verdict(f, 1, VERDICT_PASS);
	options.directory = NULL;
	trace_files_configure(f->sink, &options);
	cut(f->s);
	restore_well(f->s);
	assert_int_equal(end(f)->restores, 4);
	expect_verdict(other, 2, VERDICT_PASS);
	assert_int_equal(count_files(other), 1);
	trace_files_stats(f->sink, &stats);
	assert_null(stats.path);
	assert_int_equal(stats.segments, 2);
	assert_int_equal(stats.unwritten, 0);
	assert_int_equal(f->nr_told, 0);
	files_free(other);
	files_free(f);
}

/* ---- the disk is full ---- */

/* A disk that is full for every user: files cannot grow beyond that. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int no_limit(void **state)
{
	(void)state;
	limit_files(RLIM_INFINITY);
	stderr_restore();
	return 0;
}

static void disk_full_and_free_again(void **state)
{
	struct files *f = files_new();
	struct trace_files_stats stats, before;
	const uint64_t second = 1000000000;
	char *text;

	(void)state;
	restore_well(f->s);
	feed(f);
	trace_files_stats(f->sink, &before);
	assert_int_equal(trace_files_wants_cut(f->sink, second), CUT_NONE);
	/* in the middle of a line */
	limit_files(before.bytes + 700);
	restore_well(f->s);
	feed(f);
	trace_files_stats(f->sink, &stats);
	assert_true(stats.trouble);
	assert_null(stats.path);
	assert_int_equal(stats.errors, 1);
	assert_true(stats.unwritten > 5 && stats.unwritten < 13);
	assert_int_equal(f->nr_told, 1);
	assert_non_null(strstr(f->told[0], path_of(f, 1)));
	text = text_of(path_of(f, 1));
	assert_true(strlen(text) >= before.bytes && text[strlen(text) - 1] == '\n');
	free(text);
	expect_verdict(f, 1, VERDICT_INCONCLUSIVE);

	/* tried again in vain: nothing is left, and nothing more is said */
	assert_int_equal(trace_files_wants_cut(f->sink, 2 * second), CUT_NONE);
	assert_int_equal(trace_files_wants_cut(f->sink, 6 * second), CUT_WHEN_QUIET);
	limit_files(100);
	cut(f->s);
	feed(f);
	assert_int_equal(trace_files_wants_cut(f->sink, 10 * second), CUT_NONE);
	assert_int_equal(trace_files_wants_cut(f->sink, 11 * second), CUT_WHEN_QUIET);
	assert_false(exists(f, 2));
	assert_int_equal(f->nr_told, 1);

	/* room for a header only is no end of it */
	text = text_of(path_of(f, 1));
	limit_files(strcspn(text, "\n") + 200);
	free(text);
	cut(f->s);
	restore_well(f->s);
	feed(f);
	trace_files_stats(f->sink, &stats);
	assert_int_equal(f->nr_told, 1);

	limit_files(RLIM_INFINITY);
	cut(f->s);
	restore_well(f->s);
	assert_int_equal(end(f)->kind, VERDICT_PASS);
	assert_int_equal(f->nr_told, 2);
	assert_non_null(strstr(f->told[1], path_of(f, 4)));
	trace_files_stats(f->sink, &stats);
	assert_false(stats.trouble);
	expect_verdict(f, 4, VERDICT_PASS);
	files_free(f);
}

static void directory_that_is_not_there(void **state)
{
	struct files *f = files_new();

	(void)state;
	assert_int_equal(rmdir(f->directory), 0);
	restore_well(f->s);
	feed(f);
	assert_true(f->nr_told >= 1);
	assert_int_equal(mkdir(f->directory, 0700), 0);
	cut(f->s);
	restore_well(f->s);
	assert_int_equal(end(f)->kind, VERDICT_PASS);
	expect_verdict(f, 2, VERDICT_PASS);
	assert_non_null(strstr(f->told[f->nr_told - 1], "again"));
	files_free(f);
}

/* A file of that name is somebody else's: it is not written to. */
static void file_that_is_there(void **state)
{
	struct files *f = files_new();
	char *text;

	(void)state;
	put_text(path_of(f, 1), "mine\n");
	restore_well(f->s);
	assert_int_equal(end(f)->kind, VERDICT_PASS);
	text = text_of(path_of(f, 1));
	assert_string_equal(text, "mine\n");
	assert_int_equal(f->nr_told, 1);
	free(text);
	files_free(f);
}

/* ---- show ---- */

static void show_waits(int signal)
{
	static const char said[] = "show waits for something\n";

	(void)signal;
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	_exit(1);
}

/* What hangs fails. */
static void must_end_within(unsigned int seconds)
{
	signal(SIGALRM, show_waits);
	alarm(seconds);
}

/* What it prints; *status is what it ends with. */
static char *show(int *status, char **said, const char *id, const char *a, const char *b)
{
	char *argv[] = { "evmcs-trace show", (char *)id, (char *)a, (char *)b, NULL };
	int argc = b ? 4 : 3, out, fd;
	char path[32], *text;
	size_t len;

	fflush(stdout);
	out = dup(STDOUT_FILENO);
	fd = temp_file(path);
	dup2(fd, STDOUT_FILENO);
	stderr_off();
	*status = command_show(argc, argv);
	*said = stderr_on();
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	text = slurp(fd, &len);
	close(fd);
	return text;
}

/* The lines of a text from first to last, and the header before it. */
static size_t put_lines(char *out, const char *text, int first, int last)
{
	char *at = out;
	int no;

	for (no = 1; *text; no++) {
		size_t len = strcspn(text, "\n") + 1;

		if (no == 1 || (no >= first && no <= last)) {
			memcpy(at, text, len);
			at += len;
		}
		text += len;
	}
	*at = '\0';
	return (size_t)(at - out);
}

static void show_one_of_three(void **state)
{
	struct files *f = files_new();
	char *shown, *said, *text, *wanted;
	int status, lines;

	(void)state;
	/* header, VM, 13 events and the verdict, each */
	restore_well(f->s);
	restore_well(f->s);
	restore_well(f->s);
	end(f);
	text = text_of(path_of(f, 1));
	wanted = calloc(1, strlen(text) + 1);
	lines = 13;
	put_lines(wanted, text, lines + 4, 2 * lines + 5);
	shown = show(&status, &said, RUN "-2", path_of(f, 1), NULL);
	assert_int_equal(status, 0);
	if (strcmp(shown, wanted) != 0)
		fail_msg("%s\nis not\n%s", shown, wanted);
	assert_non_null(strstr(said, "000001.jsonl:"));
	free(shown);
	free(said);
	free(wanted);
	free(text);
	files_free(f);
}

static int count_lines(const char *text, const char *with)
{
	int nr = 0;

	for (; (text = strstr(text, with)); text++)
		nr++;
	return nr;
}

/* Its two halves, out of a directory with other things in it. */
static void show_across_files(void **state)
{
	struct files *f = files_new();
	char *shown, *said, *first;
	int status;

	(void)state;
	on(f->s, 2, 0);
	restore_well(f->s);
	on(f->s, 1, 0);
	name_vm(f->s, "web");
	set(f->s, NESTED_GUEST_MODE | NESTED_EVMCS);
	cut(f->s);
	name_vm(f->s, "web");
	on(f->s, 2, 0);
	restore_well(f->s);
	on(f->s, 1, 0);
	loss(f->s, 2);
	run_deferred(f->s);
	cut(f->s);
	on(f->s, 2, 0);
	restore_well(f->s);
	end(f);
	make_file(f, "evmcs-trace-20260101-120000.txt", 10, 10);
	shown = show(&status, &said, RUN "-2", f->directory, NULL);
	assert_int_equal(status, 0);
	assert_int_equal(count_lines(shown, "{\"type\":\"header\""), 2);
	assert_int_equal(count_lines(shown, "{\"type\":\"vm\""), 2);
	assert_int_equal(count_lines(shown, "{\"type\":\"event\""), 13);
	assert_int_equal(count_lines(shown, "{\"type\":\"loss\""), 1);
	assert_int_equal(count_lines(shown, "{\"type\":\"restore\""), 1);
	assert_int_equal(count_lines(shown, "\"vm\":2"), 0);
	assert_non_null(strstr(said, "000002.jsonl:"));
	/* without the second half it goes on as far as it goes */
	free(said);
	assert_int_equal(unlink(path_of(f, 2)), 0);
	first = show(&status, &said, RUN "-2", f->directory, NULL);
	assert_int_equal(status, 0);
	assert_int_equal(count_lines(first, "{\"type\":\"event\""), 2);
	assert_int_equal(strncmp(first, shown, strlen(first)), 0);
	assert_non_null(strstr(said, "its verdict is in none"));
	free(first);
	free(shown);
	free(said);
	files_free(f);
}

static int no_line(void *ctx, const struct trace_line *line)
{
	(void)ctx;
	(void)line;
	return 0;
}

/* Others' FIFOs, folders and sockets beside them; by its name a FIFO is read: cat's, perhaps. */
static void show_of_a_folder_reads_files(void **state)
{
	struct files *f = files_new();
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char *shown, *said, *alone;
	int status, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	restore_well(f->s);
	end(f);
	alone = show(&status, &said, RUN "-1", f->directory, NULL);
	free(said);
	assert_int_equal(status, STATUS_PASS);
	must_end_within(20);
	assert_int_equal(mkfifo(path_of(f, 9), 0600), 0);
	assert_int_equal(mkdir(path_of(f, 8), 0700), 0);
	assert_true(snprintf(at.sun_path, sizeof(at.sun_path), "%s", path_of(f, 7)) <
		    (int)sizeof(at.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	shown = show(&status, &said, RUN "-1", f->directory, NULL);
	if (status != STATUS_PASS || strcmp(shown, alone) != 0)
		fail_msg("%d: %s%s", status, said, shown);
	free(shown);
	free(said);
	shown = show(&status, &said, RUN "-2", f->directory, NULL);
	assert_int_equal(status, STATUS_INCONCLUSIVE);
	assert_non_null(strstr(said, "(1; of a directory only"));
	free(shown);
	free(said);
	/* put there since it was found */
	stderr_off();
	status = file_source_found(path_of(f, 9), no_line, NULL);
	free(stderr_on());
	assert_int_equal(status, -EBADMSG);
	alarm(0);
	close(fd);
	free(alone);
	files_free(f);
}

/* Of a restore whose SET is in a file that is gone. */
static void show_the_second_half(void **state)
{
	struct files *f = files_new();
	char *shown, *said;
	int status;

	(void)state;
	set(f->s, NESTED_GUEST_MODE | NESTED_EVMCS);
	cut(f->s);
	run_deferred(f->s);
	end(f);
	assert_int_equal(unlink(path_of(f, 1)), 0);
	shown = show(&status, &said, RUN "-1", f->directory, NULL);
	assert_int_equal(status, 0);
	assert_int_equal(count_lines(shown, "{\"type\":\"event\""), 11);
	assert_non_null(strstr(said, "KVM_SET_NESTED_STATE is in none"));
	free(shown);
	free(said);
	files_free(f);
}

static void expect_show(const char *id, const char *a, const char *b, int status)
{
	int is;
	char *said, *shown = show(&is, &said, id, a, b);

	if (is != status)
		fail_msg("%s %s: %d, not %d: %s", id, a, is, status, said);
	if (status)
		assert_true(*said);
	if (status == STATUS_MALFORMED)
		assert_string_equal(shown, "");
	free(said);
	free(shown);
}

static void show_says_what_it_cannot(void **state)
{
	struct files *f = files_new(), *other = files_new();
	char *text;

	(void)state;
	restore_well(f->s);
	cut(f->s);
	restore_well(f->s);
	end(f);
	expect_show(RUN "-1", path_of(f, 1), path_of(f, 2), STATUS_PASS);
	expect_show(RUN "-2", path_of(f, 1), NULL, STATUS_INCONCLUSIVE);
	expect_show(RUN "-3", f->directory, NULL, STATUS_INCONCLUSIVE);
	expect_show("00000000-1389-1", f->directory, NULL, STATUS_INCONCLUSIVE);
	expect_show(RUN "-1", other->directory, NULL, STATUS_INCONCLUSIVE);
	expect_show(RUN "-1", "/nothing", NULL, STATUS_MALFORMED);
	expect_show("1", f->directory, NULL, STATUS_USAGE);
	expect_show(RUN "-0", f->directory, NULL, STATUS_USAGE);
	expect_show(RUN "-1x", f->directory, NULL, STATUS_USAGE);
	expect_show(RUN, f->directory, NULL, STATUS_USAGE);
	expect_show("", f->directory, NULL, STATUS_USAGE);
	expect_show(RUN "-1", "-", NULL, STATUS_USAGE);
	/* cut in a line: as far as it goes; damaged: not at all */
	text = text_of(path_of(f, 1));
	text[strlen(text) - 20] = '\0';
	put_text(path_of(f, 1), text);
	expect_show(RUN "-1", path_of(f, 1), NULL, STATUS_PASS);
	/* behind what could be shown */
	*strstr(strstr(text, "\"map\",\"phase\""), "\"ioctl\"") = 'x';
	put_text(path_of(f, 1), text);
	expect_show(RUN "-1", path_of(f, 1), NULL, STATUS_MALFORMED);
	free(text);
	files_free(other);
	files_free(f);
}

/* ---- the ring's source ---- */

/* A ring and a kernel of the test's own. */
static struct {
	ring_buffer_sample_fn take;
	void *ctx;
	struct point_count counts[PT_COUNT];
	uint64_t lost;
	uint64_t tracking_lost;
	struct record queue[32];
	int queued;
} kernel;

struct ring_buffer *ring_buffer__new(int fd, ring_buffer_sample_fn take, void *ctx,
				     const struct ring_buffer_opts *opts)
{
	(void)fd;
	(void)opts;
	kernel.take = take;
	kernel.ctx = ctx;
	return (struct ring_buffer *)&kernel;
}

void ring_buffer__free(struct ring_buffer *ring)
{
	(void)ring;
}

int ring_buffer__epoll_fd(const struct ring_buffer *ring)
{
	(void)ring;
	return -1;
}

int ring_buffer__consume(struct ring_buffer *ring)
{
	int n = kernel.queued, i;

	(void)ring;
	for (i = 0; i < n; i++)
		kernel.take(kernel.ctx, &kernel.queue[i], sizeof(kernel.queue[i]));
	kernel.queued = 0;
	return n;
}

int observer_ring_fd(const struct observer *observer)
{
	(void)observer;
	return -1;
}

uint64_t observer_lost(const struct observer *observer)
{
	(void)observer;
	return kernel.lost;
}

uint64_t observer_tracking_lost(const struct observer *observer)
{
	(void)observer;
	return kernel.tracking_lost;
}

void observer_counts(const struct observer *observer, struct point_count counts[PT_COUNT])
{
	(void)observer;
	memcpy(counts, kernel.counts, sizeof(kernel.counts));
}

struct ksyms *ksyms_new(void)
{
	return (struct ksyms *)&kernel;
}

void ksyms_forget(struct ksyms *ksyms)
{
	(void)ksyms;
}

void ksyms_resolve(struct ksyms *ksyms, const uint64_t *addresses, int nr, const char **names)
{
	(void)ksyms;
	(void)addresses;
	while (nr--)
		names[nr] = "function";
}

static void kernel_reports(enum evmcs_point point, enum evmcs_phase phase, uint64_t kvm)
{
	struct record *rec = &kernel.queue[kernel.queued++];

	*rec = (struct record){ .point = (uint8_t)point, .phase = (uint8_t)phase };
	rec->kvm = kvm;
	rec->vcpu = kvm + 1;
	rec->lost = kernel.lost;
	rec->tgid = rec->tid = (uint32_t)getpid();
	rec->flags = REC_VCPU_STATE;
	rec->ns = 1;
	kernel.counts[point].hits++;
	kernel.counts[point].written++;
}

static void kernel_loses(enum evmcs_point point)
{
	kernel.counts[point].hits++;
	kernel.counts[point].lost++;
	kernel.lost++;
}

static const struct trace_header ring_header = { .mono_ns = 0 };

static struct heard {
	int items[ITEM_CUT + 1];
	struct trace_cut cut;
	struct trace_footer footer;
	uint64_t seq;
} heard;

static int hear_item(void *ctx, const struct trace_item *item)
{
	(void)ctx;
	heard.items[item->type]++;
	if (item->type == ITEM_CUT)
		heard.cut = *item->cut;
	if (item->type == ITEM_FOOTER)
		heard.footer = *item->footer;
	if (item->type == ITEM_EVENT)
		heard.seq = item->event->seq;
	return 0;
}

static struct ring_source *ring_new(void)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&heard, 0, sizeof(heard));
	return ring_source_new((struct observer *)&kernel, &ring_header, hear_item, NULL);
}

static void expect_count(const struct trace_footer *f, enum evmcs_point point, uint64_t written,
			 uint64_t lost)
{
	assert_int_equal(f->count[point].hits, written + lost);
	assert_int_equal(f->count[point].written, written);
	assert_int_equal(f->count[point].lost, lost);
}

static void ring_is_cut(void **state)
{
	struct ring_source *ring = ring_new();

	(void)state;
	kernel_reports(PT_MAP, PHASE_ENTER, 16);
	kernel_reports(PT_MAP, PHASE_EXIT, 16);
	kernel_reports(PT_PIN, PHASE_ENTER, 32);
	kernel.counts[PT_PIN].missed = 4;
	kernel.tracking_lost = 1;
	assert_int_equal(ring_source_cut(ring, "full", &ring_header), 0);
	assert_int_equal(heard.items[ITEM_CUT], 1);
	assert_ptr_equal(heard.cut.watched, &ring_header);
	assert_int_equal(heard.items[ITEM_VM], 2);
	assert_true(heard.cut.footer.continued);
	assert_string_equal(heard.cut.footer.reason, "full");
	assert_int_equal(heard.cut.footer.events, 3);
	assert_int_equal(heard.cut.footer.tracking_lost, 1);
	assert_int_equal(heard.cut.next_seq, 4);
	assert_int_equal(heard.cut.footer.count[PT_PIN].missed, 4);
	expect_count(&heard.cut.footer, PT_MAP, 2, 0);
	expect_count(&heard.cut.footer, PT_PIN, 1, 0);

	/* each VM is told anew, once */
	kernel_reports(PT_MAP, PHASE_ENTER, 16);
	kernel_reports(PT_MAP, PHASE_EXIT, 16);
	kernel.counts[PT_PIN].missed = 5;
	ring_source_end(ring, "over", NULL);
	assert_int_equal(heard.seq, 5);
	assert_int_equal(heard.items[ITEM_VM], 3);
	assert_false(heard.footer.continued);
	assert_int_equal(heard.footer.events, 2);
	assert_int_equal(heard.footer.tracking_lost, 0);
	assert_int_equal(heard.footer.count[PT_PIN].missed, 1);
	expect_count(&heard.footer, PT_MAP, 2, 0);
	expect_count(&heard.footer, PT_PIN, 0, 0);
	ring_source_free(ring);
}

/* What is lost is told in the file in which it is counted. */
static void ring_with_losses_is_cut_later(void **state)
{
	struct ring_source *ring = ring_new();

	(void)state;
	kernel_reports(PT_MAP, PHASE_ENTER, 16);
	kernel_loses(PT_PIN);
	assert_int_equal(ring_source_cut(ring, "full", NULL), -EAGAIN);
	kernel_reports(PT_MAP, PHASE_EXIT, 16);
	/* counted, and not yet in the sum of all */
	kernel.counts[PT_MAP].lost++;
	assert_int_equal(ring_source_cut(ring, "full", NULL), -EAGAIN);
	assert_int_equal(heard.items[ITEM_CUT], 0);
	kernel.counts[PT_MAP].lost--;
	/* or the other way about */
	kernel.lost++;
	assert_int_equal(ring_source_cut(ring, "full", NULL), -EAGAIN);
	kernel.lost--;
	assert_int_equal(ring_source_cut(ring, "full", NULL), 0);
	expect_count(&heard.cut.footer, PT_PIN, 0, 1);
	expect_count(&heard.cut.footer, PT_MAP, 2, 0);
	assert_int_equal(heard.cut.next_seq, 4);
	kernel_loses(PT_PIN);
	ring_source_end(ring, "over", NULL);
	expect_count(&heard.footer, PT_PIN, 0, 1);
	assert_int_equal(heard.items[ITEM_LOSS], 2);
	ring_source_free(ring);
}

/* The kernel says that there were more, or fewer: the last footer shows it. */
static void ring_that_lost_events(void **state)
{
	int less;

	(void)state;
	for (less = 0; less < 2; less++) {
		struct ring_source *ring = ring_new();
		const struct point_count *c = &heard.footer.count[PT_MAP];

		kernel_reports(PT_MAP, PHASE_ENTER, 16);
		kernel_reports(PT_MAP, PHASE_EXIT, 16);
		assert_int_equal(ring_source_cut(ring, "full", NULL), 0);
		kernel.counts[PT_MAP].hits += less ? -1ULL : 1;
		kernel.counts[PT_MAP].written += less ? -1ULL : 1;
		ring_source_end(ring, "over", NULL);
		assert_true(c->hits <= INT64_MAX && c->written <= INT64_MAX);
		assert_true(c->hits != c->written + c->lost || c->written != heard.footer.events);
		ring_source_free(ring);
	}
}

/* ---- names ---- */

static void runs_and_ids(void **state)
{
	struct trace_header h = { .boot_id = "0A1b2c3d-4e5f-6789", .mono_ns = 0xabc };
	char run[TRACE_RUN_LEN], id[RESTORE_ID_LEN];
	uint64_t restore;

	(void)state;
	header_name_run(&h);
	assert_string_equal(h.run, "01b2c3d4-abc");
	h.mono_ns = 1;
	header_name_run(&h);
	assert_string_equal(h.run, "01b2c3d4-abc");
	restore_id(id, &h, UINT64_MAX);
	assert_true(restore_id_parse(id, run, &restore));
	assert_string_equal(run, h.run);
	assert_int_equal(restore, UINT64_MAX);
	assert_false(restore_id_parse("01b2c3d4-abc-18446744073709551616", run, &restore));
	assert_false(restore_id_parse("01b2c3d4-abc--1", run, &restore));
	assert_false(restore_id_parse("01b2c3d4-12345678901234567-1", run, &restore));
}

static int make_scratch(void **state)
{
	(void)state;
	scratch_make();
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, no_limit)

static const struct CMUnitTest tests[] = {
	TEST(each_file_is_judged_for_itself),
	TEST(files_are_judged_as_live),
	TEST(a_file_says_what_is_watched_in_it),
	TEST(times_begin_anew),
	TEST(counts_of_a_segment_are_checked),
	TEST(doubts_of_a_segment_last),
	TEST(cut_before_the_run),
	TEST(cut_inside_set),
	TEST(cut_before_the_first_entry),
	TEST(unpaired_after_a_set),
	TEST(stories_cut_anywhere),
	TEST(tampered_continues),
	TEST(oldest_files_go),
	TEST(budget_includes_the_room),
	TEST(cut_is_wished_for),
	TEST(another_directory),
	TEST(disk_full_and_free_again),
	TEST(directory_that_is_not_there),
	TEST(file_that_is_there),
	TEST(show_one_of_three),
	TEST(show_across_files),
	TEST(show_the_second_half),
	TEST(show_of_a_folder_reads_files),
	TEST(show_says_what_it_cannot),
	TEST(ring_is_cut),
	TEST(ring_with_losses_is_cut_later),
	TEST(ring_that_lost_events),
	TEST(runs_and_ids),
};

int main(void)
{
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
