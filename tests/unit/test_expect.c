/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expectation files: what they may say, and when a trace meets them. */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "evmcs_trace/status.h"
#include "expect/judge.h"
#include "yaml/outline.h"
#include "expect/sight.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/checks.h"
#include "stories.h"
#include "util/say.h"

#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)

/* ---- reading ---- */

/* What the user is told is in *said, to be freed; NULL is right here. */
static struct expectation *load_bytes(const char *yaml, size_t len, char **said)
{
	struct expectation *e;
	char path[32];
	int fd = temp_file(path);

	if (write(fd, yaml, len) != (ssize_t)len)
		abort();
	stderr_off();
	e = expectation_load(path);
	*said = stderr_on();
	close(fd);
	return e;
}

static struct expectation *load(const char *yaml)
{
	char *said;
	struct expectation *e = load_bytes(yaml, strlen(yaml), &said);

	if (!e || *said)
		print_error("%s%s\n", said, yaml);
	assert_non_null(e);
	assert_string_equal(said, "");
	free(said);
	return e;
}

static void refuse_bytes(const char *yaml, size_t len, int line, const char *part)
{
	char *said, at[16];
	struct expectation *e = load_bytes(yaml, len, &said);

	snprintf(at, sizeof(at), ":%d: ", line);
	if (e || !strstr(said, at) || !strstr(said, part))
		print_error("told: %swanted line %d and '%s' for:\n%s\n", said, line, part, yaml);
	assert_null(e);
	assert_non_null(strstr(said, at));
	assert_non_null(strstr(said, part));
	/* one sentence */
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	free(said);
}

static void refuse(const char *yaml, int line, const char *part)
{
	refuse_bytes(yaml, strlen(yaml), line, part);
}

static void unknown_keys(void **state)
{
	(void)state;
	refuse("restores: 1\nrestored: 2\n", 2, "no key 'restored'");
	refuse("# comment\n\nrestored: 2\n", 3, "no key 'restored'");
	refuse("restores: 1\nevery:\n  path: native\n  paht: native\n", 4, "no key 'paht'");
	refuse("checks:\n- name: a\n  where: {mode: l2,\n    moed: l1}\n", 4, "no key 'moed'");
	refuse("checks:\n- name: a\n  count: 1\n- name: b\n  cuont: 2\n", 5, "no key 'cuont'");
	refuse("paths:\n  native: 1\n  evmcs: 1\n", 3, "no key 'evmcs'");
	refuse("anomalies:\n  A22: required\n  A99: required\n", 3, "no key 'A99'");
	refuse("anomalies:\n  double-sets: 1\n", 2, "no key 'double-sets'");
	refuse("anomalies: {a22: 1}\n", 1, "no key 'a22'");
	refuse("coverage:\n  events:\n    maps: 1\n", 3, "no key 'maps'");
	refuse("coverage:\n  event: {map: 1}\n", 2, "no key 'event'");
	refuse("Restores: 1\n", 1, "no key 'Restores'");
}

static void second_keys(void **state)
{
	(void)state;
	refuse("restores: 1\nevery: {path: native}\nrestores: 2\n", 3, "first in line 1");
	refuse("every:\n  path: native\n  path: leave\n", 3, "first in line 2");
	refuse("anomalies:\n  double-set: 1\n  A22: forbidden\n", 3, "other name");
	refuse("anomalies:\n  A22: 1\n  A22: 1\n", 3, "second time");
	refuse("checks:\n- name: a\n  count: 1\n- name: a\n  count: 2\n", 4, "has this name");
}

static void wrong_forms(void **state)
{
	(void)state;
	refuse("restores: [1]\n", 1, "single value");
	refuse("restores: {min: 1}\n", 1, "single value");
	refuse("restores: 1\nevery: native\n", 2, "'key: value'");
	refuse("restores: 1\nevery:\n", 2, "'key: value'");
	refuse("restores: 1\nchecks:\n  name: a\n", 2, "a list is wanted");
	refuse("checks: []\n", 1, "list is empty");
	refuse("checks:\n- a\n", 2, "'key: value'");
	refuse("checks:\n- name: a\n  order: map\n", 3, "a list is wanted");
	refuse("checks:\n- name: a\n  order:\n  - map\n  - [pin]\n", 5, "single value");
	refuse("- restores: 1\n", 1, "'key: value'");
	refuse("restores\n", 1, "'key: value'");
	refuse("restores: 1\n---\nrestores: 2\n", 2, "second document");
	refuse("restores: &a 1\nevery: {vcpu: *a}\n", 2, "aliases");
	refuse("[a]: b\n", 1, "plain word");
	refuse("restores: 1\n\tpaths: 2\n", 2, "not YAML");
	refuse("restores: \"1\n", 2, "not YAML");
	refuse("restores: {a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}}\n", 1, "too deep");
	refuse("restores: \"1\\0junk\"\n", 1, "plain text");
	refuse("\"restores\\0junk\": 1\n", 1, "plain word");
}

static void nothing_to_check(void **state)
{
	(void)state;
	refuse("", 1, "says nothing");
	refuse("# restores: 1\n", 2, "says nothing");
	refuse("---\n", 2, "'key: value'");
	refuse("{}\n", 1, "no check");
	refuse("tolerate: [lost]\n", 1, "no check");
	refuse("restores: 1\nevery: {}\n", 2, "asks for nothing");
	refuse("paths: {}\n", 1, "asks for nothing");
	refuse("anomalies: {}\n", 1, "asks for nothing");
	refuse("coverage: {}\n", 1, "asks for nothing");
	refuse("coverage: {events: {}}\n", 1, "asks for nothing");
	refuse("checks:\n- name: a\n", 2, "checks nothing");
	refuse("checks:\n- name: a\n  where: {}\n", 3, "asks for nothing");
	refuse("checks:\n- name: a\n  never: []\n", 3, "list is empty");
	refuse("checks:\n- name: a\n  count: 1\n  before: map\n", 4, "belongs to 'never'");
	refuse("checks:\n- count: 1\n", 2, "no name");
	refuse("checks:\n- count: 1\n  name: a b\n", 3, "letters, digits");
	refuse("checks:\n- count: 1\n  name: ''\n", 3, "letters, digits");
}

