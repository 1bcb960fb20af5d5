/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/run.h"

#define BOOT_DIGITS 8
#define CLOCK_DIGITS 16
#define HEX "0123456789abcdef"

/* The first hex digits of the boot id; zeros where there are not so many. */
static void name_boot(char out[BOOT_DIGITS + 1], const char *boot_id)
{
	size_t n = 0;

	for (; *boot_id && n < BOOT_DIGITS; boot_id++)
		if (strchr(HEX, *boot_id))
			out[n++] = *boot_id;
	while (n < BOOT_DIGITS)
		out[n++] = '0';
	out[n] = '\0';
}

void header_name_run(struct trace_header *h)
{
	char boot[BOOT_DIGITS + 1];

	if (h->run[0])
		return;
	name_boot(boot, h->boot_id);
	snprintf(h->run, sizeof(h->run), "%s-%" PRIx64, boot, h->mono_ns);
}

/* How long the name of a run is that text begins with; 0: with none. */
static size_t run_len(const char *text)
{
	size_t clock;

	if (strspn(text, HEX) != BOOT_DIGITS || text[BOOT_DIGITS] != '-')
		return 0;
	clock = strspn(text + BOOT_DIGITS + 1, HEX);
	return clock && clock <= CLOCK_DIGITS ? BOOT_DIGITS + 1 + clock : 0;
}

bool run_is_valid(const char *run)
{
	size_t len = run_len(run);

	return len && !run[len];
}

void restore_id(char out[RESTORE_ID_LEN], const struct trace_header *header, uint64_t restore)
{
	snprintf(out, RESTORE_ID_LEN, "%s-%" PRIu64, header->run, restore);
}

bool restore_id_parse(const char *id, char run[TRACE_RUN_LEN], uint64_t *restore)
{
	size_t len = run_len(id);
	const char *number = id + len + 1;
	char *end;

	if (!len || id[len] != '-' || *number < '1' || *number > '9')
		return false;
	errno = 0;
	*restore = strtoull(number, &end, 10);
	snprintf(run, TRACE_RUN_LEN, "%.*s", (int)len, id);
	return !errno && !*end;
}
