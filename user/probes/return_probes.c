/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "probes/return_probes.h"
#include "probes/tracefs.h"
#include "util/first_line.h"

#define GROUP "evmcs_trace_" /* and a pid: a tracer's own, and who has left it is told by it */

struct return_probes {
	char path[TRACEFS_PATH_LEN];
	int events; /* open for writing: removal comes when nothing is permitted any more */
};

static bool find_events(char path[TRACEFS_PATH_LEN])
{
	return tracefs_find(path, "kprobe_events", R_OK | W_OK);
}

bool return_probes_possible(void)
{
	char path[TRACEFS_PATH_LEN];

	return find_events(path);
}

/* One command, as the kernel takes it: a line of kprobe_events. */
static int command(const struct return_probes *probes, const char *line, int len)
{
	ssize_t written = write(probes->events, line, (size_t)len);

	if (written < 0)
		return -errno;
	return written == len ? 0 : -EIO;
}

static void remove_event(const struct return_probes *probes, const char *group, const char *name)
{
	char line[160];
	int len = snprintf(line, sizeof(line), "-:%s/%s\n", group, name);

	command(probes, line, len);
}

/* "r1024:evmcs_trace_123/set_state_0 0x...", of a process that is gone */
static void remove_stale(const struct return_probes *probes, const char *line)
{
	char name[64], group[40];
	int pid;

	if (sscanf(line, "r%*[0-9]:" GROUP "%d/%63[a-z0-9_]", &pid, name) != 2 &&
	    sscanf(line, "r:" GROUP "%d/%63[a-z0-9_]", &pid, name) != 2)
		return;
	/* one of another pid namespace that is in use is kept by the kernel */
	if (!kill(pid, 0) || errno != ESRCH)
		return;
	snprintf(group, sizeof(group), GROUP "%d", pid);
	remove_event(probes, group, name);
}

static void remove_all_stale(const struct return_probes *probes)
{
	FILE *f = fopen(probes->path, "re");
	char line[512];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		remove_stale(probes, line);
	fclose(f);
}

struct return_probes *return_probes_open(void)
{
	struct return_probes *probes = calloc(1, sizeof(*probes));

	if (!probes || !find_events(probes->path))
		goto cleanup;
	/* neither truncated, which would remove everybody's events, nor read */
	probes->events = open(probes->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (probes->events < 0)
		goto cleanup;
	remove_all_stale(probes);
	return probes;
cleanup:
	free(probes);
	return NULL;
}

void return_probes_close(struct return_probes *probes)
{
	if (!probes)
		return;
	close(probes->events);
	free(probes);
}

static const char *own_group(char *group, size_t len)
{
	snprintf(group, len, GROUP "%d", getpid());
	return group;
}

static int open_event(const char *group, const char *name)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char file[128], path[TRACEFS_PATH_LEN], id[24];
	int fd;

	snprintf(file, sizeof(file), "events/%s/%s/id", group, name);
	if (!tracefs_find(path, file, R_OK))
		return -errno;
	first_line(path, id, sizeof(id));
	attr.config = strtoull(id, NULL, 10);
	if (!attr.config)
		return -EIO;
	/* one CPU's event: the program is called on all of them */
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int return_probes_make(struct return_probes *probes, const char *name, uint64_t address)
{
	char group[40], line[192];
	int len, err, fd;

	own_group(group, sizeof(group));
	len = snprintf(line, sizeof(line), "r%d:%s/%s 0x%" PRIx64 "\n", RETURN_PROBES_CALLS, group,
		       name, address);
	err = command(probes, line, len);
	if (err)
		return err;
	fd = open_event(group, name);
	if (fd < 0)
		remove_event(probes, group, name);
	return fd;
}

void return_probes_remove(struct return_probes *probes, const char *name)
{
	char group[40];

	remove_event(probes, own_group(group, sizeof(group)), name);
}