/* A file that any trace at all would pass. */
static void nothing_that_can_fail(void **state)
{
	static const char *const vain[] = {
		"paths: {native: 0..}",
		"every: {accesses: 0..}",
		"every: {mode: l1|l2, vm: '*'}",
		"checks: [{name: a, where: {restore: 9}, count: 0..}]",
	};
	static const char *const good[] = {
		"restores: 1..",	  "paths: {native: allowed, leave: 0}",
		"every: {vcpu: 0..}",	  "every: {set-time: 0ns..}",
		"every: {mode: l2}",	  "every: {anomaly: A1}",
		"every: {vm: 'a*'}",	  "every: {result: error|0}",
		"anomalies: {A1: 0}",	  "checks: [{name: a, count: 0.., never: [map]}]",
		"anomalies: {others: 0}", "coverage: {probes: [map]}",
	};
	char yaml[256];
	size_t i;

	(void)state;
	refuse("restores: 0..\nanomalies:\n  others: allowed\n", 1,
	       "no check in this file can fail");
	refuse("restores: allowed\nanomalies: {A1: 0.., others: 0..}\n", 1, "can fail");
	refuse("restores: 1\npaths:\n  native: allowed\n", 2, "nothing of this can fail");
	refuse("restores: 1\ncoverage:\n  events:\n    map: 0..\n", 3, "nothing of this can fail");
	for (i = 0; i < sizeof(vain) / sizeof(vain[0]); i++) {
		snprintf(yaml, sizeof(yaml), "restores: 0..\nanomalies: {others: 0..}\n%s\n",
			 vain[i]);
		refuse(yaml, i ? 1 : 3, "can fail");
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(yaml, sizeof(yaml), "%s%s%s\n", i ? "restores: 0..\n" : "",
			 strstr(good[i], "anomalies") ? "" : "anomalies: {others: 0..}\n", good[i]);
		expectation_free(load(yaml));
	}
}

static void wrong_values(void **state)
{
	static const char *const counts[] = { "''",
					      "-1",
					      "+1",
					      "1.",
					      "1...2",
					      "..",
					      "5..2",
					      "1..x",
					      "x",
					      "0x10",
					      "1 2",
					      "1e3",
					      "~",
					      "null",
					      "many",
					      "1.5",
					      ".. 5",
					      "2..5..6",
					      "18446744073709551615",
					      "99999999999999999999999" };
	static const char *const times[] = { "''",
					     "10ms",
					     "..10",
					     "10..",
					     "..10m",
					     "..1.5ms",
					     "..-1ms",
					     "2s..1s",
					     "..10 ms",
					     "required",
					     "..99999999999999999s" };
	char yaml[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(yaml, sizeof(yaml), "every: {path: native}\nrestores: %s\n", counts[i]);
		refuse(yaml, 2, "is no count");
	}
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(yaml, sizeof(yaml), "every:\n  set-time: %s\n", times[i]);
		refuse(yaml, 2, "is no bound of a time");
	}
	refuse("every:\n  path: evmcs\n", 2, "there is no path 'evmcs': native, evmcs-deferred");
	refuse("every:\n  path: native|\n", 2, "there is no path ''");
	refuse("every:\n  mode: L2\n", 2, "there is no mode 'L2': l1, l2");
	refuse("every:\n  anomaly: A99\n", 2, "there is no anomaly class 'A99'");
	refuse("every:\n  vm: ''\n", 2, "there is no name");
	refuse("every:\n  result: EWRONG\n", 2, "is no result");
	refuse("every:\n  result: -4096\n", 2, "is no result");
	refuse("every:\n  result: '-'\n", 2, "is no result");
	refuse("every:\n  result: 1|2|3|4|5|6|7|8|9\n", 2, "is no result");
	refuse("anomalies:\n  others: none\n", 2, "is no count");
	refuse("restores: 1\ntolerate:\n- lost\n- losses\n", 4, "no defect to tolerate 'losses'");
	refuse("coverage:\n  probes:\n  - map\n  - ran\n", 2, "no probe of their own");
	refuse("coverage: {probes: [first-exit]}\n", 1, "no probe of their own");
	refuse("coverage:\n  probes: [maps]\n", 2, "there is no probe point 'maps'");
}

static void wrong_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *part;
	} wrong[] = {
		{ "maps", "no event" },
		{ "''", "no event" },
		{ "'@KVM_RUN'", "no event" },
		{ "map:note", "no such phase" },
		{ "'map:'", "no such phase" },
		{ "ran:enter", "no such phase" },
		{ "map/page", "no such purpose" },
		{ "map/evmcs:exit", "no such purpose" },
		{ "map@KVM_FLY", "no ioctl" },
		{ "'map@'", "no ioctl" },
	};
	char yaml[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(yaml, sizeof(yaml), "checks:\n- name: a\n  never:\n  - map\n  - %s\n",
			 wrong[i].pattern);
		refuse(yaml, 5, wrong[i].part);
		snprintf(yaml, sizeof(yaml), "checks:\n- name: a\n  never: [map]\n  before: %s\n",
			 wrong[i].pattern);
		refuse(yaml, 4, wrong[i].part);
	}
	snprintf(yaml, sizeof(yaml), "checks:\n- name: a\n  order: [%0200d]\n", 0);
	refuse(yaml, 3, "too long");
}

static void wrong_files(void **state)
{
	size_t len = 70000;
	char *big = malloc(len + 1), *said;

	(void)state;
	assert_non_null(big);
	memset(big, '#', len);
	big[len] = '\0';
	refuse_bytes(big, len, 1, "larger than 64 KiB");
	refuse_bytes("restores: 1\n\xff\xfe", 14, 2, "not YAML");
	refuse_bytes("restores: 1\n\0: 2\n", 17, 2, "not YAML");
	free(big);

	stderr_off();
	assert_null(expectation_load("/nonexistent/x.yaml"));
	said = stderr_on();
	assert_non_null(strstr(said, "/nonexistent/x.yaml (ENOENT"));
	free(said);
	stderr_off();
	assert_null(expectation_load("/"));
	said = stderr_on();
	assert_non_null(strstr(said, "EISDIR"));
	free(said);
}

static void ranges(void **state)
{
	static const struct {
		const char *text;
		struct range range;
		const char *shown;
	} good[] = {
		{ "0", { 0, 0 }, "none" },
		{ "2", { 2, 2 }, "exactly 2" },
		{ "2..5", { 2, 5 }, "2 to 5" },
		{ "2..", { 2, UINT64_MAX }, "at least 2" },
		{ "..5", { 0, 5 }, "at most 5" },
		{ "0..0", { 0, 0 }, "none" },
		{ "18446744073709551614",
		  { UINT64_MAX - 1, UINT64_MAX - 1 },
		  "exactly 18446744073709551614" },
		{ "required", { 1, UINT64_MAX }, "at least 1" },
		{ "allowed", { 0, UINT64_MAX }, "at least 0" },
		{ "forbidden", { 0, 0 }, "none" },
	};
	static const struct {
		const char *text;
		struct range range;
		const char *shown;
	} times[] = {
		{ "..10ms", { 0, 10000000 }, "at most 10 ms" },
		{ "1us..2s", { 1000, 2000000000 }, "1 us to 2 s" },
		{ "7ns..", { 7, UINT64_MAX }, "at least 7 ns" },
		{ "..1500us", { 0, 1500000 }, "at most 1500 us" },
	};
	char error[VALUE_ERROR_LEN], shown[80];
	struct range r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_range(good[i].text, &r, error), 0);
		assert_memory_equal(&r, &good[i].range, sizeof(r));
		range_text(&r, false, shown, sizeof(shown));
		assert_string_equal(shown, good[i].shown);
	}
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(value_times(times[i].text, &r, error), 0);
		assert_memory_equal(&r, &times[i].range, sizeof(r));
		range_text(&r, true, shown, sizeof(shown));
		assert_string_equal(shown, times[i].shown);
	}
}

