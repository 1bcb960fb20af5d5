/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The logical probe points: the names by which everything else (the BPF
 * programs, the probe plan, the trace, the model) speaks of a place in KVM.
 *
 * A point is not a function: which function stands for it on the running
 * kernel is decided by the probe plan (user/probes/plan.c). Each point has an
 * entry and an exit event.
 *
 * Columns: enumerator, name in the trace, class.
 *   FRAME   a function whose activity is context: what was KVM doing?
 *   ACCESS  a function that reaches guest memory
 *   UNMAP   gives back an established mapping
 *   MEMSLOT changes where guest memory is: as asked for, and as it came about
 *   NOTE    not a function: a fact that a handler noticed, or a place in one
 *
 * The accessors are the complete compiled sets of kvm.ko: every function with
 * a user access or a page pin that can run for a vCPU, by enumeration of the
 * exception tables of Debian's 5.10, 6.1, 6.12 and 7.2 modules.
 */
#ifndef EVMCS_TRACE_POINTS_H
#define EVMCS_TRACE_POINTS_H

#define EVMCS_POINTS(X)                                                                            \
	X(SET_STATE, "set-state", FRAME)                                                           \
	X(GET_STATE, "get-state", FRAME)                                                           \
	X(STATE_PAGES, "state-pages", FRAME)                                                       \
	X(EVMCS_PAGE, "evmcs-page", FRAME)                                                         \
	X(EVMPTR_LOAD, "evmptr-load", FRAME)                                                       \
	X(EVMPTR_LOAD_DIRECT, "evmptr-load-direct", FRAME)                                         \
	X(NESTED_EXIT, "nested-exit", FRAME)                                                       \
	X(FREE_VCPU, "free-vcpu", FRAME)                                                           \
	X(SHADOW_COPY, "shadow-copy", FRAME)                                                       \
	X(READ_GUEST, "read-guest", ACCESS)                                                        \
	X(READ_GUEST_PAGE, "read-guest-page", ACCESS)                                              \
	X(VCPU_READ_GUEST, "vcpu-read-guest", ACCESS)                                              \
	X(VCPU_READ_GUEST_PAGE, "vcpu-read-guest-page", ACCESS)                                    \
	X(READ_GUEST_LEAF, "read-guest-leaf", ACCESS)                                              \
	X(READ_GUEST_ATOMIC, "read-guest-atomic", ACCESS)                                          \
	X(READ_GUEST_CACHED, "read-guest-cached", ACCESS)                                          \
	X(WRITE_GUEST_PAGE, "write-guest-page", ACCESS)                                            \
	X(WRITE_GUEST_CACHED, "write-guest-cached", ACCESS)                                        \
	X(MAP, "map", ACCESS)                                                                      \
	X(PIN, "pin", ACCESS)                                                                      \
	X(WALK_64, "walk-64", ACCESS)                                                              \
	X(WALK_32, "walk-32", ACCESS)                                                              \
	X(WALK_EPT, "walk-ept", ACCESS)                                                            \
	X(HYPERV_MSR, "hyperv-msr", ACCESS)                                                        \
	X(UNMAP, "unmap", UNMAP)                                                                   \
	X(MEMSLOT, "memslot", MEMSLOT)                                                             \
	X(MEMSLOT_COMMIT, "memslot-commit", MEMSLOT)                                               \
	X(EVMCS_PAGE_INLINED, "evmcs-page-inlined", NOTE)                                          \
	X(RAN, "ran", NOTE)                                                                        \
	X(FIRST_ENTRY, "first-entry", NOTE)                                                        \
	X(FIRST_EXIT, "first-exit", NOTE)

enum evmcs_point {
#define EVMCS_POINT_ENUM(id, name, cls) PT_##id,
	EVMCS_POINTS(EVMCS_POINT_ENUM)
#undef EVMCS_POINT_ENUM
		PT_COUNT
};

enum evmcs_phase {
	PHASE_ENTER,
	PHASE_EXIT,
	PHASE_NOTE,
	PHASE_COUNT,
};

/* What an access is for, told by which of KVM's own caches or maps it used. */
#define EVMCS_PURPOSES(X)                                                                          \
	X(UNKNOWN, "unknown")                                                                      \
	X(EVMCS, "evmcs")                                                                          \
	X(VP_ASSIST, "vp-assist-page")                                                             \
	X(PV_EOI, "pv-eoi")                                                                        \
	X(LINK_POINTER, "vmcs-link-pointer")                                                       \
	X(VMCS12, "vmcs12")                                                                        \
	X(VIRTUAL_APIC, "virtual-apic-page")                                                       \
	X(POSTED_INTERRUPT, "posted-interrupt-descriptor")                                         \
	X(APIC_ACCESS, "apic-access-page")                                                         \
	X(MSR_BITMAP, "msr-bitmap")                                                                \
	X(PAGE_WALK, "page-walk")

enum evmcs_purpose {
#define EVMCS_PURPOSE_ENUM(id, name) PURPOSE_##id,
	EVMCS_PURPOSES(EVMCS_PURPOSE_ENUM)
#undef EVMCS_PURPOSE_ENUM
		PURPOSE_COUNT
};

#endif
