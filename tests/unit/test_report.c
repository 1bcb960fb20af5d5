/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the page keeps of a trace, and what it makes of what a VMM says. How it looks: tests/pages. */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judged.h"
#include "model/anomalies.h"
#include "sinks/report/kept.h"
#include "sinks/report/page.h"
#include "sinks/report/report.h"
#include "stories.h"

#define L2_EVMCS (NESTED_EVMCS | NESTED_GUEST_MODE)

/* ---- the page of a story ---- */

static int feed(struct stream *s, struct sink *sink)
{
	const struct model_options model = { .fail_on = SEVERITY_ERROR };
	struct pipeline p;

	assert_int_equal(pipeline_init(&p, &model), 0);
	assert_int_equal(pipeline_add(&p, sink), 0);
	assert_int_equal(stream_feed(s, pipeline_item, &p), 0);
	pipeline_finish(&p);
	p.nr_sinks = 0; /* the sink goes on */
	pipeline_free(&p);
	return 0;
}

/* As report does it: the model, then the lines, then the page. */
static char *page_of(struct stream *s)
{
	struct report_options options = { .trace = "t.jsonl", .file = "my t.jsonl" };
	char path[32], *text = NULL;
	struct sink *sink;
	size_t len;
	int fd, err;

	options.out = open_memstream(&text, &len);
	sink = report_sink_new(&options);
	assert_non_null(sink);
	fd = temp_file(path);
	record(s, fd);
	feed(s, sink);
	if (report_wants_lines(sink)) {
		err = file_source_lines(path, report_line, sink);
		assert_true(err == 0 || err == -ECANCELED);
	}
	assert_int_equal(report_write(sink), 0);
	sink->ops->free(sink);
	fclose(options.out);
	close(fd);
	return text;
}

static void told(struct stream *s, const char *name)
{
	tell(s, name);
	footer(s);
}

/* Its own, where no access is the evidence. */
static void test_stack_of_a_load(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "swallowed");
	page = page_of(s);
	assert_non_null(strstr(page, "<pre>nested_vmx_vmexit+0x1a3 [kvm_intel]\n"
				     "kvm_arch_vcpu_ioctl_get_mpstate+0x40 [kvm]\n</pre>"));
	free(page);
}

/* Two anomalies of one access: whatever it is told by stands with the first. */
static void test_a_stack_is_shown_once(void **state)
{
	struct stream *s = *state;
	char *page;

	set(s, L2_EVMCS);
	set_enter(s, L2_EVMCS);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	enter(s, PT_EVMPTR_LOAD);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	last(s)->nr_stack = 1;
	last(s)->stack[0] = "kvm_vcpu_map+0x5 [kvm]";
	s->t_ns += 2 * SLOW_SET_NS;
	leave(s, PT_MAP, 0);
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_SUCCEEDED);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	page = page_of(s);
	assert_non_null(strstr(page, "A26 slow-set</a>"));
	assert_int_equal(count_of(page, "<pre>kvm_vcpu_map+0x5 [kvm]"), 1);
	assert_non_null(strstr(page, "<p>By the access that is told with A2, above.</p>"));
	free(page);
}

/* What the second did, the map among it, is not the first one's. */
static void test_superseded(void **state)
{
	struct stream *s = *state;
	char *page, *first;

	set(s, L2_EVMCS);
	s->t_ns += SLOW_SET_NS; /* so that the map is in what is drawn */
	set_enter(s, L2_EVMCS);
	nested_exit_enter(s, NESTED_EXIT_FORCED);
	load_evmcs(s, EVMCS_GPA);
	leave(s, PT_NESTED_EXIT, 0);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	page = page_of(s);
	first = strstr(page, "<article id=restore-1>");
	assert_non_null(first);
	assert_non_null(strstr(page, "<article id=restore-2>"));
	*strstr(first, "</article>") = 0;
	assert_non_null(strstr(first, ">SET of restore 2</text>"));
	assert_non_null(strstr(first, "<p class=dim>ended by the KVM_SET_NESTED_STATE of "
				      "<a href='#restore-2'>restore 2</a>; what that SET "
				      "touched is counted with it</p>"));
	assert_null(strstr(first, "class=map"));
	assert_null(strstr(first, "class=inner"));
	assert_null(strstr(first, ">map +"));
	assert_int_equal(count_of(first, ">of restore 2:</td>"), 1);
	free(page);
}

static void test_refusal_is_told_once(void **state)
{
	struct stream *s = *state;
	char *page;

	set_enter(s, L2_EVMCS);
	set_leave(s, -EINVAL);
	footer(s);
	page = page_of(s);
	assert_non_null(strstr(page, " (refused: <span class=whole>-EINVAL</span>)</p>"));
	free(page);
}