static void results(void **state)
{
	char error[VALUE_ERROR_LEN], shown[80];
	struct results r;

	(void)state;
	assert_int_equal(value_results("0|-EBUSY|-22|1", &r, error), 0);
	assert_true(results_have(&r, 0) && results_have(&r, -EBUSY) && results_have(&r, -EINVAL) &&
		    results_have(&r, 1));
	assert_false(results_have(&r, -EFAULT) || results_have(&r, 22));
	results_text(&r, shown, sizeof(shown));
	assert_string_equal(shown, "0 or -EBUSY or -EINVAL or 1");
	assert_int_equal(value_results("error", &r, error), 0);
	assert_true(results_have(&r, -EFAULT));
	assert_false(results_have(&r, 0) || results_have(&r, 1));
}

/* ---- judging ---- */

struct trial {
	struct pipeline p;
	struct expectation *e;
	const struct judgement *j;
};

static void try_at(struct trial *t, struct stream *s, const char *yaml, enum severity fail_on)
{
	struct model_options options = { .fail_on = fail_on };

	t->e = yaml ? load(yaml) : NULL;
	assert_int_equal(pipeline_init(&t->p, &options), 0);
	assert_int_equal(pipeline_judge(&t->p, judge_new(t->e, fail_on)), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &t->p), 0);
	pipeline_finish(&t->p);
	t->j = t->p.judgement;
}

static void try_end(struct trial *t)
{
	pipeline_free(&t->p);
	expectation_free(t->e);
}

static const struct check *find_check(const struct judgement *j, const char *name)
{
	int i;

	for (i = 0; i < j->nr_checks; i++)
		if (!strcmp(j->checks[i].name, name))
			return &j->checks[i];
	print_error("there is no check '%s'\n", name);
	fail();
	return NULL;
}

static void show_judgement(const struct judgement *j, const char *yaml)
{
	static const struct trace_header header;
	int i;

	print_error("%s\n", yaml);
	for (i = 0; i < j->nr_checks; i++) {
		print_error("%s %s\n", verdict_name(j->checks[i].result), j->checks[i].name);
		put_check(stderr, "  ", j, &j->checks[i], &header);
	}
}

/* The story against the file: its result, and that it is for this check. */
static void expect_at(const char *file, int line, struct stream *s, const char *yaml,
		      enum verdict_kind result, const char *check)
{
	struct trial t;
	bool right;

	try_at(&t, s, yaml, SEVERITY_ERROR);
	right = t.j->result == result && (!check || find_check(t.j, check)->result == result);
	if (!right) {
		print_error("%s:%d: wanted %s\n", file, line, verdict_name(result));
		show_judgement(t.j, yaml);
	}
	assert_true(right);
	try_end(&t);
}

#define PASSES(s, yaml) expect_at(__FILE__, __LINE__, s, yaml, VERDICT_PASS, NULL)
#define FAILS(s, yaml, check) expect_at(__FILE__, __LINE__, s, yaml, VERDICT_FAIL, check)
#define IN_DOUBT(s, yaml, check) expect_at(__FILE__, __LINE__, s, yaml, VERDICT_INCONCLUSIVE, check)

static void tell(struct stream *s, const char *name)
{
	int i;

	for (i = 0; i < nr_stories; i++)
		if (!strcmp(stories[i].name, name)) {
			stories[i].tell(s);
			return;
		}
	fail_msg("there is no story '%s'", name);
}

static void the_common_wish(void **state)
{
	static const char yaml[] = "restores: 2\n"
				   "every:\n"
				   "  path: evmcs-deferred\n"
				   "  accesses-before-run: 0\n";
	struct stream *s = *state;

	tell(s, "deferred");
	tell(s, "deferred");
	footer(s);
	PASSES(s, yaml);
}

static void the_common_wish_unmet(void **state)
{
	static const char yaml[] = "restores: 1\n"
				   "every: {path: evmcs-deferred, accesses-before-run: 0}\n";
	static const char *const others[] = { "native-l1", "native-l2",	   "forced-in-run",
					      "direct",	   "read-in-set",  "freed-without-run",
					      "leave",	   "mp-state-maps" };
	struct stream *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		s = stream_new();
		tell(s, others[i]);
		footer(s);
		FAILS(s, yaml, "every");
		stream_free(s);
	}
}

static void counts_of_restores(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	tell(s, "native-l1");
	footer(s);
	PASSES(s, "restores: 2\n");
	PASSES(s, "restores: 1..\n");
	PASSES(s, "restores: ..2\n");
	FAILS(s, "restores: 1\n", "restores");
	FAILS(s, "restores: 3..\n", "restores");
	FAILS(s, "restores: 0\n", "restores");
	PASSES(s, "paths: {native: 1, evmcs-deferred: 1, leave: forbidden}\n");
	FAILS(s, "paths: {native: 2}\n", "paths.native");
	FAILS(s, "paths: {native: 0}\n", "paths.native");
	FAILS(s, "paths: {leave: required}\n", "paths.leave");
}

static void no_restore_at_all(void **state)
{
	struct stream *s = *state;
	struct trial t;
	int i;

	footer(s);
	FAILS(s, "every: {path: native}\n", "every");
	FAILS(s, "every: {path: native}\n", "restores");
	FAILS(s, "anomalies: {others: forbidden}\n", "restores");
	FAILS(s, "paths: {leave: 0}\n", "restores");
	FAILS(s, "checks: [{name: a, where: {mode: l2}}]\n", "check.a");
	PASSES(s, "restores: 0\n");
	PASSES(s, "restores: 0..\nevery: {path: native}\n");
	try_at(&t, s, "restores: 0..\n", SEVERITY_ERROR);
	for (i = 0; i < t.j->nr_checks; i++)
		assert_string_not_equal(t.j->checks[i].name, "restores");
	try_end(&t);
	PASSES(s, "restores: 0\nchecks: [{name: a, count: 0.., every: {mode: l2}}]\n");
}

static void allowed_and_required(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-by-second-set");
	footer(s);
	FAILS(s, "restores: 2\n", "anomalies.others");
	PASSES(s, "anomalies: {A2: required, double-set: 1, others: forbidden}\n");
	PASSES(s, "anomalies: {leave-map-in-set: allowed}\n");
	PASSES(s, "anomalies: {others: allowed}\n");
	PASSES(s, "anomalies: {A2: allowed, others: 1}\n");
	/* the info of A22 is nothing by itself, but it is something */
	FAILS(s, "anomalies: {leave-map-in-set: allowed, others: forbidden}\n", "anomalies.others");
	FAILS(s, "anomalies: {A2: allowed, double-set: forbidden}\n", "anomalies.double-set");
	FAILS(s, "anomalies: {A2: 2..}\n", "anomalies.leave-map-in-set");
	FAILS(s, "anomalies: {A2: allowed, A1: required}\n", "anomalies.direct-map-in-set");
}

