/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "util/memory_limit.h"

/* Bytes of address space, as RLIMIT_AS counts them; 0: not known. */
static uint64_t address_space(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void memory_limit_begin(struct memory_limit *limit, uint64_t bytes)
{
	uint64_t now = address_space();
	struct rlimit next;

	limit->set = false;
	if (!now || getrlimit(RLIMIT_AS, &limit->before))
		return;
	next = limit->before;
	if (next.rlim_cur <= now + bytes)
		return;
	next.rlim_cur = now + bytes;
	limit->set = !setrlimit(RLIMIT_AS, &next);
}

void memory_limit_end(const struct memory_limit *limit)
{
	if (limit->set)
		setrlimit(RLIMIT_AS, &limit->before);
}
