/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stddef.h>

#include "explain/explain.h"

/* clang-format off */
const struct doubt_explanation restore_doubts[WHY_COUNT] = {
[WHY_LOST] = {
	.says = "records were lost while it was in flight",
	.tolerate = "lost",
	.text =
	"Records were lost, or the probes were silent or gone for a while, between this "
	"KVM_SET_NESTED_STATE and the first KVM_RUN. What was lost may have been an access to "
	"guest memory, so nothing good can be said; a violation that was seen stands all the "
	"same. Do: see which doubt of the run is told with it. For a ring that is too small: "
	"--ring-size KB, a power of two (4096 without it; ring-size of serve.yml), or --pid to "
	"watch less.",
},
[WHY_UNTRACKED] = {
	.says = "the kernel had no room to keep track of it",
	.tolerate = "untracked",
	.text =
	"The kernel's side follows 16384 vCPUs between KVM_SET_NESTED_STATE and KVM_RUN, and "
	"that table was full. Do: look for vCPUs that were restored and do not run "
	"(evmcs_trace_restores_in_flight of serve): each keeps its place until it runs or is "
	"closed. --pid watches one VMM only.",
},
[WHY_UNPAIRED] = {
	.says = "an entry or exit event is missing",
	.tolerate = "unpaired",
	.text =
	"Of a function on the restore's path only the entry was seen, or only the exit; what was "
	"reached in between is not known. Do: where losses or skipped probe hits are told as "
	"well, mend these and restore again. Where kprobes are used the kernel follows a fixed "
	"number of calls of a function to their return: 1,024 where tracefs lets evmcs-trace ask "
	"for so many, else no more than CPUs; 'evmcs-trace doctor -v' has it as the fact "
	"'returns'. Else it is a bug of evmcs-trace: report it with the trace.",
},
[WHY_NO_RUN_SEEN] = {
	.says = "the trace ended before the vCPU entered the guest",
	.tolerate = "open",
	.text =
	"The trace ends between KVM_SET_NESTED_STATE and the first KVM_RUN that enters the "
	"guest: what was reached after that end is not in it. Do: watch until the VM runs. One "
	"that is paused on purpose stays so until it is resumed; else post-copy waits for its "
	"source, or the VMM hangs.",
},
[WHY_BLIND] = {
	.says = "a probe that the verdict needs was not attached",
	.tolerate = "blind",
	.text =
	"An access may have passed unseen where that probe should have been. Do: 'evmcs-trace "
	"doctor' names it, what it costs, and the remedy as a command; the trace's header has "
	"the reason, too.",
},
[WHY_NO_STATE] = {
	.says = "the state of the vCPU could not be read on this kernel",
	.tolerate = "blind",
	.text =
	"What is in a vCPU (is L2 active, which eVMCS is mapped) could not be read, since the "
	"kernel has no types of kvm_intel: 5.10 has no BTF for its modules. Do: --btf FILE with "
	"these types, which pahole makes of debug information; in the lab 'scenarios/lab/lab btf "
	"-k debian-5.10' prints the name of such a file. It is also said where L1's first "
	"VMRESUME failed and the clean fields of its eVMCS could not be read: whether that was "
	"A28 is not known.",
},
[WHY_TOO_MANY] = {
	.says = "it had more accesses than are looked at",
	.tolerate = "too-many",
	.text =
	"Of one restore 128 accesses to guest memory are looked at, and this one had more: among "
	"the others there may have been one that breaks the rule. Do: 'evmcs-trace check -v "
	"TRACE' shows all events, and by which ioctl they came. So many between SET and KVM_RUN "
	"are worth a question to whoever writes the VMM.",
},
[WHY_DIFFERS] = {
	.says = "its eVMCS was not mapped where that was derived to be: a bug of evmcs-trace",
	.text =
	"Compilers put nested_get_evmcs_page() into its callers, so evmcs-trace derives its "
	"place from the calls around. With debug information installed the places themselves are "
	"probed as well, and here the two contradict each other. Do: report it, with the trace. "
	"Until then do not rely on the path that is told.",
},
[WHY_GOES_ON] = {
	.says = "what became of it is in the next file of the trace",
	.text =
	"'serve' writes one run as many files. This restore's KVM_RUN is in this one, and L1's "
	"first nested entry, which A28 is about, in the next. Do: nothing, the live verdict had "
	"it whole; 'evmcs-trace show RESTORE_ID DIRECTORY' prints its lines out of all files.",
},
};

