/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the guest: instructions as functions, and what the guest's files give each other. */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>
#include "guest_abi.h"
#include "vmx_defs.h"

extern const char l1_exit_point[], l2_checked_vmcall_insn[], exception_stubs[];

int l1_enter(struct guest_area *area, int launch);
void l1_unblock_nmi(void);
uint32_t l2_checked_out(uint32_t port, uint32_t value, uint64_t seed);
uint32_t l2_checked_vmcall(uint32_t unused, uint32_t value, uint64_t seed);

/* The entry points that assembler or the VMCS call. */
void l1_main(struct guest_area *area);
void l2_main(struct guest_area *area);
void guest_exception(struct guest_area *area, uint64_t vector, uint64_t rip);

/* vmcs.c: one interface over both formats; a failed VMREAD or VMWRITE ends in guest_fail(). */
uint64_t vmcs_read(struct guest_area *area, enum vmcs_field field);
void vmcs_write(struct guest_area *area, enum vmcs_field field, uint64_t value);
void vmcs_check(struct guest_area *area, enum vmcs_field field, uint64_t want);
void vmcs_snapshot(struct guest_area *area);
void vmcs_check_snapshot(struct guest_area *area);

/* l1_setup.c: everything up to the first VM entry. */
void l1_load_idt(struct guest_area *area);
void l1_setup_vmx(struct guest_area *area);

/* Ends the guest: fills the report and tells the VMM. */
__attribute__((noreturn)) void guest_fail(struct guest_area *area, enum guest_fail fail,
					  uint32_t where, uint64_t want, uint64_t got);

static inline void *area_page(struct guest_area *area, uint32_t offset)
{
	return (char *)area + offset;
}

static inline uint64_t area_gpa(struct guest_area *area, uint32_t offset)
{
	return (uint64_t)area_page(area, offset);
}

/* Any two counts differ in many bits, in both halves. */
static inline uint64_t pattern_seed(uint64_t count)
{
	return count * 0x9e3779b97f4a7c15ull;
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

#define READ_CR(n, v) __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory")
#define WRITE_CR(n, v) __asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory")

#endif /* GUEST_H */