static void fail_on_decides_of_others(void **state)
{
	struct stream *s = *state;
	struct trial t;

	set(s, L2_EVMCS); /* refused pages: a warning */
	pages_enter(s);
	pages_leave(s, 0);
	free_vcpu(s);
	footer(s);
	PASSES(s, "restores: 1\n");
	try_at(&t, s, "restores: 1\n", SEVERITY_WARNING);
	assert_int_equal(find_check(t.j, "anomalies.others")->result, VERDICT_FAIL);
	try_end(&t);
	try_at(&t, s, "anomalies: {A8: allowed}\n", SEVERITY_WARNING);
	assert_int_equal(t.j->result, VERDICT_PASS);
	try_end(&t);
}

static void facts_of_a_restore(void **state)
{
	static const char *const hold[] = {
		"restore: 1",
		"pid: 1000..3000",
		"vcpu: 0",
		"vm: web1",
		"vm: web*",
		"path: evmcs-deferred",
		"path: native|evmcs-deferred",
		"mode: l2",
		"format: evmcs",
		"end: ran",
		"verdict: pass",
		"result: 0",
		"result: error|0",
		"accesses: 2..",
		"accesses-in-set: 0",
		"accesses-before-run: forbidden",
		"memslots: 1",
		"longest-access: 1ns..1ms",
		"longest-access-in-set: ..0ns",
		"set-time: ..1ms",
		"run-after: 1ns..1ms",
		"map-after: ..1ms",
	};
	static const char *const broken[] = {
		"restore: 2",
		"pid: 5",
		"vcpu: 1",
		"vm: web",
		"path: native",
		"mode: l1",
		"format: native",
		"end: freed",
		"verdict: fail",
		"anomaly: double-set",
		"result: error",
		"result: -EINVAL",
		"accesses: 0",
		"accesses-in-set: 1",
		"accesses-before-run: 1..",
		"memslots: 2",
		"memslots: 0",
		"longest-access: 1s..",
		"longest-access-in-set: 1ns..",
		"set-time: 1ms..",
		"set-time: ..0ns",
		"run-after: 1s..",
		"map-after: ..1ns",
	};
	struct stream *s = *state;
	char yaml[256];
	size_t i;

	tell(s, "deferred");
	footer(s);
	for (i = 0; i < sizeof(hold) / sizeof(hold[0]); i++) {
		snprintf(yaml, sizeof(yaml), "every: {%s}\n", hold[i]);
		PASSES(s, yaml);
		snprintf(yaml, sizeof(yaml), "checks: [{name: a, where: {%s}}]\n", hold[i]);
		PASSES(s, yaml);
		snprintf(yaml, sizeof(yaml), "checks: [{name: a, where: {%s}, count: 0}]\n",
			 hold[i]);
		FAILS(s, yaml, "check.a");
	}
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		snprintf(yaml, sizeof(yaml), "every: {%s}\n", broken[i]);
		FAILS(s, yaml, "every");
		snprintf(yaml, sizeof(yaml), "checks: [{name: a, where: {%s}}]\n", broken[i]);
		FAILS(s, yaml, "check.a");
		snprintf(yaml, sizeof(yaml), "checks: [{name: a, where: {%s}, count: 0}]\n",
			 broken[i]);
		PASSES(s, yaml);
	}
}

static void facts_that_are_not_there(void **state)
{
	struct stream *s = *state;

	tell(s, "freed-without-run");
	footer(s);
	FAILS(s, "every: {run-after: ..1s}\n", "every");
	FAILS(s, "every: {map-after: 0ns..}\n", "every");
	FAILS(s, "checks: [{name: a, where: {run-after: ..1s}}]\n", "check.a");
	PASSES(s, "every: {end: freed, path: evmcs-none}\n");
}

static void access_counts(void **state)
{
	struct stream *s = *state;

	set_enter(s, NESTED_GUEST_MODE);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_LINK_POINTER, OTHER_GPA);
	set_leave(s, 0);
	in_ioctl(s, KVM_SET_MP_STATE);
	touch(s, PT_READ_GUEST_CACHED, PURPOSE_UNKNOWN, ASSIST_GPA);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, OTHER_GPA);
	leave(s, PT_READ_GUEST, -EFAULT); /* it was not reached */
	in_ioctl(s, 0);
	pages_enter(s);
	touch(s, PT_MAP, PURPOSE_MSR_BITMAP, BITMAP_GPA);
	pages_leave(s, 1);
	ran(s);
	footer(s);
	PASSES(s, "every: {accesses-in-set: 1, accesses-before-run: 2, anomaly: mem-in-set}\n"
		  "anomalies: {A4: 1}\n");
	FAILS(s, "every: {accesses-in-set: 0}\n", "every");
	FAILS(s, "every: {accesses-before-run: ..1}\n", "every");
	FAILS(s, "every: {accesses-before-run: 3..}\n", "every");
}

static enum fact_answer ask(enum fact_id fact, const char *value, const struct restore *r)
{
	char error[VALUE_ERROR_LEN];
	struct fact_rule rule = { 0 };

	assert_int_equal(fact_rule_parse(&rule, fact, value, error), 0);
	return fact_rule_ask(&rule, r);
}

/* The store into the VP assist page that KVM_SET_MSRS is there for. */
static void accesses_that_were_asked_for(void **state)
{
	struct access asked = { .done = true,
				.touched = true,
				.before_run = true,
				.asked_for = true,
				.ioctl = (uint32_t)KVM_SET_MSRS,
				.seq = 5 };
	struct access not_asked = asked;
	struct restore r = { .nr_accesses = 1, .accesses = { &asked, &not_asked } };

	(void)state;
	not_asked.asked_for = false;
	not_asked.seq = 6;
	assert_int_equal(ask(FACT_ACCESSES_BEFORE_RUN, "0", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_ACCESSES, "1", &r), FACT_HOLDS);
	r.nr_accesses = 2;
	assert_int_equal(ask(FACT_ACCESSES_BEFORE_RUN, "0", &r), FACT_EXCEEDED);
	assert_int_equal(ask(FACT_ACCESSES_BEFORE_RUN, "1", &r), FACT_HOLDS);
	assert_int_equal(fact_seq(FACT_ACCESSES_BEFORE_RUN, &r), 6);
	assert_int_equal(fact_seq(FACT_ACCESSES, &r), 5);
}

