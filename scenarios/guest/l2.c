// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * L2: counts, ticks to L0 userspace, computes a little, calls L1, and checks every register around
 * both.
 */
#include "guest.h"

static uint64_t spin(uint64_t n)
{
	uint64_t sum = 0, i;

	for (i = 1; i <= n; i++) {
		sum += i;
		__asm__ volatile("" : "+r"(sum));
	}
	return sum;
}

static void tick(struct guest_area *area)
{
	uint64_t count = ++area->report.l2_count;
	uint64_t n = area->params.spin, sum;
	uint32_t wrong;

	wrong = l2_checked_out(PORT_L2_TICK, count, pattern_seed(count));
	if (wrong) /* L2 may have been saved in that OUT and gone on in another VM */
		guest_fail(area, FAIL_L2_REGS, PORT_L2_TICK, count, wrong);
	sum = spin(n);
	if (sum != n * (n + 1) / 2)
		guest_fail(area, FAIL_L2_SPIN, 0, n * (n + 1) / 2, sum);
	wrong = l2_checked_vmcall(0, area->report.l2_count, pattern_seed(count));
	if (wrong)
		guest_fail(area, FAIL_L2_REGS, 0, count, wrong);
}

void l2_main(struct guest_area *area)
{
	for (;;) {
		if (area->params.role == ROLE_NESTED)
			tick(area);
		else
			__asm__ volatile("vmcall" : : : "memory");
	}
}
