/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "util/process.h"

/* Field 22 of proc(5)'s stat is in ticks since boot. The name before may hold blanks. */
static double start_after_boot(void)
{
	unsigned long long ticks;
	char line[1024], *rest;
	FILE *f = fopen("/proc/self/stat", "re");
	size_t len = f ? fread(line, 1, sizeof(line) - 1, f) : 0;

	if (f)
		fclose(f);
	line[len] = '\0';
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			    "%*d %*d %llu",
			    &ticks) != 1)
		return 0;
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

double process_start_time(void)
{
	static double start;
	struct timespec now, boot;

	/* once: the wall clock may be set later */
	if (start == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		clock_gettime(CLOCK_BOOTTIME, &boot);
		start = (double)(now.tv_sec - boot.tv_sec) +
			(double)(now.tv_nsec - boot.tv_nsec) / 1e9 + start_after_boot();
	}
	return start;
}

double process_cpu_seconds(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		return 0;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

uint64_t process_resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t nr = 0;
	const struct dirent *entry;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	return nr - 1; /* that of the directory itself */
}
