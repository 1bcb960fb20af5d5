/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/errstr.h"
#include "util/say.h"
#include "yaml/strict.h"

#define FILE_MAX (64 * 1024)

struct yaml_error {
	char text[200];
	char path[256]; /* where: as struct outline has it */
};

/*
 * libcyaml tells what is wrong only to its log: the first line says what, then
 * from the inside out where: "in mapping field 'where'", "in sequence entry
 * '1'", or "in mapping" alone.
 */
static void prepend(struct yaml_error *e, const char *part)
{
	char rest[sizeof(e->path)];

	snprintf(rest, sizeof(rest), "%s", e->path);
	snprintf(e->path, sizeof(e->path), "%.100s%s%.140s", part, *rest && *rest != '[' ? "." : "",
		 rest);
}

static void take_place(struct yaml_error *e, const char *line)
{
	char name[100], part[104];
	int entry;

	if (sscanf(line, " in mapping field '%99[^']'", name) == 1) {
		prepend(e, name);
	} else if (sscanf(line, " in sequence entry '%d'", &entry) == 1) {
		snprintf(part, sizeof(part), "[%d]", entry ? entry - 1 : 0);
		prepend(e, part);
	}
}

static void take_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct yaml_error *e = ctx;
	char line[200];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	if (!*e->text)
		snprintf(e->text, sizeof(e->text), "%s", line);
	else
		take_place(e, line);
}

static const cyaml_config_t *config(struct yaml_error *error)
{
	static cyaml_config_t c = {
		.log_fn = take_log,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};

	c.log_ctx = error;
	return &c;
}

static const struct {
	const char *said; /* what libcyaml's line has in it */
	const char *text;
} meanings[] = {
	{ "Expecting STRING", "a single value is wanted here" },
	{ "Expecting MAPPING", "'key: value' lines are wanted here, indented, at least one" },
	{ "Expecting SEQUENCE", "a list is wanted here: [a, b], or lines that begin with '- '" },
	{ "Insufficient entries", "the list is empty: add an entry or leave it out" },
	{ "Excessive entries", "the list is too long: split the file" },
};

static void explain(struct yaml_error *e, const char *keys)
{
	static const char unknown[] = "Unexpected key: ";
	const char *key = strstr(e->text, unknown);
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strstr(e->text, meanings[i].said)) {
			snprintf(e->text, sizeof(e->text), "%s", meanings[i].text);
			return;
		}
	if (!key)
		return;
	snprintf(name, sizeof(name), "%.60s", key + strlen(unknown));
	if (*e->path)
		snprintf(e->path + strlen(e->path), sizeof(e->path) - strlen(e->path), ".%s", name);
	else
		snprintf(e->path, sizeof(e->path), "%s", name);
	snprintf(e->text, sizeof(e->text),
		 "there is no key '%s' here: %s lists those that there are", name, keys);
}

static int read_values(const char *text, size_t len, const struct yaml_form *form, void **raw,
		       struct yaml_error *error)
{
	cyaml_err_t err;

	memset(error, 0, sizeof(*error));
	err = cyaml_load_data((const uint8_t *)text, len, config(error), form->top, raw, NULL);
	if (err == CYAML_OK)
		return 0;
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	if (!*error->text)
		snprintf(error->text, sizeof(error->text), "%s", cyaml_strerror(err));
	explain(error, form->keys);
	return -EINVAL;
}

int yaml_file_wrong(const struct yaml_file *f, const char *place, const char *key, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%.180s%s%.60s", place,
		 *place && *key && *key != '[' ? "." : "", key);
	say_error("%s:%d: %s", f->path, outline_line(&f->outline, path), text);
	return -EINVAL;
}

static int load_text(struct yaml_file *f, const struct yaml_form *form, const char *text,
		     size_t len, void **raw)
{
	struct yaml_error error;
	int err;

	err = outline_read(&f->outline, text, len);
	if (err == -ENODATA && !form->if_empty)
		return 0;
	if (err == -ENODATA) {
		say_error("%s:%d: %s: %s", f->path, f->outline.error_line, f->outline.error,
			  form->if_empty);
		return -EINVAL;
	}
	if (err == -EINVAL)
		say_error("%s:%d: %s", f->path, f->outline.error_line, f->outline.error);
	if (err)
		return err;
	err = read_values(text, len, form, raw, &error);
	if (err == -EINVAL)
		yaml_file_wrong(f, error.path, "", error.text);
	return err;
}

/* Returns how much there is, or -errno after having told the user. */
static ssize_t read_file(const char *path, const char *what, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t len;
	int err;

	if (!f) {
		err = errno;
		say_error("cannot open the %s %s (%s): name one that exists", what, path,
			  errstr(err));
		return -err;
	}
	len = fread(text, 1, size, f);
	err = ferror(f) ? errno : 0;
	fclose(f);
	if (err)
		say_error("cannot read the %s %s (%s)", what, path, errstr(err));
	else if (len == size) {
		err = EFBIG;
		say_error("%s:1: the file is larger than 64 KiB: split it", path);
	}
	return err ? -err : (ssize_t)len;
}

int yaml_file_load(struct yaml_file *f, const struct yaml_form *form, void **raw)
{
	char *text = malloc(FILE_MAX);
	ssize_t len;
	int err = -ENOMEM;

	*raw = NULL;
	if (!text)
		return err;
	len = read_file(f->path, form->what, text, FILE_MAX);
	err = len < 0 ? (int)len : load_text(f, form, text, (size_t)len, raw);
	free(text);
	return err;
}

void yaml_values_free(const struct yaml_form *form, void *raw)
{
	struct yaml_error unused = { .text = "" };

	cyaml_free(config(&unused), form->top, raw, 0);
}

void yaml_file_close(struct yaml_file *f)
{
	outline_free(&f->outline);
}
