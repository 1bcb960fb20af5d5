/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said here was run in the lab (docs/catalogue.md, docs/kernels.md,
 * docs/findings.md), or is marked as read in the kernel's source and not run.
 */
#include "explain/explain.h"

/* what docs/kernels.md calls debian-sid */
#define SID "7.2"
#define SEEN "Seen in the lab on: "
#define ALL_FOUR "5.10, 6.1, 6.12, " SID
#define SINCE_5_14 "6.1, 6.12, " SID
#define MODIFIED "on 6.1 with the modified module "
#define MODIFIED_ALL "on 6.1 with the modified modules "
#define P "\n\n" /* a new paragraph */

/* clang-format off */
const struct explanation explanations[] = {
{
	.name = "direct-map-in-set",
	.means =
	"KVM mapped L1's enlightened VMCS while KVM_SET_NESTED_STATE was still running, or tried "
	"to. That reads the page, for its revision, and writes to it, for KVM takes back what L1 "
	"had marked as clean."
	P "Between KVM_SET_NESTED_STATE and the first KVM_RUN that enters the guest, KVM must "
	"not touch guest memory: a VMM may set the nested state first, and bring memslots, "
	"memory and MSRs later. That is why KVM makes a request of the map "
	"(KVM_REQ_GET_NESTED_STATE_PAGES), which KVM_RUN serves. An eVMCS that is mapped because "
	"SET leaves an earlier nested state is A2.",
	.matters =
	"What is mapped need not be what the guest will run with. A VMM that fills the page "
	"later gets -EINVAL for a state that is good, since KVM finds no eVMCS there, and the "
	"page stays pinned (direct-map-memory-after; A17 and A20 beside it). One that moves the "
	"memslot later leaves KVM with the old page (direct-map-moved, A18). In post-copy the "
	"ioctl itself waits for the page (A26). Where the VMM had everything in place before, "
	"the guest goes on as if nothing had been.",
	.scenarios = { "direct-map", "direct-map-msrs-first", "direct-map-memory-after",
		       "serves-in-set" },
	.todo =
	"Kernel developer: leave the map to KVM_REQ_GET_NESTED_STATE_PAGES. If the state is to "
	"say where the eVMCS is, keep the address in SET and map it in KVM_RUN; or let the state "
	"have the page itself, as it has the vmcs12."
	P "VMM author: memslots, their contents and all MSRs before KVM_SET_NESTED_STATE keep "
	"such a kernel from harm, but not in post-copy, where the contents come later by design."
	P "Operator: no stock kernel that was run does this. Find out what is patched (the "
	"anomaly names the function, the trace its stack), and do not migrate nested guests to "
	"that kernel.",
	.kernels =
	SEEN "no stock kernel; " MODIFIED_ALL "direct-map, serves-in-set."
	P "direct-map is the proposal of May 2021, \"KVM: nVMX: Map enlightened VMCS upon "
	"restore when possible\", with hdr.vmx.evmcs_pa. It was never merged: no tree up to "
	"7.3.4 has it (read, not run). Debian's QEMU, made to carry that field, shows it too "
	"(steps direct-file, direct-socket and direct-postcopy of scenarios/qemu-migration); "
	"unmodified it hands 0 to the kernel, and the deferred path restores the guest as ever.",
},
{
	.name = "leave-map-in-set",
	.means =
	"KVM_SET_NESTED_STATE came a second time, while an earlier restore of the vCPU, of a "
	"running L2, still waited for its first KVM_RUN. To take the new state KVM leaves the "
	"old one by an exit from L2 that L1 will never see, and that exit serves the request "
	"which KVM_RUN should have served: it reads the VP assist page, maps the eVMCS of the "
	"earlier state and writes to it, all inside the ioctl."
	P "With L1 active in the earlier state nothing is reached; then it is A22 alone.",
	.matters =
	"The memory need not be there yet. In post-copy the second SET waits for its pages: with "
	"50 ms for a page it takes more than 50 ms (postcopy-set-twice, A26). What is written "
	"to, the clean fields of the eVMCS, is memory that the VMM may still be filling. In the "
	"lab the guest came to no harm: the second state was restored, and ran.",
	.scenarios = { "set-twice", "set-twice-msr-list", "postcopy-set-twice" },
	.todo =
	"Kernel developer: an exit by which nested mode is thrown away needs no eVMCS: the "
	"request could be dropped before it, in vmx_leave_nested(). That was not tried."
	P "VMM author: set the nested state once for each restore. Before the MSR "
	"HV_X64_MSR_VP_ASSIST_PAGE is restored a second SET finds no assist page and maps "
	"nothing (read, not run)."
	P "Operator: it is the VMM's doing, on any kernel. Older versions of QEMU set the state "
	"twice at the end of post-copy, newer ones once (read, not run): upgrade, or migrate "
	"nested guests by pre-copy.",
	.kernels =
	SEEN ALL_FOUR "."
	P "The exit maps the eVMCS since f5c7e8425f18 (5.13, 5.10.38), and 7.3.4 has the same "
	"code (both read, not run). No fix is known.",
},
{
	.name = "mem-in-set",
	.means =
	"KVM reached for guest memory inside KVM_SET_NESTED_STATE, and not for the eVMCS. What "
	"it did not find counts as well: the VMM may bring it later."
	P "Seen were: the list of MSRs that a VM exit loads, when a second SET leaves an earlier "
	"state (set-twice-msr-list); on 5.10 the PDPTEs of an L2 in PAE paging without EPT "
	"(pae-pdptes there); and the page that the VMCS link pointer of an ordinary L2 state "
	"names (link-pointer). The last one is of severity info: every kernel checks it there.",
	.matters =
	"Where the memory comes later, SET fails, waits for it (A26), or takes for true what "
	"happens to be there: a good state is refused because its link pointer has no memslot "
	"yet (read, not run). 5.10 returned 2, which is no error number, for PDPTEs that it "
	"found bad.",
	.scenarios = { "set-twice-msr-list", "link-pointer" },
	.todo =
	"Kernel developer: move what needs guest memory to vmx_get_nested_state_pages(), as "
	"0f85722341b0 did with the PDPTEs, or check it only where the vCPU is to run, as 7.2 "
	"does with the virtual TPR (read, not run)."
	P "VMM author: set the state once. An L2 with a shadow VMCS has a link pointer: its page "
	"should be there before KVM_SET_NESTED_STATE, on every kernel."
	P "Operator: nothing where it is info. Where it is an error, look at the function and "
	"the address that are told, and whether SET was refused.",
	.kernels =
	SEEN ALL_FOUR "."
	P "As an error: the MSR list on all of them; on 5.10 the PDPTEs too, and the link "
	"pointer, whose page it maps by a map that tells nothing of its purpose. The PDPTEs are "
	"left to KVM_RUN since 0f85722341b0 (5.14), and 6.1, 6.12 and " SID " were seen to do "
	"so. For the MSR list no fix is known.",
},
{
	.name = "mem-before-run",
	.means =
	"After KVM_SET_NESTED_STATE, and before a KVM_RUN that got as far as to look at the "
	"nested state, another ioctl reached guest memory. Memory that an ioctl touches because "
	"userspace asked for that, such as KVM_SET_MSRS of an MSR that names a page of the "
	"guest, is recorded and is not meant, unless nested code does it."
	P "Seen were: KVM_GET_MP_STATE with an INIT latched, which makes an exit to L1 and maps "
	"the eVMCS for it (mp-state); KVM_SET_VCPU_EVENTS that enters or leaves SMM "
	"(leave-by-smm) and KVM_SET_MSRS that clears IA32_FEAT_CTL, as QEMU does on reset "
	"(leave-by-feat-ctl), both of which leave nested mode. All three need an L2 that was "
	"active when it was saved.",
	.matters =
	"The memory need not be there yet, or is still being filled. After KVM_GET_MP_STATE the "
	"eVMCS stays mapped: a memslot that changes then leaves KVM with the old page (A18). "
	"Where nested mode was left the restore is undone, which is what a reset wants.",
	.scenarios = { "mp-state", "leave-by-smm", "leave-by-feat-ctl" },
	.todo =
	"Kernel developer: an exit before the first KVM_RUN should wait for it, and one by which "
	"nested mode is thrown away needs no guest memory (neither was tried). That no exit come "
	"before the pages, by always setting nested_run_pending after a restore, was proposed in "
	"2021 and not merged (read, not run)."
	P "VMM author: between KVM_SET_NESTED_STATE and the first KVM_RUN do not ask for "
	"KVM_GET_MP_STATE, and change neither SMM nor IA32_FEAT_CTL: do that before."
	P "Operator: was the VM reset, or its restore given up? Then nothing is lost.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "get-maps-evmcs."
	P "KVM_SET_VCPU_EVENTS and KVM_SET_MSRS on all of them; KVM_GET_MP_STATE on 6.1, 6.12 "
	"and " SID ", and not on 5.10, where it looks for no events of L2 (1c96dcceaeb3 is of "
	"5.11). No fix is known; 7.3.4 has the same code (read, not run). Besides, "
	"KVM_SET_VCPU_EVENTS did it without the lock that memslots need until 4bcdd831d9d0 "
	"(6.11, 6.6.51, 6.1.110, not in 5.10; CVE-2024-46830), and KVM_GET_MP_STATE until "
	"ef01cac401f1 (6.15, 6.12.24, 6.6.88, 6.1.135; CVE-2025-23141): read, not run.",
},
{
	.name = "teardown-access",
	.means =
	"A vCPU was destroyed while its restore still waited for the first KVM_RUN. To leave L2, "
	"KVM made an exit, and for that mapped the eVMCS once more: in close(2) of the last file "
	"descriptor, with no ioctl under way.",
	.matters =
	"Nobody will run this vCPU any more, hence info. KVM writes to the eVMCS all the same "
	"(its clean fields), through the memory of whoever closes last: see A6.",
	.scenarios = { "close", "close-in-child" },
	.todo =
	"Kernel developer: as for A2, an exit by which nested mode is thrown away needs no eVMCS."
	P "VMM author: nothing."
	P "Operator: nothing about memory. But a restore that was closed before it ran is a "
	"migration that failed, or was given up, after its nested state had been set.",
	.kernels =
	SEEN ALL_FOUR "."
	P "The kernel's own selftest evmcs_test does it once (stage 9). No fix is known.",
},
{
	.name = "foreign-mm",
	.means =
	"KVM reached for guest memory in a task whose memory is not that of the process the VM "
	"belongs to. KVM turns guest addresses into virtual ones of that process, and used them "
	"in another one. Seen with a forked child that was the last to close a vCPU whose "
	"restore had not run (close-in-child, A5 beside it)."
	P "A VMM that exits with a restore pending has no memory any more when its vCPUs are "
	"destroyed (exit-without-close). Then the read fails, nothing is mapped, and the "
	"severity is info.",
	.matters =
	"It is no guest memory that is read and written to. In a forked child it is the copy "
	"that the child has; in any other process it would be whatever lies at these addresses. "
	"The guest itself will not run any more.",
	.scenarios = { "close-in-child", "exit-without-close" },
	.todo =
	"Kernel developer: as for A2 and A5. A destroyed vCPU needs none of its guest's memory."
	P "VMM author: close the vCPUs in the process that made the VM, and last there. A "
	"process that is forked should close what it inherits of KVM first."
	P "Operator: info needs nothing; a VMM was killed, or gave up, between a restore and its "
	"first KVM_RUN. For a warning ask whoever writes the VMM; the thread is in the trace.",
	.kernels =
	SEEN ALL_FOUR "."
	P "No fix is known.",
},
{
	.name = "vmptrld-unknown-caller",
	.means =
	"Before the vCPU ran, its eVMCS was loaded by something that evmcs-trace does not know. "
	"Known are the handler that KVM_RUN calls (vmx_get_nested_state_pages), an exit from L2 "
	"(nested_vmx_vmexit) and KVM_SET_NESTED_STATE (A1); VMLAUNCH and VMRESUME of L1 cannot "
	"be, for it has not run.",
	.matters =
	"What holds for A1 and A4 holds for any other caller: before KVM_RUN neither guest "
	"memory nor the VP assist page need be there. What is mapped may be another page, or "
	"none.",
	.scenarios = { "get-maps" },
	.todo =
	"Kernel developer: do not load the eVMCS where KVM_RUN has not begun. If the new caller "
	"is right, it is a new row in the probe plan of evmcs-trace."
	P "VMM author: until the kernel is mended, leave out the ioctl that is told with the "
	"anomaly between KVM_SET_NESTED_STATE and KVM_RUN."
	P "Operator: no stock kernel that was run does this. Find out what is patched; send the "
	"trace to who did.",
	.kernels =
	SEEN "no stock kernel; " MODIFIED "get-maps-evmcs."
	P "No released kernel is known to do it: get-maps-evmcs stands for a careless change, in "
	"which KVM_GET_NESTED_STATE makes the pending map itself.",
},
{
	.name = "pages-fail",
	.means =
	"KVM_RUN could not get the pages of the nested state: vmx_get_nested_state_pages() "
	"returned false. Seen were an eVMCS whose address no memslot has (unbacked-evmcs), a "
	"page that is no eVMCS (bad-revision, A17 beside it), and PDPTEs of L2 that are invalid "
	"(pae-pdptes).",
	.matters =
	"KVM_RUN returns 0 with KVM_EXIT_INTERNAL_ERROR in exit_reason (where it does not, that "
	"is A24), and the guest has not run: this is not yet lost, hence a warning. A VMM that "
	"tries again runs the guest without its eVMCS: A9.",
	.scenarios = { "unbacked-evmcs", "bad-revision", "pae-pdptes" },
	.todo =
	"Kernel developer: nothing. This is what KVM should do; A9 is what it should not do next."
	P "VMM author: take an internal error of the first KVM_RUN for the end of the restore. "
	"Whoever wants to try again brings what was missing (memslots, the contents of memory, "
	"HV_X64_MSR_VP_ASSIST_PAGE) and sets the nested state once more before it."
	P "Operator: the destination lacks memory that the source had, or got other contents. "
	"Compare how both VMs are configured; if the source or the file is still there, restore "
	"again from it.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "repend-request.",
},
{
	.name = "run-after-fail",
	.means =
	"A KVM_RUN could not get the pages of the nested state (A8), and a later one entered the "
	"guest without them. The failed attempt had used up the request for the pages. Where the "
	"request comes again (10180a277549), the second attempt finds no eVMCS to map, since the "
	"first forgot that one was pending, and reports success.",
	.matters =
	"No VMCS is behind the vCPU. The second KVM_RUN returns no error; the driver's L1 finds "
	"its VMCS wrong and gives up. A14 is beside it.",
	.scenarios = { "run-after-fail", "repended" },
	.todo =
	"Kernel developer: make the request again when it could not be served, and let the eVMCS "
	"stay pending until it is mapped: nested_vmx_handle_enlightened_vmptrld() releases it "
	"before it tries."
	P "VMM author: after KVM_EXIT_INTERNAL_ERROR do not call KVM_RUN again without a new "
	"KVM_SET_NESTED_STATE."
	P "Operator: restart the guest, or restore it again from the source. Then see A8 for "
	"what was missing.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "repend-request."
	P "From 5.14 to 7.3.4 the code is the same (read, not run). 10180a277549 (7.2.10, "
	"6.18.56) makes the request again and does not help an eVMCS: 7.2.13, which has it, was "
	"run.",
},
{
	.name = "silent-disabled",
	.means =
	"KVM_RUN was to map the restored eVMCS and found that the vCPU uses none: its VP assist "
	"page is not enabled, since HV_X64_MSR_VP_ASSIST_PAGE was never restored (no-vp-assist), "
	"or says so itself, with enlighten_vmentry 0 (not-enlightened). KVM takes that for "
	"success and runs the guest.",
	.matters =
	"No ioctl returns an error. What was restored never gets to L1's eVMCS, and the map will "
	"not be made any more (A14). With L2 active it runs with no VMCS behind it (A27).",
	.scenarios = { "no-vp-assist", "not-enlightened" },
	.todo =
	"Kernel developer: where a map is pending, EVMPTRLD_DISABLED is a failure: the handler "
	"should return false, so that KVM_RUN tells of it. That was not tried."
	P "VMM author: before the first KVM_RUN restore HV_X64_MSR_VP_ASSIST_PAGE (0x40000073), "
	"the contents of the page that it names, and Hyper-V's CPUID leaves (without these it is "
	"A13, on 5.10 this one)."
	P "Operator: give the destination the Hyper-V enlightenments that the source had, and "
	"see whether all of memory arrived. The guest has to be restarted, or restored again.",
	.kernels =
	SEEN ALL_FOUR "."
	P "5.10 also shows it where 6.1 shows A13: for a vCPU without Hyper-V's CPUID "
	"(no-hyperv-cpuid with -k debian-5.10). No fix is known; 7.3.4 has the same code (read, "
	"not run).",
},
{
	.name = "swallowed-exit-fail",
	.means =
	"Before L2 ran it exited to L1, and the eVMCS to which KVM was to write that exit could "
	"not be mapped. KVM ignores this and delivers the exit. Seen with KVM_GET_MP_STATE, an "
	"INIT latched and the VP assist page not restored.",
	.matters =
	"L1 will run behind an exit of which its eVMCS says nothing: what it reads there is of "
	"an earlier exit. (So by the code; the scenario ends before L1 runs.) No ioctl returns "
	"an error.",
	.scenarios = { "exit-without-evmcs" },
	.todo =
	"Kernel developer: nested_vmx_vmexit() drops the result of nested_get_evmcs_page(). "
	"Either no exit comes before the pages were got, or its failure ends in an internal "
	"error of KVM_RUN."
	P "VMM author: restore HV_X64_MSR_VP_ASSIST_PAGE and all of memory before anything that "
	"may make an exit from L2: KVM_GET_MP_STATE (A4) and KVM_RUN."
	P "Operator: as for A10: compare the enlightenments of both VMs, and restart or restore "
	"the guest again.",
	.kernels =
	SEEN SINCE_5_14 "."
	P "Not in the same scenario on 5.10, where KVM_GET_MP_STATE looks for no events of L2 "
	"(1c96dcceaeb3 is of 5.11). No fix is known; 7.3.4 has the same code (read, not run).",
},
{
	.name = "req-dropped",
	.means =
	"An exit from L2 took away the request to map the restored eVMCS "
	"(KVM_REQ_GET_NESTED_STATE_PAGES) and did not map it.",
	.matters =
	"Nobody will map it any more: the vCPU runs with the eVMCS still pending (A13, as run on "
	"6.1). This is CVE-2021-46978: Windows 10 with WSL2 crashed after a migration (read, not "
	"run).",
	.scenarios = { "dropped-request" },
	.todo =
	"Kernel developer: take f5c7e8425f18. An exit that clears the request has to do what it "
	"asks for."
	P "VMM author: nothing. Whether L2 has to exit before it runs is not up to the VMM."
	P "Operator: update the kernel of the host that restores. The guest has to be restarted, "
	"or restored again.",
	.kernels =
	SEEN "no stock kernel; " MODIFIED "exit-drops-request."
	P "It came with f2c7ef3ba955 (5.11, 5.10.13) and was mended by f5c7e8425f18 (5.13, "
	"5.12.5, 5.11.22, 5.10.38): read, not run. The Debian 5.10 that was run, 5.10.223, has "
	"the latter.",
},
{
	.name = "pending-stuck",
	.means =
	"The vCPU ran, and its eVMCS is still to be mapped. Seen where the vCPU has no Hyper-V "
	"CPUID: KVM_SET_NESTED_STATE takes an eVMCS if only KVM_CAP_HYPERV_ENLIGHTENED_VMCS was "
	"enabled, while what maps it asks for CPUID as well, and reports success without. Seen "
	"also behind A12.",
	.matters =
	"Every ioctl returns 0. An active L2 has no VMCS behind it (A27): its exits go to a "
	"vmcs12 that L1 never sees, and the driver's L1 finds another exit than the one that L2 "
	"made, and gives up. KVM_GET_NESTED_STATE reports the EVMCS flag for ever, so whatever "
	"is saved next has it, too.",
	.scenarios = { "no-hyperv-cpuid", "no-hyperv-cpuid-l2", "dropped-request" },
	.todo =
	"Kernel developer: refuse KVM_STATE_NESTED_EVMCS in SET where the vCPU has no Hyper-V "
	"CPUID, or let KVM_RUN fail where the map is pending and cannot be made. Neither was "
	"tried."
	P "VMM author: KVM_SET_CPUID2, with Hyper-V's leaves, before KVM_SET_NESTED_STATE."
	P "Operator: the destination lacks the Hyper-V enlightenments that the source has (QEMU: "
	"hv-evmcs, and what it needs). Mend that; the guest has to be restarted, or restored "
	"again.",
	.kernels =
	SEEN SINCE_5_14 "; " MODIFIED "exit-drops-request."
	P "Nothing is ever pending before 278499686b18 (5.14): 5.10 shows A10 and A14 in its "
	"place. No fix is known; 7.3.4 has the same code (read, not run).",
},
{
	.name = "pending-lost",
	.means =
	"The vCPU ran, its restored eVMCS was not mapped, and nothing is left that would map it. "
	"It comes with A9 and A10, as what they lead to. Alone it was seen where a kernel "
	"neither maps nor asks: the proposal of 2021, given -1 for the address "
	"(direct-map-of-nothing).",
	.matters =
	"L1 runs without the VMCS that was restored, whatever it does next: what SET was given "
	"never gets to its eVMCS. With L2 active see A27.",
	.scenarios = { "direct-map-of-nothing", "no-vp-assist", "run-after-fail" },
	.todo =
	"Kernel developer: look at the class beside it, which is the cause. Alone: each way "
	"through KVM_SET_NESTED_STATE with the EVMCS flag has to make the request."
	P "VMM author: as for A9 or A10, whichever is beside it."
	P "Operator: the guest has to be restarted, or restored again.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED_ALL "direct-map, repend-request.",
},
{
	.name = "get-flag-lost",
	.means =
	"KVM_GET_NESTED_STATE, called after a restore with an eVMCS and before the vCPU ran, "
	"returned a state without KVM_STATE_NESTED_EVMCS: KVM knew only an eVMCS that is mapped.",
	.matters =
	"That state is useless. With L2 active KVM_SET_NESTED_STATE does not take it back, and "
	"with L1 active there is nothing in it to restore. Who is hit is a VM that is saved or "
	"migrated once more before it was resumed.",
	.scenarios = { "get-flag-lost" },
	.todo =
	"Kernel developer: take 278499686b18: an eVMCS that is to be mapped is one."
	P "VMM author: between KVM_SET_NESTED_STATE and the first KVM_RUN hand on what was set, "
	"and do not ask KVM for it. Any look at the registers asks, in QEMU."
	P "Operator: do not save or migrate a VM that was restored and not resumed yet. Update "
	"the kernel.",
	.kernels =
	SEEN "5.10; " MODIFIED "get-loses-flag."
	P "On 5.10 in the scenarios get-before-run and get-after-set-l2 (-k debian-5.10). Mended "
	"by 278499686b18 (5.14); 6.1, 6.12 and " SID " were run and keep the flag.",
},
{
	.name = "shadow-clobber",
	.means =
	"The vmcs12 that was restored was about to be overwritten from a shadow VMCS which has "
	"nothing of it. KVM_GET_NESTED_STATE, called before the first KVM_RUN with L1 active, "
	"takes a vCPU whose eVMCS is still to be mapped for one with an ordinary VMCS, and calls "
	"copy_shadow_to_vmcs12().",
	.matters =
	"The fields that a shadow VMCS has become 0 (RIP, RSP, CR0, interruptibility and "
	"others), in the reply and in KVM itself; KVM_RUN then writes them to L1's eVMCS. L1 "
	"read GUEST_CR0 0 where it had been 0x80010033. Its next VMRESUME enters L2 with RIP and "
	"RSP 0, or fails. If the reply is what is migrated next, that destination has the same "
	"damage. With L2 active nothing is lost.",
	.scenarios = { "get-before-run" },
	.todo =
	"Kernel developer: in vmx_get_nested_state(), copy from the shadow VMCS only where no "
	"eVMCS is mapped or pending (hv_evmcs_vmptr is EVMPTR_INVALID). That was not tried."
	P "VMM author: do not ask for KVM_GET_NESTED_STATE between KVM_SET_NESTED_STATE and the "
	"first KVM_RUN; hand on what was set."
	P "Operator: do not inspect, save or migrate a VM that was restored and not resumed yet. "
	"kvm_intel.enable_shadow_vmcs=0 avoids it, at a price for L1s that use an ordinary VMCS. "
	"The guest has to be restarted, or restored again.",
	.kernels =
	SEEN SINCE_5_14 "."
	P "It needs enable_shadow_vmcs=Y, the default where the CPU has it. 5.14 to 7.3.4 have "
	"the same code (read, not run); no fix is known. 5.10 shows A15 in its place.",
},
{
	.name = "evmcs-pin-leak",
	.means =
	"The page that was to be the eVMCS was mapped and was not accepted, since its revision "
	"is another one; and it was not given back, neither at once nor when the vCPU ran or was "
	"freed. nested_release_evmcs() does nothing before the address is recorded, which comes "
	"later.",
	.matters =
	"With each attempt one page of the VMM stays pinned, also when the VMM is gone. The "
	"guest suffers nothing by it; that its eVMCS was not accepted is A8.",
	.scenarios = { "bad-revision", "direct-map-memory-after" },
	.todo =
	"Kernel developer: take efaaabc6c6d3, or unmap in the path that finds a bad revision."
	P "VMM author: nothing. Bring the contents of memory before the first KVM_RUN, and the "
	"page is one that is accepted."
	P "Operator: it counts where restores fail again and again. What has leaked comes back "
	"with a reboot only (by the code).",
	.kernels =
	SEEN "6.1, 6.12; " MODIFIED "direct-map."
	P "The leak came with 1e9dfbd748f3 (5.14) and went with efaaabc6c6d3 (6.13); of the "
	"kernels between, 6.1 and 6.12 were run, the others read. 5.10 and " SID " were run and "
	"give the page back.",
},
{
	.name = "stale-map",
	.means =
	"The eVMCS had been mapped before KVM_RUN, and then its memslot was moved, deleted or "
	"given other memory, as is a VMM's right until KVM_RUN. KVM keeps the page that it has: "
	"no notifier tells this map of a change.",
	.matters =
	"KVM writes to the old page, L1 reads the new one. The driver's L1 finds an eVMCS that "
	"nobody writes to, with the guest RIP of the exit before.",
	.scenarios = { "moved-after-exit", "direct-map-moved" },
	.todo =
	"Kernel developer: nothing is to be mapped before KVM_RUN: the cause is the A1 or A4 "
	"beside it."
	P "VMM author: have the memslots as they will be before KVM_SET_NESTED_STATE, or leave "
	"out what maps too early: KVM_GET_MP_STATE with L2 active."
	P "Operator: the guest has to be restarted, or restored again.",
	.kernels =
	SEEN SINCE_5_14 "; " MODIFIED "direct-map."
	P "5.10 maps nothing in KVM_GET_MP_STATE, and is right in the same scenario. No fix is "
	"known.",
},
{
	.name = "wrong-path-native",
	.means =
	"An ordinary VMCS was restored, and KVM_RUN put an enlightened one in its place, because "
	"the VP assist page names one.",
	.matters =
	"L1 has its guest in another VMCS than the one by which KVM goes on: what L2 does comes "
	"back in the eVMCS, and the vmcs12 that was restored is not current any more.",
	.scenarios = { "native-replaced" },
	.todo =
	"Kernel developer: take 278499686b18: map in KVM_RUN what SET has declared to be "
	"pending, and nothing else."
	P "VMM author: nothing helps on such a kernel, for both are the guest's own state."
	P "Operator: update the kernel. The guest has to be restarted, or restored again.",
	.kernels =
	SEEN "5.10; " MODIFIED "native-takes-evmcs."
	P "On 5.10 in the scenario native-kept (-k debian-5.10). Mended by 278499686b18 (5.14); "
	"6.1, 6.12 and " SID " were run and keep the ordinary VMCS.",
},
{
	.name = "partial-set",
	.means =
	"KVM_SET_NESTED_STATE was refused, and a part of the state is there all the same: the "
	"vCPU is in VMX operation, has a current VMCS, or an eVMCS pending with its request; or "
	"an earlier state is gone, with a part of this one in its place. The checks of the "
	"vmcs12 come after the vCPU has been changed.",
	.matters =
	"By itself nothing yet, hence a warning. A VMM that takes the error for \"nothing has "
	"happened\" and runs the vCPU gets A21.",
	.scenarios = { "refused", "refused-and-run", "direct-map-memory-after" },
	.todo =
	"Kernel developer: check the state before the vCPU is changed, or leave nested mode on "
	"the way out."
	P "VMM author: after an error of KVM_SET_NESTED_STATE do not run this vCPU. Destroy it, "
	"or set a state that leaves VMX operation (vmxon_pa -1) first, and then what is right "
	"(by the code)."
	P "Operator: a restore has failed. See why: the VMM has the error, and one thing to look "
	"at is whether both hosts, and both VMs, have the same VMX capabilities.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "direct-map."
	P "The kernel's own selftest vmx_set_nested_state_test shows it on all four. 5.14 to "
	"7.3.4 have the same code (read, not run); no fix is known.",
},
{
	.name = "unvalidated-sync",
	.means =
	"KVM_SET_NESTED_STATE refused a state (A20), and KVM_RUN was called all the same. It "
	"mapped the pending eVMCS, and writes to it the very vmcs12 that was refused.",
	.matters =
	"L1's eVMCS is overwritten with what may be anything. What L1 runs its guest with next "
	"is not what it had.",
	.scenarios = { "refused-and-run" },
	.todo =
	"Kernel developer: as for A20. KVM's copy of the vmcs12 must not outlive a SET that "
	"failed."
	P "VMM author: never KVM_RUN after KVM_SET_NESTED_STATE has failed."
	P "Operator: it is the VMM that went on after an error: see its log. The guest has to be "
	"restarted, or restored again.",
	.kernels =
	SEEN SINCE_5_14 "."
	P "5.14 to 7.3.4 have the same code (read, not run); no fix is known. On 5.10 nothing is "
	"written after a restore (8629b625e015 is of 5.14): the same scenario shows A23.",
},
{
	.name = "double-set",
	.means =
	"KVM_SET_NESTED_STATE was called for a vCPU that already had a restore waiting for its "
	"first KVM_RUN. The later state counts.",
	.matters =
	"With L1 active in the earlier state nothing is reached: info. With L2 active the second "
	"SET touches guest memory: A2.",
	.scenarios = { "set-twice-l1", "set-twice", "postcopy-set-twice" },
	.todo =
	"Kernel developer: nothing."
	P "VMM author: set the nested state once for each restore."
	P "Operator: nothing, but for an A2 beside it. Older versions of QEMU do this at the end "
	"of post-copy (read, not run).",
	.kernels =
	SEEN ALL_FOUR "."
	P "What a VMM does is seen on any kernel.",
},
{
	.name = "no-sync-after-map",
	.means =
	"With L1 active the eVMCS was mapped after the restore, and KVM will not write to it "
	"what was restored: need_vmcs12_to_shadow_sync is not set. That flag is no part of the "
	"state that is migrated.",
	.matters =
	"L1 goes on with what its eVMCS has in memory. If KVM had not yet written L2's last exit "
	"there when the state was saved (exit_owed of a \"save\" in the source's trace), L1 sees "
	"the exit before. Otherwise it has what it had: the driver's idle guest does not notice.",
	.scenarios = { "no-sync" },
	.todo =
	"Kernel developer: take 8629b625e015."
	P "VMM author: with L2 active nothing is lost; a VMM that pauses the vCPU there, before "
	"it saves, is safe from it."
	P "Operator: update the kernel. On 5.10 every restore with L1 active shows it; the "
	"driver's guest goes on there.",
	.kernels =
	SEEN "5.10; " MODIFIED "no-shadow-sync."
	P "On 5.10 in the scenarios restore-l1, clean-before-save, set-twice-l1 and others (-k "
	"debian-5.10). Mended by 8629b625e015 (5.14); 6.1, 6.12 and " SID " were run and write "
	"it.",
},
{
	.name = "exit-reason-unset",
	.means =
	"KVM_RUN could not get the pages of the nested state (A8), returned 0, and left "
	"exit_reason as it was: seen with an L2 in PAE paging without EPT, whose PDPTEs are "
	"invalid.",
	.matters =
	"The VMM acts on an exit that did not happen: that of the run before, or 0 on a fresh "
	"vCPU.",
	.scenarios = { "pae-pdptes" },
	.todo =
	"Kernel developer: take c1214f293d77."
	P "VMM author: clear exit_reason before the first KVM_RUN of a restored vCPU, and take a "
	"KVM_RUN that returns 0 and leaves it so (KVM_EXIT_UNKNOWN) for one that failed."
	P "Operator: update the kernel. What to look for is said under A8, which is beside it.",
	.kernels =
	SEEN "6.1."
	P "6.12.107 showed it too, 6.12.117, which has c1214f293d77, does not; nor does 7.2, "
	"which has it since 7.2.10. On 5.10 SET itself reads the PDPTEs and fails: A3.",
},
{
	.name = "evmptr-mismatch",
	.means =
	"The state names the page of its eVMCS, and another page was mapped. Only a kernel whose "
	"struct kvm_vmx_nested_state_hdr has the field evmcs_pa, as it was proposed in 2021, can "
	"show it.",
	.matters =
	"KVM goes on with a page that is not the one that was saved: what the VP assist page "
	"names by now, perhaps an eVMCS of another L2.",
	.scenarios = { "other-page" },
	.todo =
	"Kernel developer: a field that is taken from userspace has to be used, or refused where "
	"it contradicts the VP assist page."
	P "VMM author: hand the header on as it was got."
	P "Operator: no released kernel has the field. Find out what is patched.",
	.kernels =
	SEEN "no stock kernel; " MODIFIED "evmcs-pa-ignored."
	P "No tree up to 7.3.4 has the field (read, not run). evmcs-pa-ignored stands for a half "
	"of such a change: it takes the field, and maps by the VP assist page.",
},
{
	.name = "slow-set",
	.means =
	"An access to guest memory inside KVM_SET_NESTED_STATE took longer than 10 ms "
	"(--slow-set, judge.slow-set of serve): it waited for its page. One that had not "
	"returned when the trace ended counts as well. A SET that is slow without an access, on "
	"a busy host, is not meant.",
	.matters =
	"The vCPU's thread hangs in the ioctl until the page comes, in post-copy over the "
	"network. A VMM that begins to serve pages only after its vCPUs are set up would wait "
	"for ever.",
	.scenarios = { "postcopy-set-twice", "postcopy-direct" },
	.todo =
	"Kernel developer: the access is the fault, and it has a class of its own (A1, A2 or "
	"A3): mend that."
	P "VMM author: as for the class beside it. In post-copy be ready to serve pages before "
	"KVM_SET_NESTED_STATE."
	P "Operator: the time and the address are told with it. Where it is a healthy kernel's "
	"A2 or A3, migrate nested guests by pre-copy until the VMM sets the state once.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "direct-map."
	P "With a page that takes 50 ms the ioctl took more than that. QEMU's post-copy on "
	"direct-map shows it too (step direct-postcopy of scenarios/qemu-migration). Without A1, "
	"A2 or A3 there is nothing to wait for: in the scenario postcopy KVM_RUN waits, and SET "
	"does not.",
},
{
	.name = "lost-both",
	.means =
	"L2 ran with neither an enlightened nor an ordinary VMCS behind it. A9, A10 and A13 lead "
	"there, where L2 was active.",
	.matters =
	"KVM goes on with its own copy of the vmcs12, which L1 never sees. The first exit from "
	"L2 does not arrive: L1 finds another one in its eVMCS than the one that L2 made; the "
	"driver's L1 gives up.",
	.scenarios = { "no-hyperv-cpuid-l2", "not-enlightened" },
	.todo =
	"Kernel developer: KVM_RUN has to fail where L2 is to be entered and nothing is behind "
	"it."
	P "VMM author: as for A10 and A13: Hyper-V's CPUID before KVM_SET_NESTED_STATE, "
	"HV_X64_MSR_VP_ASSIST_PAGE and its page before KVM_RUN."
	P "Operator: give the destination the Hyper-V enlightenments that the source had. The "
	"guest has to be restarted, or restored again.",
	.kernels =
	SEEN ALL_FOUR "."
	P "No fix is known; 7.3.4 has the same code (read, not run).",
},
{
	.name = "clean-fields-believed",
	.means =
	"L1 was restored with its eVMCS, and its first VMRESUME after that failed: L1 said that "
	"the fields of L2's state are clean, and KVM took them for loaded, which the new vmcs02 "
	"never got. KVM clears the clean fields when it maps the eVMCS, but in the guest's "
	"memory, and an L1 that was saved between its VM exit and its own \"all clean\" sets "
	"them again."
	P "It is a warning where the trace ends before it is known how that VMRESUME ended.",
	.matters =
	"Every ioctl succeeds, and then L2 is dead: exit reason 0x80000021, invalid guest state. "
	"QEMU reports that the restore succeeded; in a Linux that is L1, KVM_RUN ends with "
	"KVM_EXIT_FAIL_ENTRY. An L1 that marks nothing clean, or had marked before it was saved, "
	"goes on; so does one that was saved with L2 active.",
	.scenarios = { "clean-after-restore", "clean-after-exit", "clean-msrs-first" },
	.todo =
	"Kernel developer: let the vCPU remember that the first entry after the map has to load "
	"everything, whatever L1 calls clean. scenarios/kernels/distrusts-clean-fields.cocci "
	"does that for 6.1, and with it the same runs go on (clean-distrusted)."
	P "VMM author: save the vCPU while L2 is active: where KVM_GET_NESTED_STATE tells of an "
	"eVMCS without KVM_STATE_NESTED_GUEST_MODE, let it run on for a moment and look again. "
	"The lab's migrations by QEMU are paused like that."
	P "Operator: if the source or the file is still there, a state that was saved at another "
	"moment may live; this one will not. exit_owed of a \"save\" in the source's trace tells "
	"of some that will die; where it is false, that is no all-clear. A Linux that uses eVMCS "
	"as L1 marks after its exits; Hyper-V as L1 was not run.",
	.kernels =
	SEEN ALL_FOUR "; " MODIFIED "unchecked-guest-state."
	P "With QEMU 7.2 and Linux 6.1 and 6.12 as host and as L1, too (step die of "
	"scenarios/qemu-migration). No fix is known.",
},
};
/* clang-format on */
