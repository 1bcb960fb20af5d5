/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of evmcs-restore. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses: the project's. */
enum {
	STATUS_OK = 0,
	STATUS_NOT_CONTINUED = 1,
	STATUS_HOST_CANNOT = 4,
	STATUS_USAGE = 64,
};

enum save_mode { MODE_L2, MODE_L1 };
enum restore_order { ORDER_QEMU, ORDER_MSRS_FIRST };
enum forced_exit { FORCED_NONE, FORCED_RUN, FORCED_RUN_IRQ, FORCED_MP_STATE };
enum corruption { CORRUPT_NOTHING, CORRUPT_COUNTER, CORRUPT_REG, CORRUPT_VMCS12 };

struct options {
	bool evmcs; /* --format */
	enum save_mode mode;
	enum restore_order order;
	enum forced_exit forced;
	enum corruption corrupt;
	bool memslots_after, get_after_set, set_twice, immediate_exit, no_run;
	bool evmcs_pa_auto;
	uint64_t evmcs_pa;
	uint32_t role; /* enum guest_role */
	uint32_t mark_clean; /* enum mark_clean */
	uint64_t loops;
	unsigned int rounds, vcpus, vms;
	unsigned int ticks; /* between two save points */
	unsigned int spin; /* iterations of L2's busy loop */
	unsigned int timeout; /* seconds */
	bool json;
};

/* Returns -1 to go on, or the exit status. */
int options_parse(struct options *options, int argc, char **argv);

/* The names of the command line, for the report. */
const char *options_mode_name(const struct options *options);
const char *options_order_name(const struct options *options);
const char *options_forced_name(const struct options *options);
const char *options_role_name(const struct options *options);

#endif /* OPTIONS_H */
