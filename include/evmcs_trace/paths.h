/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Public names of what the model concludes. */
#ifndef EVMCS_TRACE_PATHS_H
#define EVMCS_TRACE_PATHS_H

/* The path by which a restore got its VMCS. */
#define RESTORE_PATHS(X)                                                                           \
	X(NATIVE, "native") /* ordinary vmcs12, or VMX on without a VMCS */                        \
	X(EVMCS_DEFERRED, "evmcs-deferred") /* mapped in KVM_RUN */                                \
	X(EVMCS_FORCED_EXIT, "evmcs-forced-exit") /* mapped by a nested exit */                    \
	X(EVMCS_DIRECT, "evmcs-direct") /* mapped inside KVM_SET_NESTED_STATE */                   \
	X(EVMCS_EARLY, "evmcs-early") /* mapped after that, before KVM_RUN, by none of these */    \
	X(EVMCS_NONE, "evmcs-none") /* asked for, never mapped */                                  \
	X(LEAVE, "leave") /* vmxon_pa == -1: out of VMX operation */

enum restore_path {
#define RESTORE_PATH_ENUM(id, name) PATH_##id,
	RESTORE_PATHS(RESTORE_PATH_ENUM)
#undef RESTORE_PATH_ENUM
		PATH_COUNT
};

/* How the window of a restore ended. */
#define RESTORE_ENDS(X)                                                                            \
	X(OPEN, "open") /* the trace ended first */                                                \
	X(RAN, "ran") /* the vCPU entered the guest */                                             \
	X(SUPERSEDED, "superseded") /* another KVM_SET_NESTED_STATE came first */                  \
	X(FREED, "freed") /* the vCPU was destroyed */                                             \
	X(LEFT, "left") /* nothing was restored */                                                 \
	X(REFUSED, "refused") /* KVM_SET_NESTED_STATE failed */

enum restore_end {
#define RESTORE_END_ENUM(id, name) END_##id,
	RESTORE_ENDS(RESTORE_END_ENUM)
#undef RESTORE_END_ENUM
		END_COUNT
};

enum severity {
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
	SEVERITY_COUNT,
};

enum verdict_kind {
	VERDICT_PASS,
	VERDICT_INCONCLUSIVE,
	VERDICT_FAIL,
	VERDICT_COUNT,
};

#endif
