/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's surroundings: configuration, Accept, textfile, journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/config.h"
#include "serve/http.h"
#include "serve/textfile.h"
#include "sinks/journal.h"
#include "util/say.h"

/* ---- configuration ---- */

static int load(const char *text, struct config *config)
{
	char path[] = "/tmp/evmcs-serve-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	err = config_load(config, path, false);
	unlink(path);
	return err;
}

static void a_whole_configuration(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(load("traces:\n  directory: /var/log/x\n  segment-size: 1M\n"
			      "  segments: 9\n  budget: 8M\n"
			      "http:\n  listen: '[::1]:9000'\n"
			      "textfile:\n  file: /a/b.prom\n  interval: 2m\n  on-stop: mark\n"
			      "journal:\n  records-per-minute: 7\n"
			      "judge:\n  fail-on: warning\n  slow-set: 25ms\nring-size: 64K\n",
			      &c),
			 0);
	assert_string_equal(c.traces, "/var/log/x");
	assert_int_equal(c.segment_bytes, 1 << 20);
	assert_int_equal(c.segments, 9);
	assert_int_equal(c.budget_bytes, 8 << 20);
	assert_string_equal(c.listen, "::1");
	assert_int_equal(c.port, 9000);
	assert_string_equal(c.textfile, "/a/b.prom");
	assert_int_equal(c.textfile_ms, 120000);
	assert_true(c.textfile_mark);
	assert_int_equal(c.journal_per_minute, 7);
	assert_int_equal(c.fail_on, SEVERITY_WARNING);
	assert_int_equal(c.slow_set_ns, 25000000);
	assert_int_equal(c.ring_bytes, 64 << 10);
}

static void what_is_left_out_is_as_without_a_file(void **state)
{
	struct config c, none;

	(void)state;
	unsetenv("LOGS_DIRECTORY");
	config_defaults(&none);
	assert_int_equal(load("judge:\n  fail-on: error\n", &c), 0);
	assert_memory_equal(&c, &none, sizeof(c));
	setenv("LOGS_DIRECTORY", "/var/log/one:/var/log/two", 1);
	config_defaults(&none);
	assert_string_equal(none.traces, "/var/log/one");
	unsetenv("LOGS_DIRECTORY");
}

static void a_wrong_configuration_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *line; /* and what it says */
	} wrong[] = {
		{ "http:\n  lisen: none\n",
		  ":2: there is no key 'lisen' here: evmcs-trace-serve.yml(5)" },
		{ "http:\n  listen: localhost:80\n", ":2: ADDRESS:PORT" },
		{ "http:\n  listen: 127.0.0.1:0\n", ":2: ADDRESS:PORT" },
		{ "http:\n  listen: 127.0.0.1:65536\n", ":2: ADDRESS:PORT" },
		{ "\ntextfile:\n  file: relative.prom\n", ":3: an absolute path" },
		{ "textfile:\n  file: /a/b.txt\n", ":2: a name that ends in .prom" },
		{ "textfile:\n  interval: 5\n", ":2: a time from 1s" },
		{ "textfile:\n  interval: 999ms\n", ":2: a time from 1s" },
		{ "textfile:\n  on-stop: keep\n", ":2: remove" },
		{ "journal:\n  records-per-minute: -1\n", ":2: a number" },
		{ "judge:\n  fail-on: eror\n", ":2: error (the default)" },
		{ "judge:\n  slow-set: 0ms\n", ":2: a time from 1ms" },
		{ "ring-size: 5K\n", ":1: a power of two" },
		{ "ring-size: 99999999999999999999\n", ":1: a power of two" },
		{ "traces:\n  segment-size: 16M\n  budget: 32M\n", ":3: the budget must have" },
		{ "traces:\n  segments: 1\n", ":2: a number from 2" },
		{ "- a list\n", ":1: " },
	};
	struct config c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(&c, 0x5a, sizeof(c));
		assert_int_equal(load(wrong[i].text, &c), -EINVAL);
		assert_int_equal(c.port, 0x5a5a); /* untouched */
		if (!strstr(say_last_error(), wrong[i].line))
			fail_msg("%s: %s", wrong[i].text, say_last_error());
	}
}

