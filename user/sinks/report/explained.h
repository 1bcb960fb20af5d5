/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was found and what is in doubt, in the words of `evmcs-trace explain`. */
#ifndef EXPLAINED_H
#define EXPLAINED_H

#include "sinks/report/kept.h"
#include "sinks/report/page.h"

/* Where these sections are: "#NAME" of a class, and for doubts the targets of links. */
void link_restore_doubt(struct page *page, enum inconclusive_reason why);
void link_run_doubt(struct page *page, enum doubt doubt, const char *text);

/* With what it was here: a class has not one severity. */
void link_class(struct page *page, enum severity severity, const struct anomaly_class *cls);

void put_doubts(struct page *page, const struct kept *kept, const struct verdict *verdict);
void put_explanations(struct page *page, const struct kept *kept);

#endif
