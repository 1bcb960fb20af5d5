// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * VMCS fields by name, in guest memory when the VMCS is enlightened and by VMREAD and VMWRITE when
 * it is not.
 */
#include "guest.h"

struct field_place {
	uint16_t encoding;
	uint16_t offset;
	uint16_t size;
};

#define SIZEOF_MEMBER(member) sizeof(((struct evmcs *)0)->member)
#define FIELD_PLACE(name, encoding, member)                                                        \
	[F_##name] = { encoding, offsetof(struct evmcs, member), SIZEOF_MEMBER(member) },
static const struct field_place places[NR_VMCS_FIELDS] = { VMCS_FIELDS(FIELD_PLACE) };
#undef FIELD_PLACE

static uint64_t evmcs_read(struct guest_area *area, const struct field_place *place)
{
	const void *p = area_page(area, AREA_EVMCS + place->offset);

	if (place->size == 2)
		return *(const volatile uint16_t *)p;
	if (place->size == 4)
		return *(const volatile uint32_t *)p;
	return *(const volatile uint64_t *)p;
}

static void evmcs_write(struct guest_area *area, const struct field_place *place, uint64_t value)
{
	void *p = area_page(area, AREA_EVMCS + place->offset);

	if (place->size == 2)
		*(volatile uint16_t *)p = value;
	else if (place->size == 4)
		*(volatile uint32_t *)p = value;
	else
		*(volatile uint64_t *)p = value;
}

uint64_t vmcs_read(struct guest_area *area, enum vmcs_field field)
{
	const struct field_place *place = &places[field];
	uint64_t value;
	uint8_t failed;

	if (area->params.evmcs)
		return evmcs_read(area, place);
	__asm__ volatile("vmread %2, %0; setna %1"
			 : "=r"(value), "=qm"(failed)
			 : "r"((uint64_t)place->encoding)
			 : "cc", "memory");
	if (failed)
		guest_fail(area, FAIL_FIELD, place->encoding, 0, 0);
	return value;
}

void vmcs_write(struct guest_area *area, enum vmcs_field field, uint64_t value)
{
	const struct field_place *place = &places[field];
	uint8_t failed;

	if (area->params.evmcs) {
		evmcs_write(area, place, value);
		return;
	}
	__asm__ volatile("vmwrite %1, %2; setna %0"
			 : "=qm"(failed)
			 : "r"(value), "r"((uint64_t)place->encoding)
			 : "cc", "memory");
	if (failed)
		guest_fail(area, FAIL_FIELD, place->encoding, value, 0);
}

void vmcs_check(struct guest_area *area, enum vmcs_field field, uint64_t want)
{
	uint64_t got = vmcs_read(area, field);

	if (got != want)
		guest_fail(area, FAIL_FIELD, places[field].encoding, want, got);
}

_Static_assert(sizeof(struct evmcs) <= 4096 && NR_VMCS_FIELDS * 8 <= 4096,
	       "a snapshot is one page");

/* Keeps a copy of the whole eVMCS, or of every field of the table, for vmcs_check_snapshot(). */
void vmcs_snapshot(struct guest_area *area)
{
	volatile uint64_t *copy = area_page(area, AREA_SNAPSHOT);
	const volatile uint64_t *evmcs = area_page(area, AREA_EVMCS);
	unsigned int i;

	if (area->params.evmcs) {
		for (i = 0; i < sizeof(struct evmcs) / 8; i++)
			copy[i] = evmcs[i];
		return;
	}
	for (i = 0; i < NR_VMCS_FIELDS; i++)
		copy[i] = vmcs_read(area, i);
}

/*
 * Nothing but L1 changes the VMCS while L1 is active, whatever was saved and restored meanwhile:
 * KVM may only clear bits of hv_clean_fields, when it maps the eVMCS anew.
 */
void vmcs_check_snapshot(struct guest_area *area)
{
	const volatile uint64_t *copy = area_page(area, AREA_SNAPSHOT);
	const volatile uint64_t *evmcs = area_page(area, AREA_EVMCS);
	unsigned int i;

	if (!area->params.evmcs) {
		for (i = 0; i < NR_VMCS_FIELDS; i++)
			if (vmcs_read(area, i) != copy[i])
				guest_fail(area, FAIL_SNAPSHOT, places[i].encoding, copy[i],
					   vmcs_read(area, i));
		return;
	}
	for (i = 0; i < sizeof(struct evmcs) / 8; i++)
		if (evmcs[i] != copy[i] && i != offsetof(struct evmcs, clean_fields) / 8)
			guest_fail(area, FAIL_SNAPSHOT, i * 8, copy[i], evmcs[i]);
}
