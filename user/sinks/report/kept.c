/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/anomalies.h"
#include "sinks/report/kept.h"

int anomaly_index(const struct anomaly_class *cls)
{
	return (int)(cls - anomaly_classes);
}

bool restore_proved_by(const struct restore *r, uint64_t seq)
{
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		const struct anomaly *a = &r->anomalies[i];

		if (a->seq == seq || (a->access >= 0 && r->accesses[a->access]->seq == seq))
			return true;
	}
	return false;
}

/* ---- groups ---- */

static struct kept_group signature(const struct restore *r)
{
	struct kept_group g = {
		.verdict = r->verdict,
		.path = r->path,
		.l2 = r->l2,
		.reset = r->reset,
		.why = r->why,
	};
	int i;

	for (i = 0; i < r->nr_anomalies; i++) {
		const struct anomaly *a = &r->anomalies[i];

		g.classes[a->severity] |= 1ULL << anomaly_index(a->cls);
		if (a->severity > g.worst)
			g.worst = a->severity;
	}
	return g;
}

static bool is_alike(const struct kept_group *a, const struct kept_group *b)
{
	return a->verdict == b->verdict && a->path == b->path && a->l2 == b->l2 &&
	       a->reset == b->reset && a->why == b->why &&
	       !memcmp(a->classes, b->classes, sizeof(a->classes));
}

static struct kept_group *group_of(struct kept *kept, const struct restore *r)
{
	struct kept_group sig = signature(r), *groups;
	int i;

	for (i = 0; i < kept->nr_groups; i++)
		if (is_alike(&kept->groups[i], &sig))
			return &kept->groups[i];
	groups = realloc(kept->groups, ((size_t)kept->nr_groups + 1) * sizeof(*groups));
	if (!groups)
		return NULL;
	kept->groups = groups;
	groups[kept->nr_groups] = sig;
	return &groups[kept->nr_groups++];
}

static void count(struct kept_numbers *n, uint64_t value)
{
	if (!n->nr++ || value < n->min)
		n->min = value;
	if (value > n->max)
		n->max = value;
	n->sum += (double)value;
}

/* ---- as a whole ---- */

static void free_access(struct access *a)
{
	if (!a)
		return;
	free(a->stack);
	free((char *)a->function);
	free(a);
}

static void free_detail(struct kept_detail *d)
{
	int i;

	if (!d)
		return;
	for (i = 0; i < d->restore.nr_accesses; i++)
		free_access(d->restore.accesses[i]);
	for (i = 0; i < d->restore.nr_anomalies; i++)
		free(d->restore.anomalies[i].stack);
	free((char *)d->restore.vm_name);
	for (i = 0; i < d->nr_events; i++) {
		free(d->events[i].what);
		free(d->events[i].json);
	}
	free(d);
}

/* The copy is whole or NULL: what was copied until then can be freed. */
static struct access *copy_access(const struct access *from)
{
	struct access *a = malloc(sizeof(*a));

	if (!a)
		return NULL;
	*a = *from;
	a->function = strdup(from->function ?: "");
	if (kernel_stack_copy(&a->stack, from->stack) && a->function)
		return a;
	free_access(a);
	return NULL;
}

static uint64_t last_seq(const struct restore *r)
{
	uint64_t last = r->last_seq;
	int i;

	for (i = 0; i < r->nr_anomalies; i++)
		if (r->anomalies[i].seq > last)
			last = r->anomalies[i].seq;
	return last;
}

static struct kept_detail *copy_restore(const struct restore *from)
{
	struct kept_detail *d = calloc(1, sizeof(*d));
	int i;

	if (!d)
		return NULL;
	d->restore = *from;
	d->restore.nr_accesses = 0;
	d->restore.nr_anomalies = 0;
	d->restore.vm_name = NULL;
	d->last_seq = last_seq(from);
	if (from->vm_name) {
		d->restore.vm_name = strdup(from->vm_name);
		if (!d->restore.vm_name)
			goto fail;
	}
	for (i = 0; i < from->nr_accesses; i++) {
		d->restore.accesses[i] = copy_access(from->accesses[i]);
		if (!d->restore.accesses[i])
			goto fail;
		d->restore.nr_accesses++;
	}
	for (i = 0; i < from->nr_anomalies; i++) {
		if (!kernel_stack_copy(&d->restore.anomalies[i].stack, from->anomalies[i].stack))
			goto fail;
		d->restore.nr_anomalies++;
	}
	return d;
fail:
	free_detail(d);
	return NULL;
}

static bool wants_detail(const struct kept *kept, const struct kept_group *g)
{
	int most = g->verdict == VERDICT_FAIL ? KEPT_DETAILS_FAIL : KEPT_DETAILS_OTHER;

	if (g->reset || g->nr_details >= most)
		return false;
	/* the first of each kind has its place always: there are few kinds */
	return !g->nr_details || kept->nr_details < KEPT_MAX_DETAILS;
}

