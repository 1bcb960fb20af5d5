/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/errstr.h"
#include "util/owner.h"
#include "util/say.h"

/* All bits set is nobody: to chown(2) it means "as it is". */
static bool parse_id(const char *text, uint32_t *id)
{
	char *end;
	unsigned long long value;

	if (!text || !*text || text[strspn(text, "0123456789")] || strlen(text) > 10)
		return false;
	value = strtoull(text, &end, 10);
	*id = (uint32_t)value;
	return !*end && value < UINT32_MAX;
}

bool owner_parse(struct owner *owner, const char *sudo_uid, const char *sudo_gid)
{
	uint32_t uid, gid;

	if (!parse_id(sudo_uid, &uid) || !parse_id(sudo_gid, &gid) || !uid)
		return false;
	*owner = (struct owner){ .uid = uid, .gid = gid };
	return true;
}

/* Who is not root by both ids has an environment that others may have made. */
bool owner_wanted(struct owner *owner)
{
	return !getuid() && !geteuid() &&
	       owner_parse(owner, getenv("SUDO_UID"), getenv("SUDO_GID"));
}

void owner_give(int fd, const char *name)
{
	struct owner owner;

	if (owner_wanted(&owner) && fchown(fd, owner.uid, owner.gid))
		say("%s stays root's (%s): 'sudo chown' gives it to you", name, errstr(errno));
}
