/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * VMX as the guest needs it: MSRs, control bits, VMCS field encodings (Intel SDM vol. 3, appendices
 * A and B), and the layout of enlightened VMCS version 1 (Hyper-V TLFS, "Nested virtualization").
 */
#ifndef VMX_DEFS_H
#define VMX_DEFS_H

#include <stddef.h>
#include <stdint.h>

enum {
	MSR_FEAT_CTL = 0x3a,
	MSR_VMX_BASIC = 0x480,
	MSR_VMX_PINBASED = 0x481,
	MSR_VMX_PROCBASED = 0x482,
	MSR_VMX_EXIT = 0x483,
	MSR_VMX_ENTRY = 0x484,
	MSR_VMX_CR0_FIXED0 = 0x486,
	MSR_VMX_CR0_FIXED1 = 0x487,
	MSR_VMX_CR4_FIXED0 = 0x488,
	MSR_VMX_CR4_FIXED1 = 0x489,
	MSR_VMX_TRUE_PINBASED = 0x48d,
	MSR_VMX_TRUE_PROCBASED = 0x48e,
	MSR_VMX_TRUE_EXIT = 0x48f,
	MSR_VMX_TRUE_ENTRY = 0x490,
	MSR_X2APIC_EOI = 0x80b,
	MSR_HV_GUEST_OS_ID = 0x40000000,
	MSR_HV_HYPERCALL = 0x40000001,
	MSR_HV_VP_ASSIST = 0x40000073,
};
#define MSR_EFER 0xc0000080u
#define MSR_PAT 0x277u

#define FEAT_CTL_LOCKED (1u << 0)
#define FEAT_CTL_VMXON (1u << 2)
#define VMX_BASIC_TRUE_CTLS (1ull << 55)
#define HV_MSR_ENABLE 1ull
/* An open source guest OS of no number of its own. */
#define HV_GUEST_OS_ID 0x8100000000000000ull

#define PIN_EXT_INTR_EXITING (1u << 0)
#define PIN_NMI_EXITING (1u << 3)
#define PROC_USE_MSR_BITMAPS (1u << 28)
#define EXIT_HOST_64BIT (1u << 9)
#define EXIT_ACK_INTR (1u << 15)
#define EXIT_SAVE_PAT (1u << 18)
#define EXIT_LOAD_PAT (1u << 19)
#define EXIT_SAVE_EFER (1u << 20)
#define EXIT_LOAD_EFER (1u << 21)
#define ENTRY_GUEST_64BIT (1u << 9)
#define ENTRY_LOAD_PAT (1u << 14)
#define ENTRY_LOAD_EFER (1u << 15)

#define EXIT_REASON_ENTRY_FAILED (1u << 31)
#define INTR_INFO_VALID (1u << 31)
#define INTR_INFO_TYPE_NMI (2u << 8)
#define NMI_VECTOR 2u

#define AR_CODE64 0xa09bu
#define AR_DATA 0xc093u
#define AR_TSS_BUSY 0x008bu
#define AR_UNUSABLE 0x10000u
#define ACTIVITY_ACTIVE 0u
#define ACTIVITY_HLT 1u

#define EVMCS_VERSION 1u
#define EVMCS_CLEAN_ALL 0xffffu
#define EVMCS_CLEAN_GUEST_GRP1 (1u << 11)

/* The VP assist page, as far as nesting uses it. */
struct vp_assist_page {
	uint32_t apic_assist;
	uint32_t reserved1;
	uint64_t vtl_control[3];
	uint64_t nested_control;
	uint8_t enlighten_vmentry;
	uint8_t reserved2[7];
	uint64_t current_nested_vmcs;
};
_Static_assert(offsetof(struct vp_assist_page, current_nested_vmcs) == 48, "VP assist page");

