/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "util/progress.h"
#include "util/terminal.h"

/* What is read sooner needs no line. */
#define FIRST_MS 1000
#define NEXT_MS 250
#define NEVER INT64_MAX

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *name, uint64_t size)
{
	*p = (struct progress){ .name = name, .size = size, .next_ms = NEVER };
	if (!terminal_rewrites_stderr())
		return;
	p->began_ms = now_ms();
	p->next_ms = p->began_ms + FIRST_MS;
}

/* Of a file that grows while it is read there is never more than all. */
static int percent(uint64_t bytes, uint64_t size)
{
	return bytes < size ? (int)(100.0 * (double)bytes / (double)size) : 100;
}

char *progress_text(char *text, size_t room, const struct progress *p, uint64_t bytes,
		    uint64_t lines, int64_t ms)
{
	uint64_t rate = ms > 0 ? lines * 1000 / (uint64_t)ms : 0;

	if (p->size)
		snprintf(text, room, "reading %s: %d%%, %" PRIu64 " lines/s", p->name,
			 percent(bytes, p->size), rate);
	else
		snprintf(text, room, "reading %s: %" PRIu64 " lines, %" PRIu64 " lines/s", p->name,
			 lines, rate);
	return text;
}

void progress_at(struct progress *p, uint64_t bytes, uint64_t lines)
{
	char text[256];
	int64_t now;

	if (p->next_ms == NEVER)
		return;
	now = now_ms();
	if (now < p->next_ms)
		return;
	p->next_ms = now + NEXT_MS;
	progress_text(text, sizeof(text), p, bytes, lines, now - p->began_ms);
	terminal_status("%s", text);
}

void progress_end(const struct progress *p)
{
	if (p->next_ms != NEVER)
		terminal_clear_status();
}
