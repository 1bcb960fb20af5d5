/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Changes a YAML file as somebody would who tries its values: bytes alone seldom give one that is
 * still read, and is out of bounds.
 */
#ifndef YAML_VALUES_H
#define YAML_VALUES_H

#include <stddef.h>
#include <stdint.h>

struct yaml_values {
	const char *const
		*lines; /* that may be added, up to a number: "traces:\n  budget: "; then NULL */
	const char *const *units; /* what may stand behind a number; then NULL */
};

size_t yaml_values_mutate(const struct yaml_values *values, uint8_t *data, size_t size, size_t max,
			  unsigned int seed);

#endif
