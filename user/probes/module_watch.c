/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/module_watch.h"

#define KERNEL_GROUP 1 /* of NETLINK_KOBJECT_UEVENT: 2 is udev's */

int module_watch_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

enum module_change module_watch_parse(const char *message, size_t len, const char *module)
{
	static const struct {
		const char *action;
		enum module_change change;
	} actions[] = { { "add", MODULE_LOADED }, { "remove", MODULE_UNLOADED } };
	char wanted[96];
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		snprintf(wanted, sizeof(wanted), "%s@/module/%s", actions[i].action, module);
		if (strnlen(message, len) == strlen(wanted) && len > strlen(wanted) &&
		    !strcmp(message, wanted))
			return actions[i].change;
	}
	return MODULE_UNCHANGED;
}

enum module_change module_watch_read(int fd, const char *module)
{
	enum module_change latest = MODULE_UNCHANGED, change;
	struct sockaddr_nl from;
	socklen_t from_len;
	char message[4096];
	ssize_t len;

	for (;;) {
		from_len = sizeof(from);
		len = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from,
			       &from_len);
		if (len < 0 && errno == ENOBUFS) /* some are lost: look at the next */
			continue;
		if (len <= 0)
			return latest;
		if (from.nl_pid) /* not from the kernel */
			continue;
		change = module_watch_parse(message, (size_t)len, module);
		if (change != MODULE_UNCHANGED)
			latest = change;
	}
}
