/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "explain/explain.h"
#include "explain/scenarios.h"
#include "model/anomalies.h"
#include "model/names.h"
#include "sinks/report/explained.h"
#include "sinks/words.h"

/* ---- what is in doubt ---- */

void link_restore_doubt(struct page *p, enum inconclusive_reason why)
{
	page_put(p, "<a href='#doubt-restore-%d'>", (int)why);
	page_words(p, inconclusive_text(why));
	page_put(p, "</a>");
}

void link_run_doubt(struct page *p, enum doubt doubt, const char *text)
{
	page_put(p, "<a href='#doubt-run-%d'>", (int)doubt);
	page_words(p, text);
	page_put(p, "</a>");
}

#define DO " Do: "

/* What it is, and what to do, a paragraph each. */
static void put_doubt_text(struct page *p, const struct doubt_explanation *doubt)
{
	const char *todo = strstr(doubt->text, DO);

	page_paragraph(p, doubt->text, todo ? (size_t)(todo - doubt->text) : strlen(doubt->text));
	if (todo) {
		page_put(p, "<h4>What to do</h4>\n<div class=todo>");
		page_paragraphs(p, todo + strlen(DO));
		page_put(p, "</div>\n");
	}
	if (doubt->tolerate)
		page_put(p,
			 "<p>An expectation file may put up with it: <code>tolerate: [%s]</code>"
			 "</p>\n",
			 doubt->tolerate);
	page_put(p, "</section>\n");
}

static void put_heading(struct page *p, const char *of, const char *text)
{
	page_put(p, "<h3>of %s: ", of);
	page_words(p, text);
	page_put(p, "</h3>\n");
}

static void put_restore_doubt(struct page *p, int why)
{
	page_put(p, "<section class=explained id=doubt-restore-%d>", why);
	put_heading(p, "a restore", restore_doubts[why].says);
	put_doubt_text(p, &restore_doubts[why]);
}

/* One doubt may have several reasons: each probe that is missing is one. */
static void put_run_doubt(struct page *p, int doubt, const struct verdict *v)
{
	int i, shown = 0;

	page_put(p, "<section class=explained id=doubt-run-%d>", doubt);
	for (i = 0; i < v->nr_reasons; i++) {
		if ((int)v->reason_doubt[i] != doubt)
			continue;
		put_heading(p, "the run", v->reasons[i]);
		shown++;
	}
	if (!shown)
		put_heading(p, "the run", run_doubts[doubt].says);
	put_doubt_text(p, &run_doubts[doubt]);
}

void put_doubts(struct page *p, const struct kept *kept, const struct verdict *v)
{
	unsigned int why = kept_doubts(kept);
	int i;

	if (!why && !v->doubts)
		return;
	page_put(p, "<h2>What is in doubt</h2>\n");
	for (i = 0; i < DOUBT_COUNT; i++)
		if (v->doubts & (1U << i))
			put_run_doubt(p, i, v);
	for (i = 0; i < WHY_COUNT; i++)
		if (why & (1U << i))
			put_restore_doubt(p, i);
}

/* ---- what was found ---- */

static void put_severity(struct page *p, enum severity severity)
{
	page_put(p, "<span class='word %s'>%s</span>", severity_name(severity),
		 severity_words[severity]);
}

void link_class(struct page *p, enum severity severity, const struct anomaly_class *cls)
{
	put_severity(p, severity);
	page_put(p, " <a href='#%s'>%s %s</a>", cls->name, cls->id, cls->name);
}

/* Most classes have one severity; in some it depends. */
static void put_severities(struct page *p, const struct kept *kept, int cls)
{
	int i;

	for (i = SEVERITY_COUNT - 1; i >= 0; i--) {
		if (!kept->class_counts[i][cls])
			continue;
		put_severity(p, i);
		page_put(p, " ");
	}
}

static void step_text(void *ctx, const char *text)
{
	page_paragraphs(ctx, text);
}

static void step_command(void *ctx, const char *command)
{
	struct page *p = ctx;

	page_put(p, "<pre>");
	page_text(p, command);
	page_put(p, "</pre>\n");
}

static void put_explanation(struct page *p, const struct kept *kept, int index)
{
	const struct anomaly_class *cls = &anomaly_classes[index];
	const struct scenario_steps steps = { step_text, step_command, p };
	const struct explanation *e = explanation_of(cls);

	page_put(p, "<section class=explained id='%s'><h3>", cls->name);
	put_severities(p, kept, index);
	page_put(p, "%s %s</h3>\n<p><b>", cls->id, cls->name);
	page_text(p, cls->title);
	page_put(p, "</b></p>\n");
	page_paragraphs(p, e->means);
	page_put(p, "<h4>Why it matters</h4>\n");
	page_paragraphs(p, e->matters);
	page_put(p, "<h4>What to do</h4>\n");
	page_paragraphs(p, e->todo);
	page_put(p, "<h4>Kernels</h4>\n");
	page_paragraphs(p, e->kernels);
	page_put(p, "<details><summary>How to reproduce it</summary>\n");
	tell_scenarios(e, &steps);
	page_put(p, "</details></section>\n");
}

void put_explanations(struct page *p, const struct kept *kept)
{
	bool any = false;
	int i;

	for (i = 0; i < anomaly_nr_classes; i++) {
		if (!kept_found(kept, i))
			continue;
		page_put(p, "%s", any ? "" : "<h2>What was found</h2>\n");
		any = true;
		put_explanation(p, kept, i);
	}
}