/* In words, wherever a class is named, and the worst first. */
static void test_severity_is_told(void **state)
{
#define ERROR_A2 "<span class='word error'>ERROR</span> "
#define INFO_A22 "<span class='word info'>INFO</span> "
#define LINK_A2 "<a href='#leave-map-in-set'>A2 leave-map-in-set</a>"
#define LINK_A22 "<a href='#double-set'>A22 double-set</a>"
	struct stream *s = *state;
	char *page;

	told(s, "forced-by-second-set");
	page = page_of(s);
	assert_non_null(strstr(page, "<ul>\n<li>" ERROR_A2 LINK_A2));
	assert_non_null(strstr(page, "</li>\n<li>" INFO_A22 LINK_A22));
	assert_non_null(strstr(page, ", L2, " ERROR_A2 LINK_A2 ", " INFO_A22 LINK_A22 "</h3>"));
	assert_non_null(strstr(page, "id='double-set'><h3>" INFO_A22 "A22 double-set</h3>"));
	assert_non_null(strstr(page, ">A2 leave-map-in-set, error</text>"));
	free(page);
}

/* Nobody takes it for a guest that runs. */
static void test_kvm_run_that_failed(void **state)
{
	struct stream *s = *state;
	char *page;

	set(s, L2_EVMCS);
	in_ioctl(s, KVM_RUN);
	pages_enter(s);
	enter(s, PT_EVMPTR_LOAD);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	leave(s, PT_MAP, -EINVAL);
	s->a->evmptr = EVMPTR_INVALID;
	leave(s, PT_EVMPTR_LOAD, EVMPTRLD_ERROR);
	pages_leave(s, 0);
	in_ioctl(s, 0);
	free_vcpu(s);
	footer(s);
	page = page_of(s);
	/* what was not touched is not drawn as touched, in either drawing */
	assert_int_equal(count_of(page, "<rect class=good "), 0);
	assert_int_equal(count_of(page, "<rect class=vain "), 1 + 2);
	assert_non_null(strstr(page, ">map evmcs 0x5000 failed</text>"));
	assert_non_null(strstr(page, ": the guest did not run</title>"));
	assert_non_null(strstr(page, ">KVM_RUN failed</text>"));
	assert_int_equal(count_of(page, "<rect class=run "), 0);
	assert_non_null(strstr(page, " (failed)"));
	free(page);
}

/* What did not return is no short bar, and nothing that did no harm. */
static void test_trace_that_ends_in_set(void **state)
{
	struct stream *s = *state;
	char *page;

	set_enter(s, L2_EVMCS);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	reach(s, PT_MAP, PURPOSE_EVMCS, EVMCS_GPA);
	page = page_of(s);
	/* in both drawings and in the legend */
	assert_int_equal(count_of(page, "<rect class='set open' "), 2 + 1);
	assert_int_equal(count_of(page, "<rect class=unknown "), 2 + 1);
	assert_int_equal(count_of(page, "<rect class=asked "), 0);
	assert_int_equal(count_of(page, ">map evmcs 0x5000 ...</text>"), 2);
	assert_non_null(strstr(page, "<span class=whole>set &gt;2.0 us</span>"));
	assert_non_null(strstr(page, "its lines in the trace: 3 events<"));
	free(page);
}

static void test_trace_that_ends_in_second_set(void **state)
{
	struct stream *s = *state;
	char *page, *first;

	set(s, L2_EVMCS);
	set_enter(s, L2_EVMCS);
	page = page_of(s);
	first = strstr(page, "<article id=restore-1>");
	assert_non_null(first);
	assert_non_null(strstr(page, "<article id=restore-2>"));
	assert_non_null(strstr(page, "its lines in the trace: 1 event<"));
	*strstr(first, "</article>") = 0;
	assert_non_null(strstr(first, ">SET of restore 2</text>"));
	assert_non_null(strstr(first, "the trace ends inside the KVM_SET_NESTED_STATE of "
				      "<a href='#restore-2'>"));
	free(page);
}

/* Nothing that is nowhere on the page. */
static void test_legend_of_what_is_there(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "deferred");
	page = page_of(s);
	assert_non_null(strstr(page, "</svg> the eVMCS is mapped</li>"));
	assert_non_null(strstr(page, "</svg> KVM_RUN</li>"));
	assert_null(strstr(page, "</svg> KVM_RUN that failed"));
	assert_null(strstr(page, "</svg> what proves an error"));
	assert_null(strstr(page, "</svg> that of another restore"));
	free(page);
}

static void test_legend_of_severities(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "forced-by-second-set");
	page = page_of(s);
	/* nor does a label that is not beside its mark leave it open whose it is */
	assert_true(count_of(page, "<path class=leader ") > 0);
	assert_non_null(strstr(page, "</svg> that of another restore</li>"));
	assert_non_null(strstr(page, "</svg> what proves an error</li>"));
	assert_non_null(strstr(page, "</svg> what is for information</li>"));
	assert_null(strstr(page, "</svg> what proves a warning"));
	free(page);
}