/* Those that wait, also for what they never reach, and where they do it. */
static void longest_accesses(void **state)
{
	struct access quick = {
		.touched = true, .duration_ns = 1000, .ioctl = (uint32_t)KVM_RUN, .seq = 2
	};
	struct access slow = { .duration_ns = 60000000, .ioctl = (uint32_t)KVM_RUN, .seq = 7 };
	struct access in_set = { .touched = true,
				 .duration_ns = 2000,
				 .ioctl = (uint32_t)KVM_SET_NESTED_STATE,
				 .before_run = true,
				 .seq = 8 };
	struct restore r = { .accesses = { &quick, &slow, &in_set }, .first_seq = 1 };

	(void)state;
	/* the longest of none */
	assert_int_equal(ask(FACT_LONGEST_ACCESS, "..10ms", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS, "1ns..", &r), FACT_FAILS);
	assert_int_equal(fact_seq(FACT_LONGEST_ACCESS, &r), 1);
	r.nr_accesses = 2;
	assert_int_equal(ask(FACT_LONGEST_ACCESS, "50ms..60ms", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS, "..50ms", &r), FACT_EXCEEDED);
	assert_int_equal(fact_seq(FACT_LONGEST_ACCESS, &r), 7);
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_SET, "..1ms", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_SET, "1ns..1ms", &r), FACT_FAILS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_RUN, "50ms..60ms", &r), FACT_HOLDS);
	slow.before_run = true;
	slow.ioctl = (uint32_t)KVM_SET_MSRS;
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_RUN, "1us..2us", &r), FACT_HOLDS);
	assert_int_equal(fact_seq(FACT_LONGEST_ACCESS_IN_RUN, &r), 2);
	r.nr_accesses = 3;
	assert_int_equal(ask(FACT_LONGEST_ACCESS, "50ms..60ms", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_SET, "2us..3us", &r), FACT_HOLDS);
	assert_int_equal(ask(FACT_LONGEST_ACCESS_IN_SET, "..1us", &r), FACT_EXCEEDED);
	assert_int_equal(fact_seq(FACT_LONGEST_ACCESS_IN_SET, &r), 8);
}

static void selections(void **state)
{
	struct stream *s = *state;

	tell(s, "forced-by-second-set");
	footer(s);
	PASSES(s, "anomalies: {A2: 1}\n"
		  "checks:\n"
		  "- name: first\n"
		  "  where: {restore: 1}\n"
		  "  every: {end: superseded, path: evmcs-forced-exit}\n"
		  "- name: second\n"
		  "  where: {restore: 2}\n"
		  "  every: {end: ran, path: evmcs-deferred}\n"
		  "- name: both\n"
		  "  count: 2\n"
		  "  every: {mode: l2}\n");
	FAILS(s,
	      "anomalies: {A2: 1}\n"
	      "checks: [{name: a, where: {restore: 2}, every: {end: superseded}}]\n",
	      "check.a");
	FAILS(s, "anomalies: {A2: 1}\nchecks: [{name: a, where: {restore: 3}}]\n", "check.a");
	FAILS(s, "anomalies: {A2: 1}\nchecks: [{name: a, count: 3..}]\n", "check.a");
	FAILS(s, "anomalies: {A2: 1}\nevery: {end: ran}\n", "every");
}

static void order(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s);
	PASSES(s, "checks: [{name: a, order: [set-state, set-state:exit, memslot, "
		  "state-pages@KVM_RUN, map/evmcs, state-pages:exit, ran]}]\n");
	PASSES(s, "checks: [{name: a, order: [set-state@KVM_SET_NESTED_STATE, access, access]}]\n");
	FAILS(s, "checks: [{name: a, order: [state-pages, memslot]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [memslot, memslot]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [nested-exit]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [map/msr-bitmap]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [state-pages@none]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [ran, access]}]\n", "check.a");
}

static void never(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s);
	PASSES(s, "checks: [{name: a, never: [nested-exit, access@KVM_SET_NESTED_STATE]}]\n");
	PASSES(s, "checks: [{name: a, never: [access], before: state-pages}]\n");
	FAILS(s, "checks: [{name: a, never: [access]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, never: [nested-exit, memslot], before: ran}]\n", "check.a");
	/* before what never was is not before anything */
	FAILS(s, "checks: [{name: a, never: [nested-exit], before: free-vcpu}]\n", "check.a");
}

/* No access by itself, and yet it says what of. */
static void unmap_of_something(void **state)
{
	struct stream *s = *state;

	set(s, L2_EVMCS);
	unmap_evmcs(s);
	run_deferred(s);
	footer(s);
	PASSES(s, "checks: [{name: a, order: [set-state, unmap/evmcs, state-pages]}]\n");
	PASSES(s, "checks: [{name: a, never: [access], before: state-pages}]\n");
	FAILS(s, "checks: [{name: a, never: [unmap/evmcs]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, order: [unmap/msr-bitmap]}]\n", "check.a");
}

/* What another vCPU or the time before and after did is not this restore's. */
static void events_of_others(void **state)
{
	struct stream *s = *state;

	on(s, 1, 1);
	set(s, L2_EVMCS);
	on(s, 1, 0);
	set(s, 0);
	ran(s);
	on(s, 1, 1);
	run_deferred(s);
	footer(s);
	PASSES(s, "checks:\n"
		  "- {name: zero, where: {vcpu: 0}, never: [access, state-pages]}\n"
		  "- {name: one, where: {vcpu: 1}, order: [set-state, state-pages, ran]}\n");
	FAILS(s, "checks: [{name: a, where: {vcpu: 1}, order: [set-state, set-state]}]\n",
	      "check.a");
}

static void detach(struct stream *s, enum evmcs_point point)
{
	size_t i;

	for (i = 0; i < s->header.nr_probes; i++)
		if (s->header.probes[i].point == point) {
			s->header.probes[i].needed = false;
			s->header.probes[i].attached = false;
		}
}

static void coverage_of_points(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s);
	PASSES(s, "coverage: {events: {set-state: 1, memslot: 1.., ran: 1, nested-exit: 0}}\n");
	FAILS(s, "coverage: {events: {set-state: 2}}\n", "events.set-state");
	FAILS(s, "coverage: {events: {nested-exit: 1..}}\n", "events.nested-exit");
	FAILS(s, "coverage: {events: {memslot: forbidden}}\n", "events.memslot");
	PASSES(s, "coverage: {probes: [map, evmptr-load-direct]}\n");
	detach(s, PT_EVMPTR_LOAD_DIRECT);
	PASSES(s, "coverage: {probes: [map]}\n");
	FAILS(s, "coverage: {probes: [map, evmptr-load-direct]}\n", "probes.evmptr-load-direct");
}

/* The classes that one point alone can show are classes that there are. */
static void needs_of_classes(void **state)
{
	int i, j, found;

	(void)state;
	for (i = 0; i < nr_class_needs; i++) {
		for (j = found = 0; j < anomaly_nr_classes; j++)
			if (point_of_class(j) == (int)class_needs[i].point) {
				assert_string_equal(anomaly_classes[j].id, class_needs[i].id);
				found++;
			}
		assert_int_equal(found, 1);
	}
	assert_int_equal(point_of_class(0), -1);
}

/* What no probe could show: that it was not seen says nothing. */
static void unseen_classes(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s);
	PASSES(s, "anomalies: {A16: forbidden, others: forbidden}\n");
	detach(s, PT_SHADOW_COPY);
	IN_DOUBT(s, "anomalies: {A16: forbidden}\n", "anomalies.shadow-clobber");
	IN_DOUBT(s, "anomalies: {A16: ..3}\n", "anomalies.shadow-clobber");
	IN_DOUBT(s, "anomalies: {A16: required}\n", "anomalies.shadow-clobber");
	IN_DOUBT(s, "anomalies: {others: forbidden}\n", "anomalies.others");
	PASSES(s, "anomalies: {A16: forbidden, others: forbidden}\ntolerate: [blind]\n");
	FAILS(s, "anomalies: {A16: required}\ntolerate: [blind]\n", "anomalies.shadow-clobber");
	/* it is not among the others, or nobody speaks of it */
	PASSES(s, "anomalies: {A16: allowed, others: forbidden}\n");
	PASSES(s, "anomalies: {A15: forbidden}\n");
	PASSES(s, "restores: 1\n");
}

