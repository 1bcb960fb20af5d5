/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The VMM's side of the guest: loading it into a VM and reading what it says. Errors as in vmm.h.
 */
#ifndef GUEST_HOST_H
#define GUEST_HOST_H

#include "guest_abi.h"
#include "vmm.h"

/*
 * Adds both slots for nr_vcpus areas, writes page tables, GDT and the image. The memslots are the
 * caller's to set.
 */
int guest_load(struct vm *vm, unsigned int nr_vcpus);

/* The area of a vCPU in host memory; valid until vm_destroy(). */
struct guest_area *guest_area(const struct vm *vm, unsigned int vcpu);

/* The vCPU at the guest's entry point, with its area and stack. */
int guest_enter(struct vcpu *vcpu);

/* One sentence about a PORT_FAIL, into text. */
void guest_describe_failure(const struct guest_report *report, char *text, size_t size);

#endif /* GUEST_HOST_H */
