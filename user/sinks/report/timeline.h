/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Restores as drawings, to scale, with the forbidden zone marked. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "sinks/report/kept.h"
#include "sinks/report/page.h"

/* The whole restore, and KVM_SET_NESTED_STATE once more where it is narrow in that. */
void timeline_draw(struct page *page, const struct kept_detail *detail);

/* One line high. */
void timeline_draw_small(struct page *page, const struct kept_row *row);

/* What the colours and shapes of that page stand for, and what the drawings share. */
void timeline_legend(struct page *page, const struct kept *kept);

#endif
