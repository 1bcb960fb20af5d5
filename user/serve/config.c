/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/names.h"
#include "serve/config.h"
#include "util/say.h"
#include "yaml/strict.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define NSEC_PER_MSEC 1000000ULL

/* ---- the form of the file ---- */

struct raw_traces {
	char *directory;
	char *segment_size;
	char *segments;
	char *budget;
};

struct raw_http {
	char *listen;
};

struct raw_textfile {
	char *file;
	char *interval;
	char *on_stop;
};

struct raw_journal {
	char *per_minute;
};

struct raw_judge {
	char *fail_on;
	char *slow_set;
};

struct raw_config {
	struct raw_traces *traces;
	struct raw_http *http;
	struct raw_textfile *textfile;
	struct raw_journal *journal;
	struct raw_judge *judge;
	char *ring_size;
};

static const cyaml_schema_field_t traces_fields[] = {
	YAML_TEXT("directory", struct raw_traces, directory),
	YAML_TEXT("segment-size", struct raw_traces, segment_size),
	YAML_TEXT("segments", struct raw_traces, segments),
	YAML_TEXT("budget", struct raw_traces, budget),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t http_fields[] = {
	YAML_TEXT("listen", struct raw_http, listen),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t textfile_fields[] = {
	YAML_TEXT("file", struct raw_textfile, file),
	YAML_TEXT("interval", struct raw_textfile, interval),
	YAML_TEXT("on-stop", struct raw_textfile, on_stop),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t journal_fields[] = {
	YAML_TEXT("records-per-minute", struct raw_journal, per_minute),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t judge_fields[] = {
	YAML_TEXT("fail-on", struct raw_judge, fail_on),
	YAML_TEXT("slow-set", struct raw_judge, slow_set),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	YAML_MAPPING("traces", struct raw_config, traces, traces_fields),
	YAML_MAPPING("http", struct raw_config, http, http_fields),
	YAML_MAPPING("textfile", struct raw_config, textfile, textfile_fields),
	YAML_MAPPING("journal", struct raw_config, journal, journal_fields),
	YAML_MAPPING("judge", struct raw_config, judge, judge_fields),
	YAML_TEXT("ring-size", struct raw_config, ring_size),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, top_fields),
};

static const struct yaml_form form = { &top_schema, "configuration file",
				       "evmcs-trace-serve.yml(5)", NULL };

/* ---- values ---- */

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{ "", 1 }, { "K", KIB }, { "M", MIB }, { "G", GIB }, { NULL, 0 },
};

static const struct unit durations_ms[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};

static const struct unit counts[] = { { "", 1 }, { NULL, 0 } };

struct limits {
	const struct unit *units;
	uint64_t min, max;
	const char *wanted; /* said where it is anything else */
};

static bool parse_amount(const char *text, const struct limits *limits, uint64_t *amount)
{
	const struct unit *unit;
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	for (unit = limits->units; unit->name; unit++)
		if (!strcmp(end, unit->name))
			break;
	if (errno || !unit->name || number > limits->max / unit->factor)
		return false;
	*amount = number * unit->factor;
	return *amount >= limits->min;
}

static int take_amount(const struct yaml_file *f, const char *place, const char *key,
		       const char *text, const struct limits *limits, uint64_t *amount)
{
	if (!text || parse_amount(text, limits, amount))
		return 0;
	return yaml_file_wrong(f, place, key, limits->wanted);
}

static int take_path(const struct yaml_file *f, const char *place, const char *key,
		     const char *text, char path[CONFIG_PATH_LEN])
{
	if (!text)
		return 0;
	if (*text != '/' || strlen(text) >= CONFIG_PATH_LEN)
		return yaml_file_wrong(f, place, key,
				       "an absolute path of less than 512 bytes is wanted here");
	snprintf(path, CONFIG_PATH_LEN, "%s", text);
	return 0;
}

/* ---- sections ---- */

static int load_traces(const struct yaml_file *f, const struct raw_traces *raw, struct config *c)
{
	static const struct limits segment = {
		sizes, 64 * KIB, 4 * GIB, "a size from 64K to 4G is wanted here, such as 16M"
	};
	static const struct limits budget = {
		sizes, 256 * KIB, 1024 * GIB, "a size from 256K to 1024G is wanted here, such as 1G"
	};
	static const struct limits segments = { counts, 2, 100000,
						"a number from 2 to 100000 is wanted here" };
	uint64_t nr = c->segments;
	int err;

	if (!raw)
		return 0;
	err = take_path(f, "traces", "directory", raw->directory, c->traces) ?:
	      take_amount(f, "traces", "segment-size", raw->segment_size, &segment,
			  &c->segment_bytes) ?:
	      take_amount(f, "traces", "segments", raw->segments, &segments, &nr) ?:
	      take_amount(f, "traces", "budget", raw->budget, &budget, &c->budget_bytes);
	c->segments = (uint32_t)nr;
	/* a file may become twice its size while a restore is in flight, and one more is begun */
	if (!err && c->budget_bytes < 4 * c->segment_bytes)
		err = yaml_file_wrong(f, "traces", raw->budget ? "budget" : "segment-size",
				      "the budget must have room for four files of segment-size");
	return err;
}

static int load_http(const struct yaml_file *f, const struct raw_http *raw, struct config *c)
{
	static const char wanted[] = "ADDRESS:PORT is wanted here, such as 127.0.0.1:9758 or "
				     "[::1]:9758, or none";
	char host[sizeof(c->listen)], *end;
	struct in6_addr address;
	long port;
	size_t len;

	if (!raw || !raw->listen)
		return 0;
	if (!strcmp(raw->listen, "none")) {
		c->listen[0] = '\0';
		return 0;
	}
	end = strrchr(raw->listen, ':');
	len = end ? (size_t)(end - raw->listen) : 0;
	if (!len || len >= sizeof(host))
		return yaml_file_wrong(f, "http", "listen", wanted);
	snprintf(host, sizeof(host), "%.*s", (int)len, raw->listen);
	if (host[0] == '[' && host[len - 1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, raw->listen + 1);
	port = strtol(end + 1, &end, 10);
	if (*end || port < 1 || port > 65535 ||
	    (inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1))
		return yaml_file_wrong(f, "http", "listen", wanted);
	memcpy(c->listen, host, sizeof(host));
	c->port = (uint16_t)port;
	return 0;
}

static int load_textfile(const struct yaml_file *f, const struct raw_textfile *raw,
			 struct config *c)
{
	static const struct limits interval = {
		durations_ms, 1000, 3600000, "a time from 1s to 1h is wanted here, such as 15s"
	};
	size_t len;
	int err;

	if (!raw)
		return 0;
	err = take_path(f, "textfile", "file", raw->file, c->textfile)
		      ?: take_amount(f, "textfile", "interval", raw->interval, &interval,
				     &c->textfile_ms);
	if (err)
		return err;
	len = strlen(c->textfile);
	/* the collector reads no others */
	if (raw->file && (len < 6 || strcmp(c->textfile + len - 5, ".prom")))
		return yaml_file_wrong(f, "textfile", "file",
				       "a name that ends in .prom is wanted");
	if (!raw->on_stop)
		return 0;
	c->textfile_mark = !strcmp(raw->on_stop, "mark");
	if (!c->textfile_mark && strcmp(raw->on_stop, "remove"))
		return yaml_file_wrong(f, "textfile", "on-stop",
				       "remove (the default) or mark is wanted here");
	return 0;
}

static int load_journal(const struct yaml_file *f, const struct raw_journal *raw, struct config *c)
{
	static const struct limits rate = { counts, 0, 6000,
					    "a number from 0 to 6000 is wanted here" };
	uint64_t per_minute = c->journal_per_minute;
	int err;

	if (!raw)
		return 0;
	err = take_amount(f, "journal", "records-per-minute", raw->per_minute, &rate, &per_minute);
	c->journal_per_minute = (uint32_t)per_minute;
	return err;
}

static int load_judge(const struct yaml_file *f, const struct raw_judge *raw, struct config *c)
{
	static const struct limits slow = { durations_ms, 1, 86400000,
					    "a time from 1ms to 24h is wanted here, such as 10ms" };
	uint64_t ms = c->slow_set_ns / NSEC_PER_MSEC;
	int severity, err;

	if (!raw)
		return 0;
	err = take_amount(f, "judge", "slow-set", raw->slow_set, &slow, &ms);
	c->slow_set_ns = ms * NSEC_PER_MSEC;
	if (err || !raw->fail_on)
		return err;
	severity = severity_by_name(raw->fail_on);
	if (severity < 0)
		return yaml_file_wrong(f, "judge", "fail-on",
				       "error (the default), warning or info is wanted here");
	c->fail_on = severity;
	return 0;
}

static int load_ring(const struct yaml_file *f, const char *text, struct config *c)
{
	static const struct limits ring = {
		sizes, 4 * KIB, GIB, "a power of two from 4K to 1G is wanted here, such as 4M"
	};
	uint64_t bytes = c->ring_bytes;
	int err = take_amount(f, "", "ring-size", text, &ring, &bytes);

	if (!err && bytes & (bytes - 1))
		err = yaml_file_wrong(f, "", "ring-size", ring.wanted);
	c->ring_bytes = (uint32_t)bytes;
	return err;
}

void config_defaults(struct config *c)
{
	const char *logs = getenv("LOGS_DIRECTORY");

	*c = (struct config){
		.segment_bytes = 16 * MIB,
		.segments = 64,
		.budget_bytes = 512 * MIB,
		.listen = "127.0.0.1",
		.port = 9758,
		.textfile_ms = 15000,
		.journal_per_minute = 60,
		.fail_on = SEVERITY_ERROR,
		.slow_set_ns = SLOW_SET_NS,
	};
	/* systemd's LogsDirectory=; the first where it names several */
	if (logs && *logs == '/')
		snprintf(c->traces, sizeof(c->traces), "%.*s", (int)strcspn(logs, ":"), logs);
}

int config_load(struct config *config, const char *path, bool may_be_missing)
{
	struct yaml_file f = { .path = path };
	struct raw_config *raw = NULL;
	struct config next;
	int err;

	config_defaults(&next);
	if (may_be_missing && access(path, F_OK) && errno == ENOENT) {
		*config = next;
		return 0;
	}
	err = yaml_file_load(&f, &form, (void **)&raw);
	if (!err && raw)
		err = load_traces(&f, raw->traces, &next) ?:
		      load_http(&f, raw->http, &next) ?:
		      load_textfile(&f, raw->textfile, &next) ?:
		      load_journal(&f, raw->journal, &next) ?:
		      load_judge(&f, raw->judge, &next) ?:
		      load_ring(&f, raw->ring_size, &next);
	if (!err)
		*config = next;
	if (err == -ENOMEM)
		say_error("out of memory");
	if (raw)
		yaml_values_free(&form, raw);
	yaml_file_close(&f);
	return err;
}

const char *config_needs_restart(const struct config *now, const struct config *next)
{
	if (strcmp(now->listen, next->listen) || now->port != next->port)
		return "http.listen cannot be changed while it runs: restart it";
	if (now->ring_bytes != next->ring_bytes)
		return "ring-size cannot be changed while it runs: restart it";
	return NULL;
}
