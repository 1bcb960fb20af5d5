/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traces as lists of JSON objects, for mutations that a checksum and a numbering would make
 * futile: lines are moved, values are exchanged, and then (mostly) seq, counts and checksum are
 * made right.
 */
#ifndef TRACE_LINES_H
#define TRACE_LINES_H

#include <stddef.h>
#include <stdint.h>

size_t trace_lines_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t trace_lines_cross(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
			 uint8_t *out, size_t max, unsigned int seed);

#endif