static void test_answer_comes_first(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "direct");
	page = page_of(s);
	assert_non_null(strstr(page, "<b>FAIL</b>\n<p>1 of 1 restores broke the rule</p>"));
	assert_true(strstr(page, "<b>FAIL</b>") < strstr(page, "<article"));
	assert_true(strstr(page, "<article") < strstr(page, "Host and probes"));
	free(page);
}

static void test_proof_is_shown(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "direct");
	page = page_of(s);
	assert_int_equal(count_of(page, "<tr class=proof>"), 2);
	assert_non_null(strstr(page, "{&quot;type&quot;:&quot;event&quot;"));
	assert_non_null(strstr(page, "evmcs-trace show "));
	free(page);
}

static void test_of_other_vms_only_what_its_task_did(void **state)
{
	struct stream *s = *state;
	char *page;

	set_enter(s, L2_EVMCS);
	on(s, 2, 0);
	touch(s, PT_MAP, PURPOSE_UNKNOWN, 0xabc000);
	on(s, 1, 0);
	set_leave(s, 0);
	run_deferred(s);
	footer(s);
	page = page_of(s);
	assert_null(strstr(page, "0xabc000"));
	free(page);
}

static void test_doubt_is_told(void **state)
{
	struct stream *s = *state;
	char *page;

	told(s, "lost-in-window");
	page = page_of(s);
	assert_non_null(strstr(page, "<b>INCONCLUSIVE</b>"));
	assert_non_null(strstr(page, "<p class=inconclusive>in doubt: <a href='#doubt-restore-0'>"
				     "records were lost while it was in flight</a></p>"));
	assert_non_null(strstr(page, "id=doubt-restore-0><h3>of a restore: records were lost"));
	assert_non_null(strstr(page, "<h4>Lost</h4>\n<ul>"));
	free(page);
}

static void test_cut_trace_is_told(void **state)
{
	struct stream *s = *state;
	char *page;

	tell(s, "deferred");
	page = page_of(s);
	assert_non_null(strstr(page, "the trace is cut: it has no footer"));
	assert_non_null(strstr(page, "There is no footer"));
	free(page);
}

static void test_names_are_text(void **state)
{
	struct stream *s = *state;
	char *page;

	name_vm(s, "<img src=x onerror=a()>'\"&\x1b[31m\xff");
	told(s, "native-l1");
	page = page_of(s);
	assert_null(strstr(page, "<img"));
	assert_non_null(strstr(page, "&lt;img src=x onerror=a()&gt;&#39;&quot;&amp;?[31m?"));
	free(page);
}

static void test_nothing_restored(void **state)
{
	struct stream *s = *state;
	char *page;

	footer(s);
	page = page_of(s);
	assert_non_null(strstr(page, "INCONCLUSIVE"));
	assert_null(strstr(page, "<article"));
	free(page);
}

/* ---- what is kept ---- */

static struct restore plain(enum verdict_kind verdict, enum restore_path path, uint64_t id)
{
	return (struct restore){
		.id = id,
		.verdict = verdict,
		.path = path,
		.set_done = true,
		.set_duration_ns = 1000 + id,
		.run_seen = true,
		.t_run_ns = 5000,
	};
}

static void test_keeps_no_more_of_more(void **state)
{
	struct kept kept = {};
	struct restore r;
	uint64_t i;

	(void)state;
	for (i = 1; i <= 20000; i++) {
		r = plain(i % 5 ? VERDICT_PASS : VERDICT_FAIL, PATH_NATIVE, i);
		assert_int_equal(kept_restore(&kept, &r), 0);
	}
	kept_sort(&kept);
	assert_int_equal(kept.nr_groups, 2);
	assert_int_equal(kept.groups[0].verdict, VERDICT_FAIL);
	assert_int_equal(kept.groups[0].restores, 4000);
	assert_int_equal(kept.groups[0].nr_details, KEPT_DETAILS_FAIL);
	assert_int_equal(kept.groups[0].nr_rows, KEPT_ROWS);
	assert_int_equal(kept.groups[1].nr_details, KEPT_DETAILS_OTHER);
	assert_int_equal(kept.groups[0].set.min, 1005);
	assert_int_equal(kept.groups[0].set.max, 21000);
	assert_int_equal(kept.groups[1].set.nr, 16000);
	kept_free(&kept);
}

static void test_each_kind_has_a_place(void **state)
{
	struct restore r = plain(VERDICT_FAIL, PATH_NATIVE, 1);
	struct kept kept = {};
	int i;

	(void)state;
	/* more kinds than there is room for details */
	for (i = 0; i < 4 * KEPT_MAX_DETAILS; i++) {
		r.why = (unsigned int)i / 2;
		assert_int_equal(kept_restore(&kept, &r), 0);
	}
	assert_int_equal(kept.nr_groups, 2 * KEPT_MAX_DETAILS);
	for (i = 0; i < kept.nr_groups; i++)
		assert_true(kept.groups[i].nr_details >= 1);
	kept_free(&kept);
}

