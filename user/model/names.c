/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/kvm.h>
#include <string.h>

#include "model/names.h"

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define NAME_ENTRY(id, name, ...) name,
#define CLASS_ENTRY(id, name, cls) CLASS_##cls,

static const char *const point_names[] = { EVMCS_POINTS(NAME_ENTRY) };
static const enum point_class point_classes[] = { EVMCS_POINTS(CLASS_ENTRY) };
static const char *const phase_names[] = { "enter", "exit", "note" };
static const char *const purpose_names[] = { EVMCS_PURPOSES(NAME_ENTRY) };
static const char *const loss_stage_names[] = { "ring",	  "tracking", "missed",
						"output", "silent",   "detached" };
static const char *const path_names[] = { RESTORE_PATHS(NAME_ENTRY) };
static const char *const end_names[] = { RESTORE_ENDS(NAME_ENTRY) };
static const char *const severity_names[] = { "info", "warning", "error" };
static const char *const verdict_names[] = { "pass", "inconclusive", "fail" };
static const char *const object_names[] = { OBJECT_NAME_KERNEL, "kvm", "kvm_intel" };

/* The ioctls that a VMM uses around a restore, and those that reach memory. */
static const struct {
	uint32_t cmd;
	const char *name;
} ioctls[] = {
#define IOCTL(name)                                                                                \
	{                                                                                          \
		(uint32_t)(name), #name                                                            \
	}
	IOCTL(KVM_RUN),
	IOCTL(KVM_SET_NESTED_STATE),
	IOCTL(KVM_GET_NESTED_STATE),
	IOCTL(KVM_GET_REGS),
	IOCTL(KVM_SET_REGS),
	IOCTL(KVM_GET_SREGS),
	IOCTL(KVM_SET_SREGS),
	IOCTL(KVM_GET_SREGS2),
	IOCTL(KVM_SET_SREGS2),
	IOCTL(KVM_GET_MSRS),
	IOCTL(KVM_SET_MSRS),
	IOCTL(KVM_GET_FPU),
	IOCTL(KVM_SET_FPU),
	IOCTL(KVM_GET_XSAVE),
	IOCTL(KVM_GET_XSAVE2),
	IOCTL(KVM_SET_XSAVE),
	IOCTL(KVM_GET_XCRS),
	IOCTL(KVM_SET_XCRS),
	IOCTL(KVM_GET_LAPIC),
	IOCTL(KVM_SET_LAPIC),
	IOCTL(KVM_GET_VCPU_EVENTS),
	IOCTL(KVM_SET_VCPU_EVENTS),
	IOCTL(KVM_GET_MP_STATE),
	IOCTL(KVM_SET_MP_STATE),
	IOCTL(KVM_GET_DEBUGREGS),
	IOCTL(KVM_SET_DEBUGREGS),
	IOCTL(KVM_SET_GUEST_DEBUG),
	IOCTL(KVM_SET_CPUID2),
	IOCTL(KVM_SET_TSC_KHZ),
	IOCTL(KVM_SET_VAPIC_ADDR),
	IOCTL(KVM_ENABLE_CAP),
	IOCTL(KVM_TRANSLATE),
	IOCTL(KVM_INTERRUPT),
	IOCTL(KVM_NMI),
	IOCTL(KVM_SMI),
	IOCTL(KVM_KVMCLOCK_CTRL),
	IOCTL(KVM_GET_SUPPORTED_HV_CPUID),
	IOCTL(KVM_SET_USER_MEMORY_REGION),
	IOCTL(KVM_GET_DIRTY_LOG),
	IOCTL(KVM_CREATE_VCPU),
	IOCTL(KVM_CHECK_EXTENSION),
	IOCTL(KVM_SET_TSS_ADDR),
	IOCTL(KVM_SET_IDENTITY_MAP_ADDR),
	IOCTL(KVM_SET_CLOCK),
	IOCTL(KVM_GET_CLOCK),
#undef IOCTL
};

static const char *name_at(const char *const *names, int count, unsigned int index)
{
	return index < (unsigned int)count ? names[index] : "unknown";
}

static int index_of(const char *const *names, int count, const char *name)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

#define NAME_LOOKUPS(type, what)                                                                   \
	const char *what##_name(type value)                                                        \
	{                                                                                          \
		return name_at(what##_names, COUNT_OF(what##_names), (unsigned int)value);         \
	}

#define NAME_FINDER(what)                                                                          \
	int what##_by_name(const char *name)                                                       \
	{                                                                                          \
		return index_of(what##_names, COUNT_OF(what##_names), name);                       \
	}

NAME_LOOKUPS(enum evmcs_point, point)
NAME_LOOKUPS(enum evmcs_phase, phase)
NAME_LOOKUPS(unsigned int, purpose)
NAME_LOOKUPS(enum loss_stage, loss_stage)
NAME_LOOKUPS(enum restore_path, path)
NAME_LOOKUPS(enum restore_end, end)
NAME_LOOKUPS(enum severity, severity)
NAME_LOOKUPS(enum verdict_kind, verdict)
NAME_LOOKUPS(enum traced_object, object)

NAME_FINDER(point)
NAME_FINDER(phase)
NAME_FINDER(purpose)
NAME_FINDER(loss_stage)
NAME_FINDER(severity)
NAME_FINDER(object)

bool point_has_probe(enum evmcs_point point)
{
	return point != PT_RAN && point != PT_FIRST_ENTRY && point != PT_FIRST_EXIT;
}

const char *nested_flag_name(unsigned int bit)
{
	static const char *const names[] = { "guest_mode", "run_pending", "evmcs", "mtf_pending" };

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

enum point_class point_class(enum evmcs_point point)
{
	return point_classes[point];
}

const char *ioctl_name(uint32_t cmd)
{
	int i;

	for (i = 0; i < COUNT_OF(ioctls); i++)
		if (ioctls[i].cmd == cmd)
			return ioctls[i].name;
	return NULL;
}

uint32_t ioctl_by_name(const char *name)
{
	int i;

	for (i = 0; i < COUNT_OF(ioctls); i++)
		if (!strcmp(ioctls[i].name, name))
			return ioctls[i].cmd;
	return 0;
}
