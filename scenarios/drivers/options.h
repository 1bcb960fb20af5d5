/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of evmcs-restore. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmcs12.h"

/* Exit statuses: the project's. */
enum {
	STATUS_OK = 0,
	STATUS_NOT_CONTINUED = 1,
	STATUS_HOST_CANNOT = 4,
	STATUS_USAGE = 64,
};

enum save_mode { MODE_L2, MODE_L1, MODE_EXIT };
enum restore_order { ORDER_QEMU, ORDER_MSRS_FIRST };
enum forced_exit { FORCED_NONE, FORCED_RUN, FORCED_RUN_IRQ, FORCED_MP_STATE };
/* Where the scenario ends: after the guest continued, before it ran, or after some KVM_RUNs. */
enum stop_after { STOP_AT_END, STOP_AFTER_SET, STOP_AFTER_RUNS };
enum damage { DAMAGE_NOTHING, DAMAGE_EVMCS_REVISION, DAMAGE_EVMCS_GPA, DAMAGE_ENLIGHTEN };
enum leave_by { LEAVE_NOT, LEAVE_SMM, LEAVE_FEAT_CTL };
enum corruption { CORRUPT_NOTHING, CORRUPT_COUNTER, CORRUPT_REG, CORRUPT_VMCS12 };

#define MAX_STOP_RUNS 100
#define MAX_VMCS12_EDITS 16

/* A number, or an address that depends on the vCPU. */
enum vmcs12_value {
	VMCS12_NUMBER,
	VMCS12_FREE_PAGE,
	VMCS12_EVMCS,
	VMCS12_BAD_PDPT,
	VMCS12_MSR_LIST,
};

/* field = (field & keep) | value */
struct vmcs12_edit {
	const struct vmcs12_field *field;
	enum vmcs12_value kind;
	uint64_t number; /* of VMCS12_NUMBER */
	uint64_t keep;
};

struct options {
	bool evmcs; /* --format */
	enum save_mode mode;
	enum restore_order order;
	enum forced_exit forced;
	enum corruption corrupt;
	bool memslots_after, get_after_set, set_twice, immediate_exit, no_run;
	bool skip_vp_assist, no_hyperv_cpuid, memory_after, move_memslot, as_native, pae_l2;
	bool close_in_child, exit_without_close;
	uint32_t stop; /* enum stop_after */
	unsigned int stop_runs; /* of STOP_AFTER_RUNS */
	uint32_t damage; /* enum damage */
	uint32_t leave_by; /* enum leave_by */
	unsigned int nr_edits;
	struct vmcs12_edit edits[MAX_VMCS12_EDITS]; /* of --vmcs12 */
	unsigned int refused_sets;
	bool pause;
	int set_error; /* that KVM_SET_NESTED_STATE must give; 0: it must succeed */
	unsigned int postcopy; /* milliseconds a page takes; 0: no postcopy */
	bool evmcs_pa_auto;
	uint64_t evmcs_pa;
	uint32_t role; /* enum guest_role */
	uint32_t mark_clean; /* enum mark_clean */
	uint64_t loops;
	unsigned int rounds, vcpus, vms;
	unsigned int ticks; /* between two save points */
	unsigned int spin; /* iterations of L2's busy loop */
	unsigned int repeat_msr; /* times */
	unsigned int timeout; /* seconds */
	bool json;
};

/* Returns -1 to go on, or the exit status. */
int options_parse(struct options *options, int argc, char **argv);

/* L1 sees an exit of L2 that the VMM has brought about. */
bool options_force_exit(const struct options *options);

/* The restored guest is to go on to its end; otherwise each round drops what it restored. */
bool options_continues(const struct options *options);

/* The names of the command line, for the report. */
const char *options_mode_name(const struct options *options);
const char *options_order_name(const struct options *options);
const char *options_forced_name(const struct options *options);
const char *options_role_name(const struct options *options);
const char *options_stop_name(const struct options *options);

#endif /* OPTIONS_H */
