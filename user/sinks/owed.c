/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "sinks/owed.h"

void owed_add(struct owed_lines *owed, const char *entry)
{
	int i;

	for (i = 0; i < owed->nr; i++)
		if (!strcmp(owed->entry[i], entry))
			return;
	if (owed->nr == MAX_OWED)
		return;
	owed->entry[owed->nr] = strdup(entry);
	owed->nr += owed->entry[owed->nr] != NULL;
}

void owed_free(struct owed_lines *owed)
{
	while (owed->nr)
		free(owed->entry[--owed->nr]);
}