static void unseen_events(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	footer(s);
	PASSES(s, "coverage: {events: {get-state: 0, evmptr-load-direct: 0}}\n");
	PASSES(s, "checks: [{name: a, never: [get-state, evmptr-load-direct]}]\n");
	FAILS(s, "checks: [{name: a, order: [get-state]}]\n", "check.a");
	detach(s, PT_GET_STATE);
	detach(s, PT_EVMPTR_LOAD_DIRECT);
	detach(s, PT_RAN);
	IN_DOUBT(s, "coverage: {events: {get-state: 0}}\n", "events.get-state");
	IN_DOUBT(s, "coverage: {events: {get-state: 1}}\n", "events.get-state");
	IN_DOUBT(s, "checks: [{name: a, never: [get-state]}]\n", "check.a");
	IN_DOUBT(s, "checks: [{name: a, never: [get-state], before: ran}]\n", "check.a");
	IN_DOUBT(s, "checks: [{name: a, never: [nested-exit], before: get-state}]\n", "check.a");
	IN_DOUBT(s, "checks: [{name: a, order: [set-state, get-state]}]\n", "check.a");
	PASSES(s, "checks: [{name: a, never: [get-state]}]\ntolerate: [blind]\n");
	PASSES(s, "coverage: {events: {get-state: 0}}\ntolerate: [blind]\n");
	/* what was seen is a violation nevertheless */
	FAILS(s, "checks: [{name: a, never: [get-state, access]}]\n", "check.a");
	/* these have no function in most kernels, and the last is no function */
	PASSES(s, "coverage: {events: {evmcs-page: 0, evmptr-load-direct: 0}}\n");
	PASSES(s, "checks: [{name: a, never: [evmptr-load-direct, access@KVM_GET_MSRS]}]\n");
	FAILS(s, "coverage: {events: {evmptr-load-direct: 1}}\n", "events.evmptr-load-direct");
	FAILS(s, "coverage: {events: {ran: 0}}\n", "events.ran");
	PASSES(s, "coverage: {events: {ran: 1}}\n");
}

/* The built-in rules claim nothing of a class that could not be seen. */
static void unseen_by_the_built_in_rules(void **state)
{
	struct stream *s = *state;
	struct trial t;
	int i, j;

	tell(s, "deferred");
	footer(s);
	for (i = 0; i < nr_class_needs; i++) {
		detach(s, class_needs[i].point);
		try_at(&t, s, NULL, SEVERITY_ERROR);
		assert_int_equal(t.j->result, t.j->verdict->kind);
		assert_int_equal(t.j->result, VERDICT_PASS);
		assert_int_equal(t.j->nr_checks, 2 + anomaly_nr_classes - (i + 1));
		assert_int_equal(t.j->by_result[VERDICT_PASS], t.j->nr_checks);
		for (j = 0; j < t.j->nr_checks; j++)
			assert_string_not_equal(t.j->checks[j].name, "anomalies.get-flag-lost");
		find_check(t.j, "anomalies.direct-map-in-set");
		try_end(&t);
	}
}

/* ---- doubt ---- */

static void lost_records(void **state)
{
	struct stream *s = *state;

	tell(s, "lost-in-window");
	footer(s);
	IN_DOUBT(s, "restores: 1\n", "coverage");
	PASSES(s, "restores: 1\ntolerate: [lost]\n");
	IN_DOUBT(s, "restores: 1\ntolerate: [open, cut]\n", "coverage");
	/* what is missing may have been lost, what is there is there */
	IN_DOUBT(s, "restores: 2\n", "restores");
	FAILS(s, "restores: 0\n", "restores");
	IN_DOUBT(s, "anomalies: {double-set: required}\n", "anomalies.double-set");
	IN_DOUBT(s, "every: {end: freed}\n", "every");
	IN_DOUBT(s, "coverage: {events: {nested-exit: 1}}\n", "events.nested-exit");
	IN_DOUBT(s, "checks: [{name: a, order: [nested-exit]}]\n", "check.a");
	FAILS(s, "checks: [{name: a, never: [access]}]\n", "check.a");
	FAILS(s, "every: {accesses: 0}\n", "every");
	/* who tolerates it takes what was seen for all there was */
	FAILS(s, "restores: 2\ntolerate: [lost]\n", "restores");
	FAILS(s, "every: {end: freed}\ntolerate: [lost]\n", "every");
}

static void no_footer(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	IN_DOUBT(s, "restores: 1\n", "coverage");
	IN_DOUBT(s, "restores: 2\n", "restores");
	PASSES(s, "restores: 1\ntolerate: [cut]\n");
}

static void open_restores(void **state)
{
	struct stream *s = *state;

	tell(s, "deferred");
	set(s, L2_EVMCS);
	footer(s);
	IN_DOUBT(s, "restores: 2\n", "coverage");
	PASSES(s, "restores: 2\ntolerate: [open]\n");
	PASSES(s, "tolerate: [open]\n"
		  "checks: [{name: a, where: {end: open}, count: 1, order: [set-state]}]\n");
	IN_DOUBT(s, "every: {path: evmcs-deferred}\n", "every");
	FAILS(s, "every: {path: evmcs-deferred}\ntolerate: [open]\n", "every");
}

static void blind_and_failed(void **state)
{
	struct stream *s = *state;
	struct trace_footer *f;

	tell(s, "deferred");
	f = footer(s);
	f->has_command = true;
	f->command_status = 3;
	IN_DOUBT(s, "restores: 1\n", "coverage");
	PASSES(s, "restores: 1\ntolerate: [command]\n");
	/* a command that failed hides nothing of what was traced */
	FAILS(s, "restores: 2\n", "restores");
	s->header.probes[0].attached = false;
	s->header.probes[0].needed = true;
	IN_DOUBT(s, "restores: 1\ntolerate: [command]\n", "coverage");
	IN_DOUBT(s, "restores: 2\n", "restores");
	PASSES(s, "restores: 1\ntolerate: [command, blind]\n");
	f->count[PT_MAP].missed = 1;
	IN_DOUBT(s, "restores: 1\ntolerate: [command, blind]\n", "coverage");
	PASSES(s, "restores: 1\ntolerate: [command, blind, missed]\n");
	/* a footer that contradicts its trace is nothing to put up with */
	f->count[PT_MAP].hits++;
	IN_DOUBT(s, "restores: 1\ntolerate: [command, blind, missed]\n", "coverage");
}

/* More reasons than the verdict has room for: none may get lost on the way. */
static void many_doubts(void **state)
{
	struct stream *s = *state;
	size_t i;

	tell(s, "lost-in-window");
	footer(s);
	for (i = 0; i < s->header.nr_probes; i++) {
		s->header.probes[i].needed = true;
		s->header.probes[i].attached = false;
	}
	IN_DOUBT(s, "restores: 1\ntolerate: [blind]\n", "coverage");
	PASSES(s, "restores: 1\ntolerate: [blind, lost]\n");
}