/* Enlightened VMCS version 1. Names follow the fields that they stand for; gaps are reserved. */
struct evmcs {
	uint32_t version, abort;
	uint16_t host_es, host_cs, host_ss, host_ds, host_fs, host_gs, host_tr, gap1;
	uint64_t host_pat, host_efer, host_cr0, host_cr3, host_cr4;
	uint64_t host_sysenter_esp, host_sysenter_eip, host_rip;
	uint32_t host_sysenter_cs, pin_controls, exit_controls, proc2_controls;
	uint64_t io_bitmap_a, io_bitmap_b, msr_bitmap;
	uint16_t guest_es, guest_cs, guest_ss, guest_ds, guest_fs, guest_gs, guest_ldtr, guest_tr;
	uint32_t guest_es_limit, guest_cs_limit, guest_ss_limit, guest_ds_limit;
	uint32_t guest_fs_limit, guest_gs_limit, guest_ldtr_limit, guest_tr_limit;
	uint32_t guest_gdtr_limit, guest_idtr_limit;
	uint32_t guest_es_ar, guest_cs_ar, guest_ss_ar, guest_ds_ar;
	uint32_t guest_fs_ar, guest_gs_ar, guest_ldtr_ar, guest_tr_ar;
	uint64_t guest_es_base, guest_cs_base, guest_ss_base, guest_ds_base, guest_fs_base;
	uint64_t guest_gs_base, guest_ldtr_base, guest_tr_base, guest_gdtr_base, guest_idtr_base;
	uint64_t gap2[3];
	uint64_t exit_msr_store_addr, exit_msr_load_addr, entry_msr_load_addr;
	uint64_t cr3_target[4];
	uint32_t pf_error_mask, pf_error_match;
	uint32_t cr3_target_count, exit_msr_store_count, exit_msr_load_count, entry_msr_load_count;
	uint64_t tsc_offset, virtual_apic_page, link_pointer;
	uint64_t guest_debugctl, guest_pat, guest_efer, guest_pdptr[4];
	uint64_t guest_pending_debug, guest_sysenter_esp, guest_sysenter_eip;
	uint32_t guest_activity, guest_sysenter_cs;
	uint64_t cr0_mask, cr4_mask, cr0_shadow, cr4_shadow;
	uint64_t guest_cr0, guest_cr3, guest_cr4, guest_dr7;
	uint64_t host_fs_base, host_gs_base, host_tr_base, host_gdtr_base, host_idtr_base, host_rsp;
	uint64_t ept_pointer;
	uint16_t vpid, gap3[3];
	uint64_t gap4[5];
	uint64_t guest_physical_address;
	uint32_t instruction_error, exit_reason, exit_intr_info, exit_intr_error;
	uint32_t idt_info, idt_error, exit_insn_len, insn_info;
	uint64_t qualification, io_rcx, io_rsi, io_rdi, io_rip;
	uint64_t guest_linear_address, guest_rsp, guest_rflags;
	uint32_t guest_interruptibility, proc_controls, exception_bitmap, entry_controls;
	uint32_t entry_intr_info, entry_intr_error, entry_insn_len, tpr_threshold;
	uint64_t guest_rip;
	uint32_t clean_fields, gap5, synthetic_controls, enlightenments;
	uint32_t vp_id, gap6;
	uint64_t vm_id, partition_assist_page, gap7[4];
	uint64_t guest_bndcfgs, guest_perf_global_ctrl, guest_s_cet, guest_ssp;
	uint64_t guest_ssp_table, guest_lbr_ctl, gap8[2];
	uint64_t xss_exit_bitmap, encls_exit_bitmap, host_perf_global_ctrl, tsc_multiplier;
	uint64_t host_s_cet, host_ssp, host_ssp_table, gap9;
};
_Static_assert(offsetof(struct evmcs, host_pat) == 24, "eVMCS layout");
_Static_assert(offsetof(struct evmcs, guest_rip) == 816, "eVMCS layout");
_Static_assert(offsetof(struct evmcs, clean_fields) == 824, "eVMCS layout");

/*
 * Every field that the guest uses: X(name, encoding, member of struct evmcs). The width is the
 * member's.
 */
