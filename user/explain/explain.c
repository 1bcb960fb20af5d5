/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <strings.h>

#include "explain/explain.h"
#include "util/nearest.h"

const struct explanation *explanation_of(const struct anomaly_class *cls)
{
	return &explanations[cls - anomaly_classes];
}

const struct anomaly_class *class_by_word(const char *word)
{
	int i;

	for (i = 0; i < anomaly_nr_classes; i++)
		if (!strcasecmp(word, anomaly_classes[i].name) ||
		    !strcasecmp(word, anomaly_classes[i].id))
			return &anomaly_classes[i];
	return NULL;
}

enum anomaly_rule rule_by_word(const char *word)
{
	int rule;

	for (rule = 0; rule < RULE_COUNT; rule++)
		if (!strcasecmp(word, anomaly_rule_name(rule)))
			break;
	return rule;
}

/* ---- what was meant ---- */

const char *nearest_word(const char *word)
{
	struct nearest n;
	int i;

	nearest_begin(&n, word);
	for (i = 0; i < anomaly_nr_classes; i++)
		nearest_consider(&n, anomaly_classes[i].name);
	for (i = 0; i < RULE_COUNT; i++)
		nearest_consider(&n, anomaly_rule_name(i));
	nearest_consider(&n, INCONCLUSIVE_WORD);
	return n.found;
}
