/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "expect/sight.h"
#include "model/anomalies.h"
#include "model/names.h"

const struct class_need class_needs[] = {
	{ "A15", PT_GET_STATE },
	{ "A16", PT_SHADOW_COPY },
	{ "A17", PT_UNMAP },
	{ "A18", PT_MEMSLOT_COMMIT },
};

const int nr_class_needs = sizeof(class_needs) / sizeof(class_needs[0]);

/* Most kernels have no such function: that it was not called is the truth there. */
static const uint64_t absent_by_design =
	1ULL << PT_EVMCS_PAGE | 1ULL << PT_EVMPTR_LOAD_DIRECT | 1ULL << PT_READ_GUEST_LEAF;

int point_of_class(int cls)
{
	int i;

	for (i = 0; i < nr_class_needs; i++)
		if (!strcmp(class_needs[i].id, anomaly_classes[cls].id))
			return (int)class_needs[i].point;
	return -1;
}

bool point_unseen(const struct trace_header *header, int point)
{
	size_t i;

	if (point < 0 || !point_has_probe(point) || absent_by_design & (1ULL << point))
		return false;
	for (i = 0; i < header->nr_probes; i++)
		if ((int)header->probes[i].point == point && header->probes[i].attached)
			return false;
	return true;
}