/* ---- as a line ---- */

static void mark(struct kept_row *row, const struct restore *r)
{
	int i;

	for (i = 0; i < r->nr_anomalies && row->nr_marks < KEPT_MARKS; i++) {
		const struct anomaly *a = &r->anomalies[i];

		if (a->severity == SEVERITY_INFO || a->t_ns < r->t_set_ns)
			continue;
		row->marks[row->nr_marks++] =
			(a->access >= 0 ? r->accesses[a->access]->t_ns : a->t_ns) - r->t_set_ns;
	}
}

static int add_row(struct kept *kept, struct kept_group *g, const struct restore *r)
{
	struct kept_row *row, *rows;

	if (g->nr_rows >= KEPT_ROWS || kept->nr_rows >= KEPT_MAX_ROWS)
		return 0;
	if (!(g->nr_rows & (g->nr_rows - 1))) {
		rows = realloc(g->rows, (g->nr_rows ? 2 * (size_t)g->nr_rows : 1) * sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		g->rows = rows;
	}
	row = &g->rows[g->nr_rows++];
	kept->nr_rows++;
	*row = (struct kept_row){
		.id = r->id,
		.t_set_ns = r->t_set_ns,
		.set_ns = r->set_duration_ns,
		.run_ns = r->run_seen ? r->t_run_ns - r->t_set_ns : 0,
		.run_exact = r->run_exact,
		.run_failed = r->pages_failed,
		.superseded_ns = r->superseded_by ? r->t_superseded_ns - r->t_set_ns : 0,
		.map_ns = restore_is_mapped(r) ? r->t_map_ns - r->t_set_ns : 0,
		.vcpu = r->vcpu,
		.vm = r->vm,
		.pid = r->pid,
	};
	snprintf(row->name, sizeof(row->name), "%s", r->vm_name ? r->vm_name : r->comm);
	mark(row, r);
	return 0;
}

static void count_class(struct kept *kept, const struct anomaly *a)
{
	kept->class_counts[a->severity][anomaly_index(a->cls)]++;
}

int kept_restore(struct kept *kept, const struct restore *r)
{
	struct kept_group *g = group_of(kept, r);
	int i;

	if (!g)
		return -ENOMEM;
	g->restores++;
	count(&g->set, r->set_duration_ns);
	if (r->run_seen)
		count(&g->run, r->t_run_ns - r->t_set_ns);
	if (restore_is_mapped(r))
		count(&g->map, r->t_map_ns - r->t_set_ns);
	for (i = 0; i < r->nr_anomalies; i++)
		count_class(kept, &r->anomalies[i]);
	if (!wants_detail(kept, g))
		return add_row(kept, g, r);
	g->details[g->nr_details] = copy_restore(r);
	if (!g->details[g->nr_details])
		return -ENOMEM;
	g->nr_details++;
	kept->nr_details++;
	return 0;
}

static bool has_classes(const struct kept_group *g)
{
	int i;

	for (i = 0; i < SEVERITY_COUNT; i++)
		if (g->classes[i])
			return true;
	return false;
}

static int rank(const struct kept_group *g)
{
	if (g->verdict == VERDICT_FAIL)
		return 0;
	if (g->verdict == VERDICT_INCONCLUSIVE)
		return 1;
	if (has_classes(g))
		return SEVERITY_COUNT + 1 - (int)g->worst;
	return g->reset ? SEVERITY_COUNT + 3 : SEVERITY_COUNT + 2;
}

static int compare_groups(const void *a, const void *b)
{
	const struct kept_group *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return (x->restores < y->restores) - (x->restores > y->restores);
}

void kept_sort(struct kept *kept)
{
	if (kept->nr_groups)
		qsort(kept->groups, (size_t)kept->nr_groups, sizeof(*kept->groups), compare_groups);
}

bool kept_found(const struct kept *kept, int cls)
{
	int i;

	for (i = 0; i < SEVERITY_COUNT; i++)
		if (kept->class_counts[i][cls])
			return true;
	return false;
}

unsigned int kept_doubts(const struct kept *kept)
{
	unsigned int why = 0;
	int i;

	for (i = 0; i < kept->nr_groups; i++)
		why |= kept->groups[i].why;
	return why;
}

void kept_free(struct kept *kept)
{
	int i, k;

	for (i = 0; i < kept->nr_groups; i++) {
		for (k = 0; k < kept->groups[i].nr_details; k++)
			free_detail(kept->groups[i].details[k]);
		free(kept->groups[i].rows);
	}
	free(kept->groups);
}
