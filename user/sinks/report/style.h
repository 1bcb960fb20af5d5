/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report.css, which goes into each page. */
#ifndef STYLE_H
#define STYLE_H

extern const char report_style[];

#endif
