/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capabilities that tracing takes: one table, as measured on the kernels of
 * the lab (docs/privileges.md).
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

enum privilege_need {
	PRIVILEGE_NEEDED, /* nothing is traced without it */
	PRIVILEGE_BETTER, /* there is another way, which costs more */
	PRIVILEGE_OPTIONAL, /* for what few ask for */
};

struct privilege {
	int cap; /* CAP_... */
	int instead; /* this capability does as well; -1: none */
	enum privilege_need need;
	const char *name; /* "CAP_BPF" */
	const char *what_for;
	const char *without; /* what becomes of the trace */
	/*
	 * Asked when it is not held: does this kernel, as it is set up, refuse us
	 * something for want of it? NULL: it always does.
	 */
	bool (*refused)(void);
	/*
	 * Asked when all is attached, while no capability is in force: does what
	 * is still to come need it? NULL: it never does.
	 */
	bool (*kept)(void);
};

const struct privilege *privileges_table(int *nr);

/* Is it in force, itself or what does as well? */
bool privilege_held(const struct privilege *privilege);
/* Would tracing fail here for want of it? */
bool privilege_missing(const struct privilege *privilege);

/* May programs attach to a module's functions by fentry? Else kprobes do. */
bool privileges_allow_fentry(void);

/*
 * Says in one sentence what this process is not permitted and how it would be,
 * and returns the exit status for it; 0 where nothing is missing. Checked before
 * anything is loaded.
 */
int privileges_check(void);

/* What is still to come. */
enum privileges_later {
	LATER_FILES = 1 << 0, /* files of the user's choice are to be opened */
	LATER_ARM = 1 << 1, /* kvm_intel may go and come: then it is armed again */
	LATER_OWNER = 1 << 2, /* those files are to be given to who called sudo */
};

/*
 * Gives up, for this process and all that it starts from now on, what the table
 * does not keep. With LATER_ARM what arming takes stays permitted, but is not in
 * force. Returns 0 or an exit status, after having told the user.
 */
int privileges_drop(unsigned int later);

/* For a process beside the tracer that is to have none: all of them, and for good. */
void privileges_renounce(void);

/* Around arming again: what is permitted comes into force, and goes. */
void privileges_raise(void);
void privileges_lower(void);

/* "cap_bpf,cap_perfmon", as setcap takes it: what this kernel asks for. */
void privileges_list(char *list, size_t len);

#endif
