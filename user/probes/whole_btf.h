/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef WHOLE_BTF_H
#define WHOLE_BTF_H

/*
 * The kernel's BTF and a module's part as one, in a file that has no name: what
 * libbpf finds there it need not ask the kernel for by number, which takes
 * CAP_SYS_ADMIN. A file descriptor, -errno; -ENOENT where the module has none.
 */
int whole_btf_open(const char *module);

#endif
