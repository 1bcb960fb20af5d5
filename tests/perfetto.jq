# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What tests/perfetto asks of a timeline as Perfetto sees it. Of each trace: $lines, those
# of the trace itself; $model, what check --json concludes from it. Input: its tables.

def events: $lines[] | select(.type == "event");
def enters: [events | select(.phase == "enter")];
def header: $lines[0];

def digit: . as $c | "0123456789abcdef" | index($c);
def hex: ltrimstr("0x") | split("") | reduce .[] as $c (0; . * 16 + ($c | digit));
# CLOCK_MONOTONIC where t_ns is 0
def origin: header.clock.mono_ns | hex;

# By an own stack of each task: what is inside of what, how long it took, and what came of it.
# What lost its exit ends where the task is seen elsewhere: outside of it or in another ioctl.
def frame($at; $result): {seq, dur: ($at - .t_ns), ts: (origin + .t_ns), within, result: $result};
def ended($from; $at): .list += [.stack[$from:][] | frame($at; null)] | .stack |= .[:$from];
def is_outermost: .phase == "enter" and (.point | IN("set-state", "get-state"));
def first_stale($e): [.stack | to_entries[] |
	select(($e | is_outermost) or .value.ioctl != $e.ioctl).key] | first;
def innermost($point): [.stack | to_entries[] | select(.value.point == $point).key] | last;
def step($e): ended(first_stale($e) // (.stack | length); $e.t_ns) |
	if $e.phase == "enter" then .stack += [$e + {within: (.stack[-1].seq // null)}]
	elif $e.phase == "exit" and innermost($e.point) != null then
		innermost($e.point) as $i | ended($i + 1; $e.t_ns) |
		.list += [.stack[$i] | frame($e.t_ns; $e.ret)] | .stack |= .[:$i]
	else . end;
def last_time: [$lines[] | select(.type | IN("event", "loss", "footer")).t_ns] | max;
def frames: [events] | group_by(.tid) | map(
	reduce .[] as $e ({stack: [], list: []}; step($e)) | ended(0; last_time) | .list[]) | sort_by(.seq);

def is_frame: .category | IN("ioctl", "handler", "access", "unmap", "memslot");
def number: if . == null then null else tonumber end;

# The same, of the timeline.
def slices_by_id: INDEX(.slices[]; .id | tostring);
def drawn: slices_by_id as $by | [.slices[] | select(is_frame and .dur > -1 and .args.seq and
		(.name | endswith(" returned") | not)) |
	{seq: (.args.seq | number), dur, ts,
	within: ($by[.parent | tostring].args.seq | number), result: (.args.result | number)}] |
	sort_by(.seq);

# The names of a track and of what it is below of.
def path_of($tables): . as $id | ($tables.tracks[] | select(.id == $id)) |
	if .parent == null then [.name] else (.parent | path_of($tables)) + [.name] end;

def windows: . as $tables | [.slices[] | select(.category == "restore" and .name != "first KVM_RUN") |
	{id: .args.restore_id, ts, dur, name, verdict: .args.verdict, path: .args.path,
	mode: .args.mode, ended: .args["end"], set_ns: (.args.set_ns | number),
	set_ret: (.args.set_ret | number), run_after_ns: (.args.run_after_ns | number),
	map_after_ns: (.args.map_after_ns | number), evmcs: (.args.evmcs // null),
	anomalies: [.args | to_entries[] | select(.key | startswith("anomalies[")).value],
	inconclusive: [.args | to_entries[] | select(.key | startswith("inconclusive[")).value],
	track: (.track | path_of($tables))}] | sort_by(.id);

# "qemu [1001] vm1": by the fact, if it came before the VM's events. Control characters are
# not shown.
def vm_path($vm): ($lines | map(select(.vm == $vm and (.type | IN("vm", "event")))) | first) as $first |
	if $first.type == "vm" then ($first.name // $first.comm) + " " else "" end +
	"[\($first.pid)] vm\($vm)" | gsub("[\u0001-\u001f\u007f]"; "\ufffd");

def concluded: [$model[] | select(.type == "restore") | {id: .restore_id, ts: (origin + .t_ns),
	dur: .run_after_ns, name: "\(.path): \(.verdict)", verdict, path, mode, ended: .["end"], set_ns, set_ret,
	run_after_ns, map_after_ns, evmcs: .mapped_gpa, anomalies: [.anomalies[].name], inconclusive,
	track: [vm_path(.vm), "vcpu\(.vcpu)", "restore window"]}] | sort_by(.id);

# Of a window without KVM_RUN the trace has no end in a field.
def with_the_ends_of($windows): [., $windows] | transpose |
	map(.[0] + (if .[0].dur == null then {dur: .[1].dur} else {} end));

def anomalies: [.slices[] | select(.category == "anomaly") | {ts, dur, name, id: .args.id,
	severity: .args.severity, title: .args.title, restore_id: .args.restore_id}];
def concluded_anomalies: [$model[] | select(.type == "anomaly") | {ts: (origin + .t_ns), dur: 0,
	name, id, severity, title, restore_id}];

def losses: [.slices[] | select(.category == "loss") | {ts, count: (.args.count | number)}];
def lost: [$lines[] | select(.type == "loss") | {ts: (origin + .t_ns), count}];

# Every vCPU that was seen has one track that is called so, the VM as a whole may have one more.
def vcpus: . as $tables | [.tracks[] | select(.name | test("^vcpu[0-9]+$")) | .id |
	path_of($tables)] | unique | map(join("/"));
def vcpus_seen: [events | select(.vcpu != null and .vm != 0) |
	vm_path(.vm) + "/vcpu\(.vcpu)"] | unique;
