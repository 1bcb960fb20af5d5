/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/kallsyms.h"

int kallsyms_parse_text(char *line, struct kallsym *symbol)
{
	char *rest, *end;

	symbol->address = strtoull(line, &rest, 16);
	if (rest == line || rest[0] != ' ' || !rest[1] || !strchr("tTwW", rest[1]) ||
	    rest[2] != ' ')
		return 0;
	symbol->type = rest[1];
	symbol->name = rest + 3;
	symbol->module = "";
	end = rest + 3 + strcspn(rest + 3, "\t\n");
	if (*end == '\t' && end[1] == '[') {
		symbol->module = end + 2;
		end[2 + strcspn(end + 2, "]\n")] = '\0';
	}
	*end = '\0';
	return *symbol->name != '\0';
}

static FILE *kallsyms;

int kallsyms_open(void)
{
	if (!kallsyms)
		kallsyms = fopen("/proc/kallsyms", "re");
	return kallsyms ? 0 : -errno;
}

int kallsyms_for_each_text(int (*fn)(void *ctx, const struct kallsym *symbol), void *ctx)
{
	struct kallsym symbol;
	char line[512];
	int err = kallsyms_open();

	if (err)
		return err;
	rewind(kallsyms);
	while (!err && fgets(line, sizeof(line), kallsyms))
		if (kallsyms_parse_text(line, &symbol))
			err = fn(ctx, &symbol);
	return err;
}