static void a_missing_file_is_an_error_if_it_was_named(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(config_load(&c, "/nonexistent/serve.yml", true), 0);
	assert_int_equal(c.port, 9758);
	assert_int_equal(config_load(&c, "/nonexistent/serve.yml", false), -ENOENT);
}

static void a_file_of_comments_is_as_if_there_were_none(void **state)
{
	static const char *const texts[] = { "", "\n", "# ring-size: 64K\n" };
	struct config c, defaults;
	size_t i;

	(void)state;
	config_defaults(&defaults);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(load(texts[i], &c), 0);
		assert_memory_equal(&c, &defaults, sizeof(c));
	}
}

static void some_keys_want_a_restart(void **state)
{
	struct config a, b;

	(void)state;
	config_defaults(&a);
	b = a;
	b.fail_on = SEVERITY_INFO;
	assert_null(config_needs_restart(&a, &b));
	b = a;
	b.port++;
	assert_non_null(config_needs_restart(&a, &b));
	b = a;
	b.ring_bytes = 4096;
	assert_non_null(config_needs_restart(&a, &b));
}

/* ---- Accept ---- */

#define OPENMETRICS "application/openmetrics-text"

static void the_form_that_is_preferred(void **state)
{
	static const struct {
		const char *accept;
		bool openmetrics;
	} cases[] = {
		{ "", false },
		{ "*/*", false },
		{ "text/plain", false },
		{ OPENMETRICS, true },
		/* as Prometheus 2.42 asks */
		{ OPENMETRICS ";version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
			      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  true },
		{ OPENMETRICS "; q=0.2, text/plain; q=0.9", false },
		{ "text/plain;q=0.2, " OPENMETRICS "; version=1.0.0; q=0.9", true },
		{ OPENMETRICS ";q=0", false },
		{ OPENMETRICS "-x", false },
		{ ",,;;,", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_prefers(cases[i].accept, OPENMETRICS, "text/plain") !=
		    cases[i].openmetrics)
			fail_msg("%s", cases[i].accept);
}

/* ---- textfile ---- */

static void expect_text(const char *path, const char *wanted)
{
	char text[16] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, wanted);
}

static int files_in(const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int nr = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		nr += entry->d_name[0] != '.';
	closedir(d);
	return nr;
}