const struct doubt_explanation run_doubts[DOUBT_COUNT] = {
[DOUBT_CUT] = {
	.says = "the trace has no footer: its end is missing",
	.tolerate = "cut",
	.text =
	"The tracer was killed, the disk was full, the file was copied while it was written, or "
	"it is being written now. What is in it is judged, and a violation in it stands; what "
	"came later is not known. Do: take the file again when the tracer has ended, or record "
	"again.",
},
[DOUBT_COUNTS] = {
	.says = "the counts of ... do not add up",
	.text =
	"The footer says how many events were written and lost, and the lines before it say "
	"something else: some are missing, or were put in. Do: take the file again from the host "
	"that wrote it. If that one is the same, it is a bug of evmcs-trace: report it with the "
	"trace.",
},
[DOUBT_MISSED] = {
	.says = "the kernel skipped N probe hits (recursion)",
	.tolerate = "missed",
	.text =
	"The kernel does not run a program while one is under way on that CPU already, and "
	"counts what it skips. These were calls or accesses that nobody saw. It happens where a "
	"task is preempted in the midst of a program (preempt=full), or where other tools probe "
	"the same functions. Do: end the other tools (perf, bpftrace) and restore again; the "
	"footer says at which points.",
},
[DOUBT_UNTRACKED] = {
	.says = "N restores could not be kept track of",
	.tolerate = "untracked",
	.text =
	"The kernel's table of restores in flight was full, and what these did before KVM_RUN is "
	"not known. Do: as for a restore of which \"the kernel had no room to keep track\".",
},
[DOUBT_COMMAND] = {
	.says = "the traced command ended with status N",
	.tolerate = "command",
	.text =
	"'record -- COMMAND' has seen COMMAND fail. What it was to test may not have happened, "
	"so a verdict that would pass does not. Do: see what COMMAND said. Where its failure is "
	"expected, put up with it.",
},
[DOUBT_BLIND] = {
	.says = "probe ... was not attached: ...",
	.tolerate = "blind",
	.text =
	"The verdict needs this probe. Do: 'evmcs-trace doctor' names the reason and the remedy. "
	"Where the trace's header does not speak of a probe at all, an older evmcs-trace has "
	"written it: record again.",
},
[DOUBT_OUTPUT] = {
	.says = "the trace could not be written to its end",
	.text =
	"The disk was full, or whoever read the trace went away. The file ends after its last "
	"whole line, and watching went on. Do: make room, or write to another place (-o FILE; "
	"traces.directory of serve.yml), and record again.",
},
[DOUBT_LOST] = {
	.says = "N records were lost",
	.tolerate = "lost",
	.text =
	"The ring buffer was full when a record came: events come faster than this process reads "
	"them. Do: --ring-size KB, a power of two (4096 without it; ring-size of serve.yml), or "
	"--pid to watch less. The trace has a line \"loss\" where each gap is: restores that "
	"were not in flight there are judged as ever.",
},
[DOUBT_UNPAIRED] = {
	.says = "N events lack their entry or exit",
	.tolerate = "unpaired",
	.text =
	"Only the entry of a call was seen, or only its exit, outside of any restore: no restore "
	"is in doubt by it, the run as a whole is. Do: where losses or skipped probe hits are "
	"told as well, mend these. Where not, report it with the trace.",
},
[DOUBT_SILENT] = {
	.says = "the kernel ceased to run the probes (kernel.ftrace_enabled, kprobes/enabled)",
	.tolerate = "silent",
	.text =
	"All probes are attached, and a call that must be seen was not: somebody has switched "
	"off ftrace or kprobes for the whole system. Live patching and other tracers set these. "
	"Do: 'sysctl kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled must be 1; set "
	"them, start evmcs-trace again, and restore again.",
},
[DOUBT_DETACHED] = {
	.says = "kvm_intel was loaded anew, and not watched until the probes were back",
	.tolerate = "detached",
	.text =
	"kvm_intel was unloaded and loaded again, or let go of and taken up again (SIGUSR1). A "
	"restore in between was not seen. Do: nothing, if no VM was restored meanwhile; else "
	"restore again.",
},
[DOUBT_DIFFERS] = {
	.says = "N of N calls of nested_get_evmcs_page are not where they were derived to be: "
		"a bug of evmcs-trace, report it with the trace",
	.text =
	"Where the eVMCS is mapped was derived, and probed as well, and the two contradict each "
	"other. Do: report it, with the trace.",
},
[DOUBT_NO_RESTORE] = {
	.says = "no restore was seen",
	.text =
	"There was nothing to judge, and nothing does not pass. Do: see whether evmcs-trace was "
	"armed before KVM_SET_NESTED_STATE (a restore that began earlier is not seen), on the "
	"host that restores and not on the one that saves, and whether --pid or --vcpu left the "
	"VM out. Where only resets are told, a VMM has reset its vCPUs, as QEMU does before a "
	"migration comes in, and no migration came. A trace of the source has no restore: 'check "
	"--migration' takes it together with that of the destination. An expectation file may "
	"say 'restores: 0'.",
},
[DOUBT_RESTORES] = {
	.says = "N restores are inconclusive",
	.text =
	"Each of them has a reason of its own, which is told with it.",
},
};
/* clang-format on */
