/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/new_file.h"

static void drop(struct new_file *n)
{
	unlink(n->temporary);
	free(n->temporary);
	*n = (struct new_file){};
}

int new_file_open(struct new_file *n, const char *path, mode_t mode)
{
	int fd, err;

	*n = (struct new_file){ .path = path };
	if (asprintf(&n->temporary, "%s.XXXXXX", path) < 0) {
		n->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(n->temporary, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		free(n->temporary);
		*n = (struct new_file){};
		return err;
	}
	/* whatever the umask is */
	n->f = fchmod(fd, mode) ? NULL : fdopen(fd, "w");
	if (n->f)
		return 0;
	err = -errno;
	close(fd);
	drop(n);
	return err;
}

int new_file_close(struct new_file *n, bool keep)
{
	int err = 0;

	if (!n->f)
		return 0;
	/* of a write that failed earlier fclose() does not tell */
	if (ferror(n->f))
		err = -EIO;
	if (fclose(n->f))
		err = -errno;
	if (keep && !err && rename(n->temporary, n->path))
		err = -errno;
	if (keep && !err) {
		free(n->temporary);
		*n = (struct new_file){};
		return 0;
	}
	drop(n);
	return keep ? err : 0;
}
