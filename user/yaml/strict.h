/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A YAML file of a fixed form, read strictly: what it does not know is an error, told with the
 * line on which it stands. Every value is a text; what it means is for the caller.
 */
#ifndef STRICT_H
#define STRICT_H

#include <cyaml/cyaml.h>

#include "yaml/outline.h"

/* Members of a cyaml mapping, all optional. */
#define YAML_OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define YAML_TEXT(key, type, member)                                                               \
	CYAML_FIELD_STRING_PTR(key, YAML_OPTIONAL, type, member, 0, CYAML_UNLIMITED)
#define YAML_MAPPING(key, type, member, fields)                                                    \
	CYAML_FIELD_MAPPING_PTR(key, YAML_OPTIONAL, type, member, fields)

struct yaml_form {
	const cyaml_schema_value_t *top;
	const char *what; /* "expectation file" */
	const char *keys; /* the document that lists its keys */
	const char *if_empty; /* the remedy for a file of nothing; NULL: such a one is right */
};

struct yaml_file {
	const char *path;
	struct outline outline;
};

/*
 * Returns 0 with *raw set (NULL: the file says nothing, and may), -ENOMEM, or another -errno
 * after having told the user. The file is to be closed in any case, the values are freed by
 * yaml_values_free().
 */
int yaml_file_load(struct yaml_file *file, const struct yaml_form *form, void **raw);
void yaml_values_free(const struct yaml_form *form, void *raw);
void yaml_file_close(struct yaml_file *file);

/* Tells the user what is wrong at "place.key", and returns -EINVAL. */
int yaml_file_wrong(const struct yaml_file *file, const char *place, const char *key,
		    const char *text);

#endif