static void test_worst_first(void **state)
{
	static const enum verdict_kind verdicts[] = { VERDICT_PASS, VERDICT_INCONCLUSIVE,
						      VERDICT_FAIL, VERDICT_PASS };
	struct kept kept = {};
	struct restore r;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		r = plain(verdicts[i], i == 3 ? PATH_EVMCS_NONE : PATH_NATIVE, 1);
		if (i == 3) {
			r.nr_anomalies = 1;
			r.anomalies[0] = (struct anomaly){
				.cls = &anomaly_classes[0],
				.severity = SEVERITY_WARNING,
				.access = -1,
			};
		}
		assert_int_equal(kept_restore(&kept, &r), 0);
	}
	kept_sort(&kept);
	assert_int_equal(kept.groups[0].verdict, VERDICT_FAIL);
	assert_int_equal(kept.groups[1].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(kept.groups[2].path, PATH_EVMCS_NONE);
	assert_int_equal(kept.groups[3].path, PATH_NATIVE);
	kept_free(&kept);
}

/* One class may be an error here and a note there. */
static void test_severities_are_kept_apart(void **state)
{
	struct restore r = plain(VERDICT_PASS, PATH_NATIVE, 1);
	struct kept kept = {};

	(void)state;
	r.nr_anomalies = 1;
	r.anomalies[0] = (struct anomaly){
		.cls = &anomaly_classes[3],
		.severity = SEVERITY_WARNING,
		.access = -1,
	};
	assert_int_equal(kept_restore(&kept, &r), 0);
	r.anomalies[0].severity = SEVERITY_INFO;
	assert_int_equal(kept_restore(&kept, &r), 0);
	assert_int_equal(kept.nr_groups, 2);
	assert_int_equal(kept.class_counts[SEVERITY_WARNING][3], 1);
	assert_int_equal(kept.class_counts[SEVERITY_INFO][3], 1);
	assert_true(kept_found(&kept, 3));
	assert_false(kept_found(&kept, 2));
	kept_free(&kept);
}

/* Where it is only a line: its zone ends too, and the map of the other is not counted. */
static void test_superseded_line(void **state)
{
	struct restore r = plain(VERDICT_PASS, PATH_EVMCS_FORCED_EXIT, 1);
	struct kept kept = {};
	int i;

	(void)state;
	r.run_seen = false;
	r.mapped = true;
	r.t_map_ns = 9000;
	r.superseded_by = 2;
	r.t_superseded_ns = 8000;
	for (i = 0; i <= KEPT_DETAILS_OTHER; i++)
		assert_int_equal(kept_restore(&kept, &r), 0);
	assert_int_equal(kept.groups[0].nr_rows, 1);
	assert_int_equal(kept.groups[0].rows[0].superseded_ns, 8000);
	assert_int_equal(kept.groups[0].rows[0].map_ns, 0);
	assert_int_equal(kept.groups[0].map.nr, 0);
	kept_free(&kept);
}

static void test_paragraphs(void **state)
{
	struct page page = {};
	char *text = NULL;
	size_t len;

	(void)state;
	page.out = open_memstream(&text, &len);
	page_paragraphs(&page, "a < b\nand\n\ngets -EINVAL: a-b - c");
	fclose(page.out);
	assert_string_equal(text, "<p>a &lt; b and</p>\n<p>gets <span class=whole>-EINVAL</span>: "
				  "a-b - c</p>\n");
	assert_int_equal(page.bytes, len);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer_comes_first),
		TEST(test_stack_of_a_load),
		TEST(test_a_stack_is_shown_once),
		TEST(test_superseded),
		TEST(test_refusal_is_told_once),
		TEST(test_severity_is_told),
		TEST(test_kvm_run_that_failed),
		TEST(test_trace_that_ends_in_set),
		TEST(test_trace_that_ends_in_second_set),
		TEST(test_legend_of_what_is_there),
		TEST(test_legend_of_severities),
		TEST(test_proof_is_shown),
		TEST(test_of_other_vms_only_what_its_task_did),
		TEST(test_doubt_is_told),
		TEST(test_cut_trace_is_told),
		TEST(test_names_are_text),
		TEST(test_nothing_restored),
		cmocka_unit_test(test_keeps_no_more_of_more),
		cmocka_unit_test(test_each_kind_has_a_place),
		cmocka_unit_test(test_worst_first),
		cmocka_unit_test(test_severities_are_kept_apart),
		cmocka_unit_test(test_superseded_line),
		cmocka_unit_test(test_paragraphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
