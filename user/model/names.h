/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one place where enumerators and their names in the trace meet. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evmcs_trace/paths.h"
#include "model/event.h"

/* The kernel beside its modules, which are called as the kernel calls them, with underscores. */
#define OBJECT_NAME_KERNEL "kernel"

enum point_class {
	CLASS_FRAME,
	CLASS_ACCESS,
	CLASS_UNMAP,
	CLASS_MEMSLOT,
	CLASS_NOTE,
};

/* From an enumerator to its name. */
const char *point_name(enum evmcs_point point);
const char *phase_name(enum evmcs_phase phase);
const char *purpose_name(unsigned int purpose);
const char *loss_stage_name(enum loss_stage stage);
const char *path_name(enum restore_path path);
const char *end_name(enum restore_end end);
const char *severity_name(enum severity severity);
const char *verdict_name(enum verdict_kind verdict);
const char *object_name(enum traced_object object);

/* KVM_STATE_NESTED_*, from bit 0; NULL: there is none any more. */
const char *nested_flag_name(unsigned int bit);

enum point_class point_class(enum evmcs_point point);

/* Or is it a fact that the handler of another one notices? */
bool point_has_probe(enum evmcs_point point);

/* From a name to its enumerator, -1 where there is none. */
int point_by_name(const char *name);
int phase_by_name(const char *name);
int purpose_by_name(const char *name);
int loss_stage_by_name(const char *name);
int severity_by_name(const char *name);
int object_by_name(const char *name);

/* KVM's ioctls, by command. NULL for one that is not in the table. */
const char *ioctl_name(uint32_t cmd);
/* 0 where there is no such name. */
uint32_t ioctl_by_name(const char *name);

#endif
