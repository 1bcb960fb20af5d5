/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the place of journald in the lab: what libsystemd sends to the journal's socket goes to
 * standard output, each record with an empty line after it. With a path, that of another socket.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = "/run/systemd/journal/socket" };
	char record[65536];
	ssize_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc > 1)
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	umask(0); /* any user may write to it */
	mkdir("/run", 0755);
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address))) {
		perror("journal_socket");
		return 1;
	}
	while ((len = recv(fd, record, sizeof(record), 0)) >= 0) {
		fwrite(record, 1, (size_t)len, stdout);
		putchar('\n');
		fflush(stdout);
	}
	return 1;
}