#define VMCS_FIELDS(X)                                                                             \
	X(GUEST_ES, 0x0800, guest_es)                                                              \
	X(GUEST_CS, 0x0802, guest_cs)                                                              \
	X(GUEST_SS, 0x0804, guest_ss)                                                              \
	X(GUEST_DS, 0x0806, guest_ds)                                                              \
	X(GUEST_FS, 0x0808, guest_fs)                                                              \
	X(GUEST_GS, 0x080a, guest_gs)                                                              \
	X(GUEST_LDTR, 0x080c, guest_ldtr)                                                          \
	X(GUEST_TR, 0x080e, guest_tr)                                                              \
	X(HOST_ES, 0x0c00, host_es)                                                                \
	X(HOST_CS, 0x0c02, host_cs)                                                                \
	X(HOST_SS, 0x0c04, host_ss)                                                                \
	X(HOST_DS, 0x0c06, host_ds)                                                                \
	X(HOST_FS, 0x0c08, host_fs)                                                                \
	X(HOST_GS, 0x0c0a, host_gs)                                                                \
	X(HOST_TR, 0x0c0c, host_tr)                                                                \
	X(MSR_BITMAP, 0x2004, msr_bitmap)                                                          \
	X(LINK_POINTER, 0x2800, link_pointer)                                                      \
	X(GUEST_DEBUGCTL, 0x2802, guest_debugctl)                                                  \
	X(GUEST_PAT, 0x2804, guest_pat)                                                            \
	X(GUEST_EFER, 0x2806, guest_efer)                                                          \
	X(HOST_PAT, 0x2c00, host_pat)                                                              \
	X(HOST_EFER, 0x2c02, host_efer)                                                            \
	X(PIN_CONTROLS, 0x4000, pin_controls)                                                      \
	X(PROC_CONTROLS, 0x4002, proc_controls)                                                    \
	X(EXCEPTION_BITMAP, 0x4004, exception_bitmap)                                              \
	X(EXIT_CONTROLS, 0x400c, exit_controls)                                                    \
	X(ENTRY_CONTROLS, 0x4012, entry_controls)                                                  \
	X(INSTRUCTION_ERROR, 0x4400, instruction_error)                                            \
	X(EXIT_REASON, 0x4402, exit_reason)                                                        \
	X(EXIT_INTR_INFO, 0x4404, exit_intr_info)                                                  \
	X(EXIT_INSN_LEN, 0x440c, exit_insn_len)                                                    \
	X(GUEST_ES_LIMIT, 0x4800, guest_es_limit)                                                  \
	X(GUEST_CS_LIMIT, 0x4802, guest_cs_limit)                                                  \
	X(GUEST_SS_LIMIT, 0x4804, guest_ss_limit)                                                  \
	X(GUEST_DS_LIMIT, 0x4806, guest_ds_limit)                                                  \
	X(GUEST_FS_LIMIT, 0x4808, guest_fs_limit)                                                  \
	X(GUEST_GS_LIMIT, 0x480a, guest_gs_limit)                                                  \
	X(GUEST_LDTR_LIMIT, 0x480c, guest_ldtr_limit)                                              \
	X(GUEST_TR_LIMIT, 0x480e, guest_tr_limit)                                                  \
	X(GUEST_GDTR_LIMIT, 0x4810, guest_gdtr_limit)                                              \
	X(GUEST_IDTR_LIMIT, 0x4812, guest_idtr_limit)                                              \
	X(GUEST_ES_AR, 0x4814, guest_es_ar)                                                        \
	X(GUEST_CS_AR, 0x4816, guest_cs_ar)                                                        \
	X(GUEST_SS_AR, 0x4818, guest_ss_ar)                                                        \
	X(GUEST_DS_AR, 0x481a, guest_ds_ar)                                                        \
	X(GUEST_FS_AR, 0x481c, guest_fs_ar)                                                        \
	X(GUEST_GS_AR, 0x481e, guest_gs_ar)                                                        \
	X(GUEST_LDTR_AR, 0x4820, guest_ldtr_ar)                                                    \
	X(GUEST_TR_AR, 0x4822, guest_tr_ar)                                                        \
	X(GUEST_INTERRUPTIBILITY, 0x4824, guest_interruptibility)                                  \
	X(GUEST_ACTIVITY, 0x4826, guest_activity)                                                  \
	X(CR0_MASK, 0x6000, cr0_mask)                                                              \
	X(CR4_MASK, 0x6002, cr4_mask)                                                              \
	X(CR0_SHADOW, 0x6004, cr0_shadow)                                                          \
	X(CR4_SHADOW, 0x6006, cr4_shadow)                                                          \
	X(GUEST_CR0, 0x6800, guest_cr0)                                                            \
	X(GUEST_CR3, 0x6802, guest_cr3)                                                            \
	X(GUEST_CR4, 0x6804, guest_cr4)                                                            \
	X(GUEST_CS_BASE, 0x6808, guest_cs_base)                                                    \
	X(GUEST_FS_BASE, 0x680e, guest_fs_base)                                                    \
	X(GUEST_GS_BASE, 0x6810, guest_gs_base)                                                    \
	X(GUEST_LDTR_BASE, 0x6812, guest_ldtr_base)                                                \
	X(GUEST_TR_BASE, 0x6814, guest_tr_base)                                                    \
	X(GUEST_GDTR_BASE, 0x6816, guest_gdtr_base)                                                \
	X(GUEST_IDTR_BASE, 0x6818, guest_idtr_base)                                                \
	X(GUEST_DR7, 0x681a, guest_dr7)                                                            \
	X(GUEST_RSP, 0x681c, guest_rsp)                                                            \
	X(GUEST_RIP, 0x681e, guest_rip)                                                            \
	X(GUEST_RFLAGS, 0x6820, guest_rflags)                                                      \
	X(HOST_CR0, 0x6c00, host_cr0)                                                              \
	X(HOST_CR3, 0x6c02, host_cr3)                                                              \
	X(HOST_CR4, 0x6c04, host_cr4)                                                              \
	X(HOST_FS_BASE, 0x6c06, host_fs_base)                                                      \
	X(HOST_GS_BASE, 0x6c08, host_gs_base)                                                      \
	X(HOST_TR_BASE, 0x6c0a, host_tr_base)                                                      \
	X(HOST_GDTR_BASE, 0x6c0c, host_gdtr_base)                                                  \
	X(HOST_IDTR_BASE, 0x6c0e, host_idtr_base)                                                  \
	X(HOST_RSP, 0x6c14, host_rsp)                                                              \
	X(HOST_RIP, 0x6c16, host_rip)

#define VMCS_FIELD_INDEX(name, encoding, member) F_##name,
enum vmcs_field { VMCS_FIELDS(VMCS_FIELD_INDEX) NR_VMCS_FIELDS };
#undef VMCS_FIELD_INDEX

#endif /* VMX_DEFS_H */
