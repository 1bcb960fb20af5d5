/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A library that one command needs is opened by that command: libmicrohttpd brings
 * in nine more (GnuTLS and what that needs), which took every command five million
 * instructions to start and two and a half megabytes to have.
 */
#ifndef LAZY_H
#define LAZY_H

struct lazy_function {
	const char *name;
	void *at; /* the pointer to it */
};

/* 0, or -ELIBACC after having told the user. The list ends with a name of NULL. */
int lazy_open(const char *soname, const struct lazy_function *functions);

/*
 * In the program's ELF notes, by the rules of the UAPI group, for whoever collects
 * what a program needs: images and packages. Once in a file.
 */
#define LAZY_NOTE(soname, what)                                                                    \
	__asm__(".pushsection .note.dlopen, \"a\", %note\n"                                        \
		".balign 4\n"                                                                      \
		".long 1f - 0f, 3f - 2f, 0x407c0c0a\n"                                             \
		"0: .asciz \"FDO\"\n"                                                              \
		"1: .balign 4\n"                                                                   \
		"2: .asciz \"[{\\\"feature\\\":\\\"" what "\\\",\\\"priority\\\":"                 \
		"\\\"recommended\\\",\\\"soname\\\":[\\\"" soname "\\\"]}]\"\n"                    \
		"3: .balign 4\n"                                                                   \
		".popsection\n")

#endif