/* How often a VMM resets its vCPUs is nothing that a file has to know. */
static void resets_are_no_restores(void **state)
{
	struct stream *s = *state;

	leave_vmx_enter(s);
	set_leave(s, 0);
	s->a->nested.vmxon_pa = 0x1000;
	tell(s, "deferred");
	footer(s);
	PASSES(s, "restores: 1\nevery: {path: evmcs-deferred}\n");
	FAILS(s, "paths: {leave: 1}\n", "paths.leave");
}

/* ---- the built-in rules ---- */

static void same_as_the_verdict(struct stream *s, enum severity fail_on)
{
	struct trial t;

	try_at(&t, s, NULL, fail_on);
	if (t.j->result != t.j->verdict->kind)
		show_judgement(t.j, verdict_name(t.j->verdict->kind));
	assert_int_equal(t.j->result, t.j->verdict->kind);
	assert_int_equal(t.j->nr_checks, 2 + anomaly_nr_classes);
	try_end(&t);
}

static void built_in_is_the_verdict(void **state)
{
	struct rng r = { 1 };
	struct stream *s;
	int i, j;

	(void)state;
	for (i = 0; i < nr_stories; i++) {
		s = stream_new();
		stories[i].tell(s);
		same_as_the_verdict(s, SEVERITY_ERROR);
		footer(s);
		same_as_the_verdict(s, SEVERITY_ERROR);
		same_as_the_verdict(s, SEVERITY_INFO);
		stream_free(s);
	}
	for (i = 0; i < 300; i++) {
		s = stream_new();
		for (j = 0; j < 3; j++)
			random_story(s, &r);
		if (i % 4)
			footer(s);
		same_as_the_verdict(s, i % SEVERITY_COUNT);
		stream_free(s);
	}
}

/* ---- what is shown ---- */

static void evidence(void **state)
{
	static const struct trace_header header;
	struct stream *s = *state;
	const struct check *check;
	char *text = NULL;
	struct trial t;
	size_t len;
	FILE *f;

	tell(s, "direct");
	name_vm(s, "a\033[31m\nok 1 fake");
	tell(s, "direct");
	footer(s);
	try_at(&t, s, "every: {vm: nobody, accesses-in-set: 0}\n", SEVERITY_ERROR);
	check = find_check(t.j, "every");
	assert_int_equal(check->nr_evidence, CHECK_MAX_EVIDENCE);
	assert_int_equal(check->more, 1);
	f = open_memstream(&text, &len);
	assert_non_null(f);
	put_check(f, "| ", t.j, check, &header);
	fclose(f);
	assert_non_null(strstr(text, "| expected: at least 1; each with vm 'nobody'"));
	assert_non_null(strstr(text, "| seen:     2 selected; restore 1: vm "));
	assert_non_null(strstr(text, "| restore 1, seq 3: accesses-in-set 1\n"));
	assert_non_null(strstr(text, "| >      3  "));
	assert_non_null(strstr(text, "enter map evmcs at 0x5000, 4096 bytes  vm1/vcpu0"));
	assert_non_null(strstr(text, "| and 1 more\n"));
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "\nok"));
	free(text);
	try_end(&t);
}

static char *shown(const struct judgement *j, const struct check *check)
{
	static const struct trace_header header;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	put_check(f, "", j, check, &header);
	fclose(f);
	return text;
}

/* All that lies between the restores of one test, and again after the last. */
static void much_else(struct stream *s)
{
	int i;

	for (i = 0; i < 3000; i++)
		touch(s, PT_WALK_EPT, PURPOSE_PAGE_WALK, 0x9000);
}

static void expect_line(const char *text, const char *mark, uint64_t seq)
{
	char line[32];

	snprintf(line, sizeof(line), "%s %6" PRIu64 "  ", mark, seq);
	if (!strstr(text, line))
		fail_msg("no event %" PRIu64 " in %s", seq, text);
}

/* What a long trace had is forgotten, but for what is shown. */
static void evidence_in_a_long_trace(void **state)
{
	uint64_t seq[CHECK_MAX_EVIDENCE];
	struct stream *s = *state;
	const struct check *check;
	struct trial t;
	char *text;
	int i, k;

	for (i = 0; i < CHECK_MAX_EVIDENCE; i++) {
		much_else(s);
		tell(s, "direct");
	}
	much_else(s);
	footer(s);
	try_at(&t, s, "every: {accesses-in-set: 0}\n", SEVERITY_ERROR);
	check = find_check(t.j, "every");
	assert_int_equal(check->nr_evidence, CHECK_MAX_EVIDENCE);
	text = shown(t.j, check);
	for (i = 0; i < CHECK_MAX_EVIDENCE; i++) {
		seq[i] = check->evidence[i].seq;
		expect_line(text, ">", seq[i]);
		for (k = 1; k <= JUDGED_EVENTS_AROUND; k++) {
			expect_line(text, " ", seq[i] - (uint64_t)k);
			expect_line(text, " ", seq[i] + (uint64_t)k);
		}
	}
	assert_true(seq[2] - seq[0] > 10000);
	assert_true(t.j->nr_events < 5000);
	free(text);
	try_end(&t);
}

/* Its window is longer than what is kept of anything else. */
static void a_long_window(void **state)
{
	struct stream *s = *state;
	const struct check *check;
	struct trial t;
	char *text;
	int k;

	much_else(s);
	set_enter(s, L2_EVMCS);
	on(s, 2, 0);
	much_else(s);
	on(s, 1, 0);
	touch(s, PT_READ_GUEST_PAGE, PURPOSE_UNKNOWN, 0x9000);
	set_leave(s, 0);
	on(s, 2, 0);
	much_else(s);
	on(s, 1, 0);
	run_deferred(s);
	much_else(s);
	footer(s);
	PASSES(s, "anomalies: {mem-in-set: 0..}\n"
		  "checks: [{name: a, order: [set-state, read-guest-page, state-pages]}]\n");
	try_at(&t, s,
	       "anomalies: {mem-in-set: 0..}\n"
	       "checks: [{name: a, order: [memslot]}]\n",
	       SEVERITY_ERROR);
	check = find_check(t.j, "check.a");
	assert_int_equal(check->result, VERDICT_FAIL);
	text = shown(t.j, check);
	for (k = -JUDGED_EVENTS_AROUND; k <= JUDGED_EVENTS_AROUND; k++)
		expect_line(text, k ? " " : ">", check->evidence[0].seq + (uint64_t)k);
	free(text);
	try_end(&t);
}

