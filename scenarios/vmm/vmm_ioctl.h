/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the library: one way to call an ioctl, seen with vmm_verbose and named in errors. */
#ifndef VMM_IOCTL_H
#define VMM_IOCTL_H

/* The ioctl's result (>= 0), or -errno without a message. */
int vmm_try_ioctl(int fd, unsigned long request, const char *name, void *arg);
/* The same; an error is said on stderr. */
int vmm_ioctl(int fd, unsigned long request, const char *name, void *arg);

#define TRY_IOCTL(fd, request, arg) vmm_try_ioctl(fd, request, #request, (void *)(arg))
#define DO_IOCTL(fd, request, arg) vmm_ioctl(fd, request, #request, (void *)(arg))

#endif /* VMM_IOCTL_H */
