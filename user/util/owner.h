/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose files are that root makes for somebody who called sudo. */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <sys/types.h>

struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Who called sudo, by these two variables of it: two plain numbers. False: nobody, root, or not
 * to be believed.
 */
bool owner_parse(struct owner *owner, const char *sudo_uid, const char *sudo_gid);

/* Of this process: none, where it is not root's or does not come from sudo. */
bool owner_wanted(struct owner *owner);

/*
 * What this process has made, by its descriptor and never by its name, to whoever called sudo. Of
 * no consequence where there is nobody; where it fails, that is said of name and it stays root's.
 */
void owner_give(int fd, const char *name);

#endif