/* Every check of a file has a name that parsers of reports take, and only one. */
static void names_of_checks(void **state)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	struct stream *s = *state;
	struct trial t;
	int i, j;

	tell(s, "deferred");
	footer(s);
	try_at(&t, s,
	       "restores: 1\nevery: {mode: l2}\npaths: {evmcs-deferred: 1}\n"
	       "anomalies: {A1: 0, others: 0}\ncoverage: {events: {map: 1..}, probes: [map]}\n"
	       "checks: [{name: restores, count: 1}, {name: X_1.y-z, count: 1}]\n",
	       SEVERITY_ERROR);
	assert_int_equal(t.j->result, VERDICT_PASS);
	assert_int_equal(t.j->nr_checks, 10);
	for (i = 0; i < t.j->nr_checks; i++) {
		const char *name = t.j->checks[i].name;

		assert_int_equal(strspn(name, plain), strlen(name));
		for (j = 0; j < i; j++)
			assert_string_not_equal(name, t.j->checks[j].name);
	}
	try_end(&t);
}

static void reports_of_an_odd_name(void **state)
{
	static const char yaml[] = "every: {vm: nobody}\n";
	struct stream *s = *state;
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct expectation *e = load(yaml);
	char *text = NULL;
	struct pipeline p;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	name_vm(s, "<&\">\x01\xff]]>");
	tell(s, "native-l1");
	footer(s);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_judge(&p, judge_new(e, SEVERITY_ERROR)), 0);
	assert_int_equal(pipeline_add(&p, junit_sink_new(f, "t")), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_abort(&p, "no <trace>\n");
	pipeline_free(&p);
	fclose(f);
	assert_non_null(
		strstr(text, "seen 1 selected; restore 1: vm '&lt;&amp;&quot;&gt;??]]&gt;'"));
	assert_non_null(strstr(text, "message=\"no &lt;trace&gt;&#10;\" type=\"malformed\""));
	assert_non_null(strstr(text, "tests=\"4\" failures=\"1\" errors=\"0\""));
	free(text);
	expectation_free(e);
}

/* An event that is older than the one before it: no report has a time below 0. */
static void time_goes_backwards(void **state)
{
	struct stream *s = *state;
	struct model_options options = { .fail_on = SEVERITY_ERROR };
	char *text = NULL;
	struct pipeline p;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	tell(s, "native-l1");
	last(s)->t_ns = 1;
	footer(s);
	assert_int_equal(pipeline_init(&p, &options), 0);
	assert_int_equal(pipeline_judge(&p, judge_new(NULL, SEVERITY_ERROR)), 0);
	assert_int_equal(pipeline_add(&p, junit_sink_new(f, "t")), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	pipeline_free(&p);
	fclose(f);
	assert_non_null(strstr(text, "skipped=\"0\" time=\"0.000000\" timestamp="));
	free(text);
}

/* ---- anything at all ---- */

static const char *const seeds[] = {
	"restores: 2\nevery:\n  path: evmcs-deferred\n  accesses-before-run: 0\n",
	"anomalies: {A2: required, double-set: 1.., others: forbidden}\ntolerate: [lost, open]\n",
	"coverage: {events: {map: 1..}, probes: [map, pin]}\npaths: {native: ..5}\n",
	("checks:\n- name: a\n  where: {restore: 1, set-time: ..10ms}\n  order: [set-state, ran]\n"
	 "- name: b\n  never: [access/evmcs@KVM_RUN]\n  before: ran\n"),
};

/* Now and then another number only, which is no damage to the form. */
static void damage(char *text, size_t len, struct rng *r)
{
	static const char bytes[] = "\n :-[]{},&*#?|>'\"%@`~\t0aZ.\xff";
	char *at = text + rng_below(r, (unsigned int)len);

	if (rng_below(r, 2))
		*at = bytes[rng_below(r, sizeof(bytes) - 1)];
	else if (strpbrk(at, "0123456789"))
		*strpbrk(at, "0123456789") = (char)('0' + rng_below(r, 10));
}

/* Damaged files are read or refused with a line; what is read can judge. */
static void damaged_files(void **state)
{
	struct rng r = { 7 };
	struct stream *s = *state;
	int i, read = 0, refused = 0;

	tell(s, "deferred");
	footer(s);
	for (i = 0; i < 4000; i++) {
		const char *seed = seeds[rng_below(&r, sizeof(seeds) / sizeof(seeds[0]))];
		size_t len = strlen(seed);
		char *text = strdup(seed), *said;
		unsigned int n = 1 + rng_below(&r, 2);
		struct expectation *e;
		struct judge *j;

		assert_non_null(text);
		while (n--)
			damage(text, len, &r);
		e = load_bytes(text, len - (rng_below(&r, 4) ? 0 : rng_below(&r, 20)), &said);
		assert_true(e || strchr(said, ':'));
		assert_int_equal(!e, !!*said);
		j = e ? judge_new(e, SEVERITY_ERROR) : NULL;
		judge_free(j);
		read += !!e;
		refused += !e;
		expectation_free(e);
		free(said);
		free(text);
	}
	/* damage that is none: a space, a comment, another number */
	assert_in_range(read, 100, 3000);
	assert_in_range(refused, 1000, 3900);
}

/* Streams that no kernel makes: the rules are asked of everything. */
static void senseless_streams(void **state)
{
	struct rng r = { 9 };
	struct stream *s;
	struct trial t;
	size_t i;
	int j, k;

	(void)state;
	for (j = 0; j < 200; j++) {
		s = stream_new();
		for (k = 0; k < 60; k++)
			random_event(s, &r);
		for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
			try_at(&t, s, seeds[i], SEVERITY_ERROR);
			/* it has no footer: never green */
			assert_int_not_equal(t.j->result, VERDICT_PASS);
			try_end(&t);
		}
		stream_free(s);
	}
}

static int teardown(void **state)
{
	stderr_restore();
	return stream_teardown(state);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, stream_setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(unknown_keys),
		TEST(second_keys),
		TEST(wrong_forms),
		TEST(nothing_to_check),
		TEST(nothing_that_can_fail),
		TEST(wrong_values),
		TEST(wrong_patterns),
		TEST(wrong_files),
		TEST(ranges),
		TEST(results),
		TEST(the_common_wish),
		TEST(the_common_wish_unmet),
		TEST(counts_of_restores),
		TEST(no_restore_at_all),
		TEST(allowed_and_required),
		TEST(fail_on_decides_of_others),
		TEST(facts_of_a_restore),
		TEST(facts_that_are_not_there),
		TEST(access_counts),
		TEST(accesses_that_were_asked_for),
		TEST(longest_accesses),
		TEST(selections),
		TEST(order),
		TEST(unmap_of_something),
		TEST(never),
		TEST(events_of_others),
		TEST(coverage_of_points),
		TEST(needs_of_classes),
		TEST(unseen_classes),
		TEST(unseen_events),
		TEST(unseen_by_the_built_in_rules),
		TEST(lost_records),
		TEST(no_footer),
		TEST(open_restores),
		TEST(blind_and_failed),
		TEST(many_doubts),
		TEST(resets_are_no_restores),

		TEST(built_in_is_the_verdict),
		TEST(evidence),
		TEST(evidence_in_a_long_trace),
		TEST(a_long_window),
		TEST(names_of_checks),
		TEST(reports_of_an_odd_name),
		TEST(time_goes_backwards),
		TEST(damaged_files),
		TEST(senseless_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
