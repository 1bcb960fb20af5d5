/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sinks/report/style.h"

/* The path is the compiler's: make runs it at the top of the tree. */
__asm__(".pushsection .rodata\n"
	".global report_style\n"
	"report_style:\n"
	".incbin \"user/sinks/report/report.css\"\n"
	".byte 0\n"
	".popsection\n");
