/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The source lines of kernel stacks, for whoever shows one. An entry of a stack
 * and the header of its trace go in, functions and lines come out; where they come
 * from is a finder's business, and no sink's.
 */
#ifndef STACK_LINES_H
#define STACK_LINES_H

#include <stdint.h>

#include "model/event.h"

#define SOURCE_FUNCTION_LEN 96
#define SOURCE_PATH_LEN 128

/* A function, and where in it the one inside of it was called, or control was. */
struct source_frame {
	char function[SOURCE_FUNCTION_LEN];
	char file[SOURCE_PATH_LEN]; /* from the top of the kernel's source; "": not known */
	unsigned int line; /* 0: not known */
};

/* Compilers inline some 20 deep at most, and nobody reads that. */
#define SOURCE_MAX_FRAMES 12

/* One entry of a stack. */
struct code_place {
	char object[32]; /* OBJECT_NAME_KERNEL, or a module */
	char build_id[BUILD_ID_DIGITS + 1]; /* of it, in hex */
	char release[128]; /* of the kernel */
	char function[128]; /* the symbol */
	uint64_t offset;
};

struct line_finder;

struct line_finder_ops {
	/*
	 * The function itself and what was inlined there, innermost first. How many;
	 * 0: not known; -EAGAIN: not yet, ask again.
	 */
	int (*find)(struct line_finder *finder, const struct code_place *place,
		    struct source_frame frames[SOURCE_MAX_FRAMES]);
	/* Opens what may not be opened any more when privileges are given up. May be NULL. */
	void (*prepare)(struct line_finder *finder, const struct code_place *object);
	/* The descriptors that it has open, at most max. May be NULL. */
	int (*fds)(const struct line_finder *finder, int *fds, int max);
	void (*free)(struct line_finder *finder);
};

struct line_finder {
	const struct line_finder_ops *ops;
};

/* Takes the finder over, also where it returns NULL; NULL for NULL. */
struct stack_lines *stack_lines_new(struct line_finder *finder);

/*
 * Of an entry "function+0x1f [module]" of a trace with that header: the function itself and what
 * was inlined there, innermost first. How many are in frames, until the next call; 0: not
 * known; -EAGAIN: not yet, ask again later. lines may be NULL.
 */
int stack_lines_find(struct stack_lines *lines, const struct trace_header *header,
		     const char *entry, const struct source_frame **frames);

/* Before privileges are given up. */
void stack_lines_prepare(struct stack_lines *lines, const struct trace_header *header);

void stack_lines_free(struct stack_lines *lines);

#endif
