/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/batch.h"
#include "commands/output.h"
#include "evmcs_trace/status.h"
#include "util/errstr.h"
#include "util/owner.h"
#include "util/say.h"

#define FORBID "--forbid="

struct job {
	char *name;
	char *command;
	uint64_t forbidden; /* points to do without */
};

struct batch {
	struct job *jobs;
	int nr;
};

static void free_batch(struct batch *b)
{
	while (b->nr)
		free(b->jobs[--b->nr].name);
	free(b->jobs);
}

static bool is_file_name(const char *name)
{
	return name[0] != '.' && !strchr(name, '/');
}

static bool is_taken(const struct batch *b, const char *name)
{
	int i;

	for (i = 0; i < b->nr; i++)
		if (!strcmp(b->jobs[i].name, name))
			return true;
	return false;
}

/* Ends the first word; where the second begins. */
static char *next_word(char *line)
{
	char *end = line + strcspn(line, " \t");

	if (*end)
		*end++ = '\0';
	return end + strspn(end, " \t");
}

/* Takes the line over: its name and command are parts of it. */
static int add_job(struct batch *b, char *line, const char *list, int line_nr)
{
	char *command = next_word(line);
	uint64_t forbidden = 0;
	struct job *jobs;

	while (!strncmp(command, FORBID, strlen(FORBID))) {
		char *point = command + strlen(FORBID);

		command = next_word(point);
		if (live_parse_point(point, &forbidden))
			continue;
		say_error("%s line %d: there is no probe point %s", list, line_nr, point);
		return -EINVAL;
	}
	if (!*command || !is_file_name(line) || is_taken(b, line)) {
		say_error("%s line %d: want NAME COMMAND (or NAME --forbid=POINT COMMAND), the "
			  "name one that can "
			  "be a file's and that no other line has",
			  list, line_nr);
		return -EINVAL;
	}
	jobs = realloc(b->jobs, (size_t)(b->nr + 1) * sizeof(*jobs));
	if (!jobs)
		return -ENOMEM;
	b->jobs = jobs;
	jobs[b->nr++] = (struct job){ line, command, forbidden };
	return 0;
}

static int read_lines(struct batch *b, FILE *f, const char *list)
{
	char *line = NULL;
	size_t room = 0;
	int nr = 0, err;

	while (getline(&line, &room, f) > 0) {
		char *text = line + strspn(line, " \t");

		nr++;
		text[strcspn(text, "\n")] = '\0';
		if (!*text || *text == '#')
			continue;
		text = strdup(text);
		err = text ? add_job(b, text, list, nr) : -ENOMEM;
		if (!err)
			continue;
		free(text);
		free(line);
		return err;
	}
	free(line);
	return ferror(f) ? -EIO : 0;
}

static int read_batch(struct batch *b, const char *list)
{
	FILE *f = strcmp(list, "-") ? fopen(list, "re") : stdin;
	int err;

	if (!f) {
		say_error("cannot read %s (%s): give the list of commands with --batch", list,
			  errstr(errno));
		return STATUS_MALFORMED;
	}
	err = read_lines(b, f, list);
	if (f != stdin)
		fclose(f);
	if (!err && !b->nr)
		say_error("%s has no command in it: want lines NAME COMMAND", list);
	else if (err == -ENOMEM)
		say_error("out of memory");
	else if (err == -EIO)
		say_error("cannot read %s to its end (%s)", list, errstr(EIO));
	return err || !b->nr ? STATUS_MALFORMED : 0;
}

/* Root's, and empty: as it was made just now, if nobody has put another one in its place. */
static bool is_as_made(int fd)
{
	DIR *dir = fdopendir(dup(fd));
	struct stat st;
	int entries = 0;

	while (dir && readdir(dir))
		entries++;
	if (dir)
		closedir(dir);
	return entries == 2 && !fstat(fd, &st) && st.st_uid == geteuid() &&
	       (st.st_mode & 0777) == 0700;
}

static int open_folder(const char *folder)
{
	bool made = !mkdir(folder, 0700);
	int fd = -1;

	/* no link is followed to what is not ours to give away */
	if (made || errno == EEXIST)
		fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC | (made ? O_NOFOLLOW : 0));
	if (fd < 0)
		say_error("cannot use the folder %s (%s): choose another place with -o", folder,
			  errstr(errno));
	else if (made && is_as_made(fd))
		owner_give(fd, folder);
	return fd;
}

/* 0600, as every trace: addresses and names in it are nobody else's business. */
static int open_trace(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		owner_give(fd, name);
	else if (errno == EEXIST)
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && !fchmod(fd, 0600))
		return fd;
	say_error("cannot write %s (%s): choose another folder with -o", name, errstr(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int trace_job(struct live *live, const struct live_options *o, const struct job *job,
		     int folder)
{
	char *command[] = { "/bin/sh", "-c", job->command, NULL };
	int status = STATUS_NOT_ARMED, fd = -1;
	struct pipeline p = {};
	char name[256];

	say("%s", job->name);
	live_forbid(live, job->forbidden);
	snprintf(name, sizeof(name), "%.200s.jsonl", job->name);
	if (pipeline_init(&p, &o->model))
		goto cleanup;
	fd = open_trace(folder, name);
	if (fd < 0)
		goto cleanup;
	if (pipeline_add(&p, trace_sink_new(fd, name)) || live_add_screen(&p, o))
		say_error("out of memory");
	else
		status = live_trace(live, &p, command);
cleanup:
	pipeline_free(&p);
	return status;
}

int record_batch(const struct live_options *options, const char *list, const char *folder)
{
	struct batch batch = {};
	struct live *live = NULL;
	int status, fd = -1, i;

	status = read_batch(&batch, list);
	if (status)
		goto cleanup;
	status = STATUS_NOT_ARMED;
	fd = open_folder(folder);
	if (fd < 0)
		goto cleanup;
	live = live_arm(options, &status);
	if (!live)
		goto cleanup;
	status = STATUS_PASS;
	for (i = 0; i < batch.nr && !live_interrupted(live); i++)
		status = worse_status(status, trace_job(live, options, &batch.jobs[i], fd));
	if (i < batch.nr) {
		say_error("interrupted: %d of %d commands were not run", batch.nr - i, batch.nr);
		status = worse_status(status, STATUS_INCONCLUSIVE);
	}
cleanup:
	live_disarm(live);
	if (fd >= 0)
		close(fd);
	free_batch(&batch);
	return status;
}