static void a_textfile_is_whole_or_as_it_was(void **state)
{
	char dir[] = "/tmp/evmcs-textfile-XXXXXX", path[64];
	struct rlimit before, limit;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	umask(077);
	assert_int_equal(textfile_write(path, "old\n", 4), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* as a full disk */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = 2, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(textfile_write(path, "new\n", 4), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect_text(path, "old\n");
	assert_int_equal(files_in(dir), 1);
	assert_int_equal(textfile_write(path, "new\n", 4), 0);
	expect_text(path, "new\n");
	assert_int_equal(files_in(dir), 1);
	/* what cannot be replaced */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(textfile_write(path, "new\n", 4) < 0);
	assert_int_equal(files_in(dir), 1);
	rmdir(path);
	rmdir(dir);
	assert_int_equal(textfile_write(path, "new\n", 4), -ENOENT);
}

/* ---- journal ---- */

static char last[4096]; /* the fields of the last record, a line each */
static int sent, answer;
static uint64_t now;

static int take(const struct iovec *fields, int nr)
{
	size_t at = 0;
	int i;

	sent++;
	last[0] = '\0';
	for (i = 0; i < nr; i++)
		at += (size_t)snprintf(last + at, sizeof(last) - at, "%.*s\n",
				       (int)fields[i].iov_len, (const char *)fields[i].iov_base);
	return answer;
}

static uint64_t clock_of_test(void)
{
	return now;
}

static struct sink *new_journal(uint32_t per_minute)
{
	const struct journal_options options = {
		.fail_on = SEVERITY_ERROR,
		.per_minute = per_minute,
		.send = take,
		.now_ns = clock_of_test,
	};

	sent = answer = 0;
	now = 1;
	return journal_sink_new(&options);
}

static void a_record_has_its_kind(void **state)
{
	struct sink *j = new_journal(60);

	(void)state;
	journal_state(j, "seeing", "armed, %d", 7);
	assert_int_equal(sent, 1);
	assert_non_null(strstr(last, "MESSAGE_ID=313b9cb344704593a8f55114deb4ee55\n"));
	assert_non_null(strstr(last, "PRIORITY=5\n"));
	assert_non_null(strstr(last, "EVMCS_KIND=state\n"));
	assert_non_null(strstr(last, "MESSAGE=armed, 7\n"));
	assert_non_null(strstr(last, "EVMCS_STATE=seeing\n"));
	j->ops->free(j);
}

static void a_loss_is_a_record(void **state)
{
	const struct trace_item item = { .type = ITEM_LOSS,
					 .loss = { .stage = LOSS_RING, .count = 12 } };
	const struct trace_header header = { .boot_id = "" };
	struct sink *j = new_journal(60);

	(void)state;
	assert_int_equal(j->ops->item(j, &item, &header), 0);
	assert_non_null(strstr(last, "EVMCS_KIND=loss\n"));
	assert_non_null(strstr(last, "EVMCS_STAGE=ring\n"));
	assert_non_null(strstr(last, "EVMCS_COUNT=12\n"));
	j->ops->free(j);
}

static void more_than_so_many_a_minute_are_held_back_and_told(void **state)
{
	struct sink *j = new_journal(6);
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		journal_state(j, "seeing", "x");
	assert_int_equal(sent, 6);
	assert_int_equal(journal_errors(j), 4);
	now += 10000000000ULL; /* room for one */
	journal_state(j, "deaf", "x");
	assert_int_equal(sent, 8); /* what was held back, and itself */
	assert_non_null(strstr(last, "EVMCS_STATE=deaf\n"));
	journal_state(j, "deaf", "x");
	assert_int_equal(sent, 8);
	j->ops->free(j); /* and tells of that one */
	assert_int_equal(sent, 9);
	assert_non_null(strstr(last, "EVMCS_KIND=held-back\n"));
	assert_non_null(strstr(last, "EVMCS_COUNT=1\n"));
}

static void a_journal_that_refuses_is_counted(void **state)
{
	struct sink *j = new_journal(60);

	(void)state;
	answer = -EIO;
	journal_state(j, "seeing", "x");
	assert_int_equal(journal_errors(j), 1);
	j->ops->free(j);
}

static void no_journal_is_wanted(void **state)
{
	struct sink *j = new_journal(0);

	(void)state;
	journal_state(j, "seeing", "x");
	assert_int_equal(sent, 0);
	assert_int_equal(journal_errors(j), 0);
	j->ops->free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_configuration),
		cmocka_unit_test(what_is_left_out_is_as_without_a_file),
		cmocka_unit_test(a_wrong_configuration_is_told_with_its_line),
		cmocka_unit_test(a_missing_file_is_an_error_if_it_was_named),
		cmocka_unit_test(a_file_of_comments_is_as_if_there_were_none),
		cmocka_unit_test(some_keys_want_a_restart),
		cmocka_unit_test(the_form_that_is_preferred),
		cmocka_unit_test(a_textfile_is_whole_or_as_it_was),
		cmocka_unit_test(a_record_has_its_kind),
		cmocka_unit_test(a_loss_is_a_record),
		cmocka_unit_test(more_than_so_many_a_minute_are_held_back_and_told),
		cmocka_unit_test(a_journal_that_refuses_is_counted),
		cmocka_unit_test(no_journal_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
