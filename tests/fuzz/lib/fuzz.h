/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the targets have in common. Each is one LLVMFuzzerTestOneInput() (libFuzzer). */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed);

/* Files in memory, by the path that is returned. The first one is the input's by convention. */
enum fuzz_file { FUZZ_INPUT, FUZZ_SECOND, FUZZ_FIXED, FUZZ_ALSO_FIXED, FUZZ_FILES };
const char *fuzz_file(enum fuzz_file which, const void *data, size_t size);

/* Something that must never be: the input is kept by libFuzzer. */
void fuzz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#define fuzz_assert(what)                                                                          \
	do {                                                                                       \
		if (!(what))                                                                       \
			fuzz_fail("%s:%d: %s", __FILE__, __LINE__, #what);                         \
	} while (0)

/*
 * Lines for a person, or for a parser: printable ASCII, whatever is in a name. Fails
 * where it is not so.
 */
void fuzz_check_plain(const char *what, const char *text, size_t len);

/* Of every_sinks[row], what may have something in it that was in the input. */
struct everywhere;
void fuzz_check_sink(int row, const struct everywhere *e);

/*
 * From now on stderr is looked at and not shown: what is said of a bad file may quote it, but
 * must not make a terminal do anything. With FUZZ_SHOW in the environment it is shown.
 */
void fuzz_listen(void);

#endif
