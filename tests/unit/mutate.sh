#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Do the unit tests notice? Breaks one thing at a time in a copy of the sources
# and names a test that fails. Exit status 1 where one stayed unnoticed, or was not broken.
#
#   tests/unit/mutate.sh [-n] [-s I/N] [PATTERN]     only mutants whose name matches
#       -n    whether each still changes its file, and no more: seconds
#       -s    every N-th from the I-th (1 to N): for several at once

set -eu
cd "$(dirname "$0")/../.."
dry=0
share=1 shares=1
while getopts ns: option; do
	case $option in
	n) dry=1 ;;
	s) share=${OPTARG%/*} shares=${OPTARG#*/} ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))
pattern=${1:-.}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/scenarios"
cp -r scenarios/catalogue "$copy/scenarios" # what explain says is made of its list
cp -r Makefile user include tests "$copy"
# the rules of the lab and of packages are not needed, and not copied
sed -i -E '/^include (scenarios|packaging)/d' "$copy/Makefile"
build() { make -s -C "$copy" CFLAGS='-O1 -Wno-error' "$@" >"$copy/log" 2>&1; }

mutants=0
broken=0 # of them
unseen=0
useless=0 # they change nothing, or do not compile
first_test= # where another one would not see it

# judge NAME: the sources are broken; which test says so?
judge() {
	local t first failed
	for t in $first_test test_saves test_anomalies test_model test_small test_trace test_expect test_plan; do
		if ! build "build/tests/$t"; then
			echo "$1: does not compile"
			tail -3 "$copy/log"
			useless=$((useless + 1))
			return
		fi
		if ! (cd "$copy" && timeout 300 "build/tests/$t" >log 2>&1); then
			failed=$(sed -n 's/^\[  FAILED  \] \([a-z].*\)/\1/p' "$copy/log" | sort -u)
			# the tests of a class are named after it: "A7 ..." by a7_...
			first=$(grep -im1 "^${1%% *}_" <<<"$failed" || head -1 <<<"$failed")
			echo "$1: seen by ${first:-a crash} ($t, $(grep -c . <<<"$failed") in all)"
			return
		fi
	done
	echo "$1: NOT SEEN"
	unseen=$((unseen + 1))
}

# mutant NAME FILE SED-EXPRESSION
mutant() {
	local file=$copy/$2
	[[ $1 =~ $pattern ]] || return 0
	mutants=$((mutants + 1))
	[ $((mutants % shares)) = $((share % shares)) ] || return 0
	broken=$((broken + 1))
	sed -E "$3" "$file" >"$copy/mutated"
	if cmp -s "$copy/mutated" "$file"; then
		echo "$1: changes nothing"
		useless=$((useless + 1))
	elif [ $dry = 0 ]; then
		cp "$file" "$copy/saved"
		cp "$copy/mutated" "$file"
		judge "$1"
		cp "$copy/saved" "$file"
	fi
}

# Each class blind, and each class seeing ghosts.
constant='/^#define SEEN_BY/i static bool constant(const struct moment_facts *f) { return f \&\& VALUE; }'
while read -r id fn; do
	mutant "$id $fn never" user/model/anomalies.c "${constant/VALUE/false}"$'\n'"s/SEEN_BY\($fn\)/SEEN_BY(constant)/"
	mutant "$id $fn always" user/model/anomalies.c "${constant/VALUE/true}"$'\n'"s/SEEN_BY\($fn\)/SEEN_BY(constant)/"
done < <(awk 'match($0, /"A[0-9]+"/) { id = substr($0, RSTART + 1, RLENGTH - 2) }
	id && match($0, /SEEN_BY[(][a-z_0-9]+/) { print id, substr($0, RSTART + 8, RLENGTH - 8) }' \
	user/model/anomalies.c)

model=user/model/model.c
mutant "blind is no reason" $model 's/if \(m->blind\)/if (0)/'
mutant "resets are restores" $model 's/if \(restore->reset\)/if (0)/'
mutant "a refused reset is one" $model 's/restore->end == END_LEFT && restore->vmx_was_off/restore->vmx_was_off/'
mutant "every leave is a reset" $model 's/restore->end == END_LEFT && restore->vmx_was_off/restore->end == END_LEFT/'
mutant "resets are judged by files" user/expect/judge.c 's/if \(r->reset\)/if (0)/'
mutant "open is no reason" $model 's/if \(restore->end == END_OPEN\)/if (0)/'
mutant "set need not return" $model 's/\(!restore->set_done \|\| has_unfinished_access\(restore\)\)/has_unfinished_access(restore)/'
mutant "fail_on is ignored" $model 's/severity >= m->options.fail_on/severity >= SEVERITY_ERROR/'
mutant "doubt beats violation" $model 's/if \(has_violation\(m, restore\)\)/if (has_violation(m, restore) \&\& !restore->why)/'
mutant "untracked is no reason" $model 's/if \(ev->flags & REC_UNTRACKED\)/if (0)/'
mutant "state need not be known" $model 's/if \(!\(ev->flags & REC_VCPU_STATE\).*/if (0)/'
mutant "loss marks none" $model 's/^\tm->losses\+\+;/\t;/'
mutant "loss is told with the next anomaly" $model '/^static void judge\(/,/^}/s/note_losses\(m, restore\);/;/'
mutant "loss is not counted" $model 's/m->verdict.lost \+= loss->count;//'
mutant "unpaired marks none" $model '/^static void event_exits/,/^}/s/note_unpaired\(m, vcpu\);/;/'
mutant "unpaired is no reason" $model 's/if \(m->unpaired\)/if (0)/'
mutant "unpaired is not counted" $model 's/m->unpaired\+\+;/;/'
mutant "nested accessors count" $model 's/ \|\| task_inside_access\(task\)//'
mutant "footer is not needed" $model 's/if \(!m->has_footer\)/if (0)/'
mutant "counts may be odd" $model 's/if \(c->hits != c->written \+ c->lost\)/if (0)/'
mutant "missed is no reason" $model 's/^\tif \(missed\)/\tif (0)/'
mutant "events may be missing" $model 's/if \(written != v->events - m->cut_events\)/if (0)/'
mutant "tracking loss is no reason" $model 's/^\tif \(untracked\)/\tif (0)/'
mutant "commands may fail" $model 's/if \(m->footer.has_command &&/if (0 \&\&/'
mutant "no restore passes" $model 's/if \(!v->restores && /if (0 \&\& /'
mutant "lost is no reason" $model 's/if \(v->lost\)/if (0)/'
mutant "probes need not attach" $model 's/if \(p->needed && !p->attached\)/if (0)/'
mutant "blocked is ignored" $model 's/context_for_each\(m->context, blocked_access, m\);//'
mutant "refused forgets the first" $model 's/vcpu->current = vcpu->pending;/restore_free(vcpu->pending);/'
mutant "left is not noticed" $model 's/left_by_set = true/left_by_set = false/'
mutant "map is the second's" $model 's/served = vcpu->pending;/;/'
mutant "run is not exact" $model 's/r->run_exact = true/r->run_exact = false/'
mutant "slots are everyone's" $model '/^static void memslot_begins/,/^}/s/find_vm\(m, ev->vm\)/m->vcpu_list ? m->vcpu_list->of : NULL/'
mutant "vCPUs are one" $model 's/return \(x->id > y->id\) - \(x->id < y->id\);/return 0;/'
mutant "VMs are one" $model 's/if \(x->vm != y->vm\)/if (0)/'
mutant "silence is no reason" $model 's/if \(m->silent\)/if (0)/'
mutant "a gap is no reason" $model 's/if \(m->detached\)/if (0)/'
mutant "differing is no reason" $model 's/if \(v->differing\)/if (0)/'
mutant "derived is right" $model 's/^\t\tdiffer\(m, vcpu\);/\t\t;/'
mutant "derived marks none" $model 's/mark\(vcpu->current, WHY_DIFFERS\);/;/'
mutant "A28 at any exit" $model 's/ev->exits == entry->exits \+ 1/true/'
mutant "A28 of any window" $model 's/ \|\| vcpu->entering->window != ev->window\)/)/'
mutant "A28 though L2 lives" $model 's/^\tnotice_entry\(m, vcpu, ev\);//'
mutant "A28 of what is not mapped" $model 's/r->wants_evmcs && r->mapped && !r->l2/r->wants_evmcs \&\& !r->l2/'
mutant "A28 of L2" $model 's/r->mapped && !r->l2/r->mapped/'
mutant "A28 unread" $model 's/if \(entry->failed && !entry->clean_known\)/if (0)/'
mutant "loss is older than any restore" $model 's/r->losses_before = m->losses;/r->losses_before = 0;/'
mutant "told after the footer" user/pipeline.c 's/if \(item->type == ITEM_FOOTER\)/if (0)/'
mutant "a stranger, unheard" user/model/anomalies.c 's/ \|\| !watched\(f, PT_STATE_PAGES\)//'
mutant "forgotten, unheard" user/model/anomalies.c 's/saw_everything\(f\) && watched\(f, PT_EVMPTR_LOAD\) &&$/saw_everything(f) \&\&/'
mutant "clones have arguments" user/probes/plan.c 's/return choice->sites.fit == SYMBOL_WHOLE;/return true;/'
mutant "clones will do" user/probes/plan.c 's/ && choice->row->arguments == ARGS_NEEDED\)/ \&\& 0)/'
mutant "two of a name are one" user/probes/plan.c 's/sites->nr == 1 && //'
mutant "hidden is an address" user/probes/plan.c 's/else if \(!sites->site\[0\].address\)/else if (0)/'
mutant "wholes beside pieces" user/probes/code.c 's/pieces = has_pieces\(.*/pieces = false;/'
mutant "namesakes are the same" user/probes/plan.c 's/ && !namesake//'
mutant "eight are all" user/probes/plan.c 's/if \(sites->more\)/if (0)/'
mutant "BTF may be ambiguous" user/probes/code.c 's/return \*times == 1 \? id : 0;/return id;/'
mutant "tasks are one" user/model/context.c 's/return \(\*x > \*y\) - \(\*x < \*y\);/return 0;/'
mutant "empty frame is access" user/model/context.c 's/ \|\| entry->access.len\)/ || true)/'
mutant "outermost behalf" user/model/context.c 's/for \(i = task->depth - 2; i >= 0; i--\)/for (i = 0; i < task->depth - 1; i++)/'

file=user/sources/file.c
mutant "checksum is ignored" $file 's/if \(!crc_holds\(s, line, len\)\)/if (0)/'
mutant "seq may have gaps" $file 's/!= s->next_seq\)/!= s->next_seq \&\& 0)/'
mutant "second header" $file 's/^\t\tif \(s->has_header\)/\t\tif (0)/'
mutant "no header" $file 's/^\tif \(!s->has_header\)/\tif (0)/'
mutant "after the footer" $file '/^static int check_order/,/^}/s/if \(s->has_footer\)/if (0)/'
mutant "events of the footer" $file 's/if \(item->footer->events != s->events\)/if (0)/'
mutant "cut lines are lines" $file 's/return line\[len - 1\] != .*/return false;/'

mutant "any schema" user/trace/decode.c 's/else if \(h->schema_major != TRACE_SCHEMA_MAJOR\)/else if (0)/'
mutant "missing numbers are 0" user/trace/decode.c 's/if \(!json_is_integer\(j\) \|\| value < min/if (value < min/'
mutant "missing truth is false" user/trace/decode.c 's/if \(!json_is_boolean\(j\)\)/if (0)/'
mutant "hex may overflow" user/trace/decode.c 's/return !errno && !\*end/return !*end/'
mutant "duplicate keys" user/trace/decode.c 's/JSON_REJECT_DUPLICATES/0/'
mutant "phase fits any point" user/trace/decode.c 's/if \(\(ev->phase == PHASE_NOTE\) !=.*/if (0)/'
mutant "stack of any length" user/trace/decode.c 's/ \|\| json_array_size\(stack\) > EVENT_STACK_DEPTH//'
mutant "stack of what it was noticed by" user/model/model.c 's/a->stack = f->frame \?/a->stack = true ?/'
mutant "probes of any number" user/trace/decode.c 's/json_array_size\(probes\) > PT_COUNT/0/'

mutant "file is not cut" user/sinks/trace.c 's/if \(ftruncate\(t->fd, t->written\)\)/if (0)/'
mutant "told again and again" user/sinks/trace.c 's/^\tif \(t->err\)/\tif (0)/'
mutant "errors are kept" user/sinks/trace.c 's/return t->err;/return 0;/'
mutant "escapes on screen" user/sinks/words.c 's/return plain\(out\);/return out;/'
mutant "local time" user/trace/encode.c 's/gmtime_r/localtime_r/'
mutant "a second lasts" user/trace/encode.c 's/ && last.sec == sec/ \&\& last.sec/'
mutant "odd names are raw" user/trace/line.c 's/if \(text_is_plain\(.*/if (1)/'
mutant "odd strings are raw" user/trace/dump.c 's/if \(text_is_plain\(s, len\)\)/if (1)/'
mutant "lines do not grow" user/trace/text.h 's/!text_grow\(t, len\)/(t->room || !text_grow(t, len))/'

file=user/model/save.c
mutant "save without VMX" $file 's/save->off = .*/save->off = false;/'
mutant "save that failed" $file 's/exit->ret < 0 \|\| //'
mutant "save, guessed" $file 's/save->known = exit->nested.size;/save->known = true;/'
mutant "save owes in L2" $file 's/if \(save->l2 \|\| /if (/'
mutant "save owes no eVMCS" $file 's/ \|\| !evmptr_is_valid\(save->evmptr\)//'
mutant "save owes the unread" $file 's/!\(exit->flags & REC_NESTED_FLAGS\)\)/0)/'
mutant "saves are the same" $file 's/ && a->evmptr == b->evmptr//'
mutant "saves repeat after SET" $model 's/vcpu->has_saved = false;//'
mutant "saves repeat never" $model 's/save.repeats = .*/save.repeats = false;/'
mutant "saves of restores" $model 's/save.of_restore = .*/save.of_restore = 0;/'
mutant "save needs its entry" $model 's/if \(ev->point == PT_GET_STATE\)$/if (frame \&\& ev->point == PT_GET_STATE)/'
mutant "half needs no save" $model 's/m->options.half && v->nested_saves/m->options.half/'
mutant "half is a whole" $model 's/m->options.half && v->nested_saves/v->nested_saves/'
mutant "half by the rules" user/expect/judge.c 's/\(j->e \|\| v->doubts & \(1U << DOUBT_NO_RESTORE\)\)/1/'
mutant "save again on screen" user/sinks/text.c 's/\(s->repeats && !t->options.events\)/0/'
mutant "JSON beyond ASCII" user/sinks/json.c 's/dump_plain\(object, JSON_COMPACT\)/json_dumps(object, JSON_COMPACT)/'
file=user/model/pairs.c
mutant "pair by any clock" $file 's/return save->wall_ns < restore->wall_ns && /return /'
mutant "pair of any save there" $file 's/return save->last && /return /'
mutant "pair with the first" $file 's/distance\(a, restore\) < distance/distance(a, restore) > distance/'
mutant "pair by the wall clock" $file 's/trace->wall_ns = first->wall_ns \+ .*/;/'
mutant "pair across vCPUs" $file 's/compare_numbers\(\(uint32_t\)a->vcpu, \(uint32_t\)b->vcpu\)/0/'
mutant "pair across names" $file 's/return strcmp\(a->vm->name, b->vm->name\);/return 0;/'
mutant "pair the nameless" $file 's/return compare_numbers\(a->vm->pid, b->vm->pid\)$/return 0/'
mutant "pair, one process" $file 's/return a->vm->pid == b->vm->pid && same_host\(a, b\);/return true;/'
mutant "pair across hosts" $file 's/\(\*a->boot_id && !strcmp\(a->boot_id, b->boot_id\)\)/1/'
mutant "pair unknown hosts" $file 's/\*a->boot_id && //'
mutant "pair is the same" $file 's/return is_known\(save\) && !differing\(save, restore\);/return true;/'
mutant "pair with an older one" $file 's/\(!p->list.complete \|\| /(1 || /'
mutant "pair, no snapshot" $file 's/find_own\(restore, true\) \?: //'
mutant "pair with a leave" $file 's/r->path == PATH_LEAVE \|\| //'
mutant "pair in SET" $file 's/ \|\| !r->set_done\)/)/'
mutant "pair in L1" $file 's/^\tif \(half->l2\)/\tif (1)/'
mutant "pair of no evmcs_pa" $file 's/has_evmcs_pa && n->evmcs_pa\)/has_evmcs_pa)/'
mutant "pair of the unmapped" $file 's/if \(r->mapped_gpa != GPA_UNKNOWN\)/if (1)/'
mutant "pair of the pending" $file 's/save->has_evmptr && evmptr_is_valid\(save->evmptr\)/save->has_evmptr/'
mutant "pair, refused" $file 's/^\tif \(pair->restore->ret\)/\tif (0)/'
mutant "pair, refused alone" $file 's/if \(!save && restore->ret\)/if (0)/'
mutant "pair, unknown" $file 's/^\tif \(!is_known\(pair->save\)\)/\tif (0)/'
mutant "pair, never restored" $file 's/^\tif \(save->off \|\| save->looked\)/\tif (1)/'
mutant "pair, restored later" $file 's/!save->last \|\| save->paired\)/save->paired)/'
mutant "pair, not run" $file 's/ \|\| save->looked\)/)/'
mutant "pair, unseen" $file 's/^\t\tif \(pair_trace_gap\(t\)\)/\t\tif (0)/'
mutant "pair, restored twice" $file 's/save->consumed = true;/;/'
mutant "pair, snapshot once" $file 's/restore->done = restore->sure = restore->partner;/\0 if (restore->partner) restore->partner->off = true;/'
mutant "pair of the past" $file 's/^\t\t    !same_process\(save, restore->before\[i\]\)\)/\t\t    0)/'
mutant "pair, tried again" $file 's/if \(save && r->ret\)/if (0)/'
mutant "pair, refused first" $file 's/save = r->done \|\| r->ret \? NULL/save = r->done ? NULL/'
mutant "pair by greed" $file 's/if \(save->match && !choose\(p, save->match\)\)/if (save->match)/'
mutant "pair of what is free" $file 's/^\tmatch_the_forced\(p\);/\t;/'
mutant "pair is always sure" $file 's/return pair->restore->sure \? RESULT_DIFFERS : RESULT_UNSURE;/return RESULT_DIFFERS;/'
mutant "pair is never sure" $file 's/return pair->restore->sure \? RESULT_DIFFERS : RESULT_UNSURE;/return RESULT_UNSURE;/'
mutant "pair, one side only" $file 's/r->sure = is_only_restore\(p, save, r\);/r->sure = true;/'
mutant "pair without order" $file 's/ && !is_later\(p, save, restore\)//'
mutant "pair, VMX left" $file 's/half->off = save->off;/half->off = false;/'
mutant "pair, VMX left before" $file 's/ && save->ends_ns > restore->wall_ns / /'
mutant "pair, VMX left unseen" $model 's/^\t\tm->hooks.off\(m->hooks.ctx, &save\);/\t\t;/'
mutant "pair with a look" $file 's/save->off \|\| save->looked \|\| /save->off || /'
mutant "pair, all are looks" $file 's/save->looked = \(\*at\)->ran;/save->looked = true;/'
mutant "pair, cut" $file 's/1U << DOUBT_CUT \| //'
mutant "pair, filtered" $file 's/if \(h->filter_pid \|\| h->filter_vcpu >= 0\)/if (0)/'
mutant "pair, filtered by vCPU" $file 's/ \|\| h->filter_vcpu >= 0\)/)/'
mutant "pair given twice" $file 's/trace->again = .*/;/'
mutant "pair given again" $file 's/ && t->mono_ns == trace->mono_ns &&/ \&\&/;s/^\t\t    t->own_wall_ns == trace->own_wall_ns\)/\t\t    1)/'
mutant "pair, nothing" $file 's/list->nr \? VERDICT_PASS : VERDICT_INCONCLUSIVE/VERDICT_PASS/'
mutant "pair names escape" user/expect/migration.c 's/\*c = .*;/;/'
file=user/sources/vmm.c
mutant "name anywhere" $file 's/strncmp\(option, "guest", key\) : first;/strncmp(option, "guest", key) : true;/'
mutant "name by its end" $file 's/key == 5 && //'
mutant "name with one comma" $file 's/from \+= \*from == .,.;/;/'
mutant "name of its own option" $file 's/wanted = !wanted && /wanted = /'

file=user/expect/judge.c
mutant "too many is fine" $file 's/if \(c->seen > c->want.max\)/if (0)/'
mutant "too few is fine" $file 's/else if \(c->seen < c->want.min && /else if (0 \&\& /'
mutant "doubt is violation" $file 's/may_have_missed\(j, v\) \|\| unseen >= 0/unseen >= 0/'
mutant "coverage is ignored" $file 's/if \(doubts \|\| c->seen\)/if (0)/'
mutant "broken is fine" $file 's/^\tif \(c->broken\)$/\tif (0)/'
mutant "unsure is fine" $file 's/else if \(c->unsure \&\& /else if (0 \&\& /'
mutant "others are of no concern" $file 's/: !j->e->anomalies\[class\].given/: 0/'
mutant "listed ones are others" $file 's/: !j->e->anomalies\[class\].given/: 1/'
mutant "order is any order" $file 's/i < order->nr; i\+\+, at\+\+/i < order->nr; i++, at = 0/'
mutant "never is sometimes" $file 's/if \(at >= end\)/if (1)/'
mutant "before may be missing" $file 's/if \(end == w->nr\) \{/if (0) {/'
mutant "events are everyone's" $file 's/return ev->vm == w->restore->vm .*/return true;/'
mutant "where selects all" $file 's/if \(!selected\(&c->rule->where, r\)\)/if (0)/'
mutant "tolerance is for all" $file 's/: ~0U\);/: ~0U) \& 0;/'
mutant "unseen is none" $file 's/else if \(c->want.max != UINT64_MAX \&\& unseen >= 0\)/else if (0)/'
mutant "unseen is missing" $file 's/may_have_missed\(j, v\) \|\| unseen >= 0/may_have_missed(j, v)/'
mutant "unseen is never" $file 's/if \(!blind_to\(j, p->point\)\)/if (1)/'
mutant "unseen is claimed" $file '/^static void leave_out_unseen/,/^}/s/^\t\t\tcontinue;/\t\t\t;/'
mutant "blind to all" user/expect/sight.c 's/ \|\| absent_by_design \& \(1ULL << point\)//'
file=user/expect/load.c
mutant "nothing is a check" $file 's/if \(!raw->restores && /if (0 \&\& /'
mutant "files that cannot fail" $file 's/if \(!err \&\& !can_fail\(e\)\)/if (0)/'
mutant "sections that cannot fail" $file 's/if \(!given \|\| counts_can_fail\(rules, nr\)\)/if (1)/'
mutant "nothing selected passes" $file 's/check->count.min = 1;/check->count.min = 0;/'
mutant "no restore is enough" $file 's/e->restores.min = 1;/e->restores.min = 0;/'
file=user/yaml/outline.c
mutant "two documents" $file 's/^\tif \(ev.type != YAML_STREAM_END_EVENT\)/\tif (0)/'
mutant "keys twice" $file 's/if \(find_place\(r->outline, child, &line\)\)/if (0)/'
mutant "values with NUL" $file 's/return is_text\(ev\) \? 0/return 1 ? 0/'
mutant "an expectation of nothing" user/yaml/strict.c 's/if \(err == -ENODATA \&\& !form->if_empty\)/if (err == -ENODATA)/'

first_test=test_metrics
file=user/sinks/metrics.c
mutant "metrics of resets" $file 's/^\tif \(r->reset\)/\tif (0)/'
mutant "metrics by no path" $file 's/m->restores\[r->path\]\+\+/m->restores[0]++/'
mutant "metrics by no verdict" $file 's/m->verdicts\[r->verdict\]\+\+/m->verdicts[0]++/'
mutant "metrics of no refusal" $file 's/m->refused \+= r->end == END_REFUSED/m->refused += !r->set_done/'
mutant "metrics, last restore" $file 's/m->last_restore = .*/;/'
mutant "metrics, a leave is timed" $file 's/if \(r->path == PATH_LEAVE\)/if (0)/'
mutant "metrics, a SET that is not over" $file 's/if \(r->set_done\)/if (1)/'
mutant "metrics, a run that is not seen" $file 's/if \(r->run_seen\)/if (1)/'
mutant "metrics, one histogram" $file 's/r->wants_evmcs \? HISTOGRAM_EVMCS : HISTOGRAM_NATIVE/HISTOGRAM_EVMCS/'
mutant "metrics, bounds are exclusive" $file 's/ns > bounds_ns\[i\]/ns >= bounds_ns[i]/'
mutant "metrics, buckets alone" $file 's/count \+= h->count\[i\]/count = h->count[i]/'
mutant "metrics, no sum" $file 's/h->sum_ns \+= ns/h->sum_ns = ns/'
mutant "metrics, other bounds" $file 's/100 \* NSEC|10 \* NSEC_PER_SEC/11 * NSEC_PER_SEC/'
mutant "metrics, bounds as floats" $file 's/"1\.0", "10\.0"/"1", "10"/'
mutant "metrics, warnings are none" $file 's/if \(anomaly->severity < m->fail_on\)/if (anomaly->severity < SEVERITY_ERROR)/'
mutant "metrics, all are violations" $file 's/if \(anomaly->severity < m->fail_on\)/if (0)/'
mutant "metrics, severity of the class" $file 's/m->anomalies\[anomaly->severity\]/m->anomalies[cls->severity]/'
mutant "metrics, one rule" $file 's/m->violations\[cls->rule\]\+\+/m->violations[0]++/'
mutant "metrics, a class of another rule" user/model/anomalies.c 's/"evmptr-mismatch", RULE_WRONG_VMCS/"evmptr-mismatch", RULE_WRONG_STATE/'
mutant "metrics, last violation" $file 's/m->last_violation = .*/m->last_violation = m->last_violation ?: unix_time(header, anomaly->t_ns);/'
mutant "metrics, last class" $file 's/m->last_class = .*/m->last_class = (int)(cls - anomaly_classes);/'
mutant "metrics, rules unnoticed" $file 's/m->rules = .*/m->rules = (uint32_t)crc;/'
mutant "metrics, rules by what is given" $file 's/model->slow_set_ns \? model->slow_set_ns : SLOW_SET_NS/model->slow_set_ns/'
mutant "metrics, old rules" $file 's/m->fail_on = model->fail_on;/m->fail_on = m->fail_on ?: model->fail_on;/'
mutant "metrics, exemplars for all" $file 's/w->form != EXPOSITION_OPENMETRICS \|\| //'
mutant "metrics, exemplars of none" $file 's/ \|\| !e->time\)/)/'
mutant "metrics, exemplars by class" $file 's/if \(e->class\)/if (0)/'
mutant "metrics, exemplars of another bucket" $file 's/&h->exemplar\[i\]\)/\&h->exemplar[0])/'
mutant "metrics, boot IDs escape" user/model/run.c 's/if \(strchr\(HEX, \*boot_id\)\)/if (1)/'
mutant "metrics, the end for all" $file 's/if \(form == EXPOSITION_OPENMETRICS\)/if (1)/'
mutant "metrics, one type for all" $file 's/return form == EXPOSITION_OPENMETRICS/return form != EXPOSITION_OPENMETRICS/'
mutant "metrics, families of samples" $file 's/w->form == EXPOSITION_TEXT \? suffix : ""/suffix/'
mutant "metrics, families of none" $file 's/w->form == EXPOSITION_TEXT \? suffix : ""/""/'
mutant "metrics, any process" $file 's/if \(process \|\| /if (1 || /'
mutant "metrics, losses of one stage" $file 's/m->lost\[loss->stage\] \+=/m->lost[0] +=/'
mutant "metrics, a loss is one" $file 's/\+= loss->count/+= 1/'
mutant "metrics, last loss" $file 's/m->last_loss = unix_time\(header, loss->t_ns\)/;/'
mutant "metrics, silence is sight" $file 's/if \(loss->stage == LOSS_SILENT\)/if (0)/'
mutant "metrics, any loss is silence" $file 's/if \(loss->stage == LOSS_SILENT\)/if (1)/'
mutant "metrics, nothing missed" $file 's/m->facts.missed \+= .*/;/'
mutant "metrics, missed once" $file 's/m->facts.missed \+= /m->facts.missed = /'
mutant "metrics, all tracked" $file 's/m->facts.untracked \+= .*/;/'
mutant "metrics, a footer is a loss" $file 's/if \(m->facts.missed \+ m->facts.untracked != before\)/if (1)/'
mutant "metrics, no footer is a loss" $file 's/if \(m->facts.missed \+ m->facts.untracked != before\)/if (0)/'
mutant "metrics, armed by any" $file 's/^\t\t\treturn false;/\t\t\t;/'
mutant "metrics, armed with none" $file 's/return header->nr_probes;/return true;/'
mutant "metrics, details are none" $file 's/ && !\(watched_details & point\)\)/)/'
mutant "metrics, not needed is missing" $file 's/probes\[i\].attached \|\| \(.*\)\)$/probes[i].attached)/'
mutant "metrics, points that none has" $file 's/ \&\&\n*\t* *!\(not_exported & 1ULL << point\)//;s/^\t       !\(not_exported & 1ULL << point\);/\t       1;/'
mutant "metrics, live from the header" $file 's/if \(m->options.live\)/if (0)/'
mutant "metrics, live without losses" $file 's/if \(item->type == ITEM_LOSS\)/if (item->type == ITEM_LOSS \&\& !m->options.live)/'
mutant "metrics, live without a time" $file 's/m->last_loss = \(double\)now.tv_sec;/;/'
mutant "metrics, live, always a loss" $file 's/if \(facts->missed != m->facts.missed \|\| .*/if (1) {/'
mutant "metrics, names of threads" $file 's/fprintf\(w->f, " # \{restore_id=.*/fprintf(w->f, " # {restore_id=\\"%s-fake\\"", e->restore_id);/'

# A stream in many files.
first_test=test_files
mutant "cut, counts may be odd" $model 's/^\t\tcheck_segment\(m, &m->verdict, f\);/\t\t;/'
mutant "cut, events count again" $model 's/m->cut_events = m->verdict.events;//'
mutant "cut, losses count again" $model 's/m->cut_lost = m->ring_lost;//'
mutant "cut, missed is forgotten" $model 's/m->cut_missed \+= missed_of\(f\);//'
mutant "cut, untracked is forgotten" $model 's/m->cut_tracking_lost \+= f->tracking_lost;//'
mutant "cut, what waits is blocked" $model 's/ && !m->footer.continued && / \&\& /'
mutant "cut, the entry is judged" $model 's/mark\(vcpu->entering, WHY_GOES_ON\);/;/'
mutant "cut, exits are unpaired" $model 's/return vcpu \? !vcpu->has_set : .*/return false;/'
mutant "cut, exits are never unpaired" $model 's/return vcpu \? !vcpu->has_set : .*/return true;/'
mutant "cut, restores begin anew" $model 's/m->next_id = header->continues.restore - 1;//'
mutant "cut, saves begin anew" $model 's/m->next_save = header->continues.save - 1;//'
mutant "cut, times go on" user/pipeline.c 's/next.t_base_ns = cut->t_ns;//'
mutant "cut, the clock is not set" user/pipeline.c 's/next.wall_ns = wall_ns - cut->t_ns;//'
mutant "cut, the probes are as before" user/pipeline.c 's/if \(cut->watched\)/if (0)/'
mutant "cut, sight is as before" $model 's/if \(cut->watched\)/if (0)/'
mutant "cut, seq begins anew" user/sources/file.c 's/s->next_seq = item->header->continues.seq;/;/'
mutant "run of any form" user/trace/decode.c 's/if \(!run_is_valid\(h->run\)\)/if (0)/'
file=user/sources/ring.c
mutant "ring, cut in a loss" $file 's/observer_lost\(s->observer\) != s->last_lost\)/0)/'
mutant "ring, cut beside a loss" $file 's/return lost == s->ring_lost;/return true;/'
mutant "ring, VMs are told once" $file 's/if \(vm->told != s->segment\)/if (0)/'
mutant "ring, all is told again" $file 's/^\tadd_counts\(s->told, f->count\);//'
mutant "ring, the last is its own" $file 's/^\t\ttake_told\(&footer.count\[i\], &s->told\[i\]\);/\t\t;/'
mutant "ring, less is not odd" $file 's/bool odd = .*/bool odd = false;/'
file=user/sinks/trace_files.c
mutant "files, newest go" $file 's/return x->mtime.tv_sec > y->mtime.tv_sec \? 1 : -1;/return x->mtime.tv_sec > y->mtime.tv_sec ? -1 : 1;/'
mutant "files, by mtime alone" $file 's/return strcmp\(x->name, y->name\);/return -strcmp(x->name, y->name);/'
mutant "files, of any name" $file 's/if \(!is_own_name\(entry->d_name\) \|\| /if (/'
mutant "files, the current goes" $file 's/ \|\| is_current\(t, entry->d_name\)\)/)/'
mutant "files, links too" $file 's/S_ISREG\(st.st_mode\)\)/1)/'
mutant "files, any number" $file 's/nr \+ 1 > o->max_files/0/'
mutant "files, no room is kept" $file 's/bytes \+ t->room > o->budget_bytes/bytes > o->budget_bytes/'
mutant "files, they do not grow" $file 's/^\t\tgrow\(t\);/\t\t;/'
mutant "files, over others" $file 's/O_CREAT \| O_EXCL/O_CREAT/'
mutant "files, of everybody" $file 's/O_CLOEXEC, 0600\)/O_CLOEXEC, 0644)/'
mutant "files, no footer" $file 's/^\tfiles_item\(sink, &item, header\);//'
mutant "files, told each time" $file '/^static void in_trouble/,/^}/s/if \(t->told\)/if (0)/'
mutant "files, told by a header" $file 's/if \(!t->hopeless\)$/if (1)/'
mutant "files, empty ones stay" $file 's/if \(t->hopeless && unlink\(t->path\)\)/if (0)/'
mutant "files, tried at once" $file 's/now_ns >= t->retry_ns \? /1 ? /'
mutant "files, tried never" $file 's/now_ns >= t->retry_ns \? /0 ? /'
mutant "files, never forced" $file 's/CUT_WHEN_QUIET : CUT_NOW;/CUT_WHEN_QUIET : CUT_WHEN_QUIET;/'
file=user/commands/show.c
mutant "show, any restore" $file 's/s->next_restore\+\+ == s->restore\)/s->next_restore++)/'
mutant "show, all vCPUs" user/model/event.h 's/^\treturn ev->tid == tid \|\|/\treturn ev->tid || tid ||/'
mutant "show, of any run" $file 's/return s->file->of_run \? 0 : -ECANCELED;/s->file->of_run = true; return 0;/'
mutant "show, of all that is there" $file 's/if \(stat\(path, &st\) \|\| .*/if (!stat(path, \&st))/'
mutant "show, waits for what came since" user/sources/file.c 's/\(s->found \? O_NONBLOCK : 0\)/0/'
mutant "show, of damaged files" $file 's/if \(err && err != -ECANCELED\)/if (0)/'

first_test=test_explain
file=user/util/wrap.c
mutant "explain, wraps early" $file 's/blanks \+ columns > w->width/blanks + columns >= w->width/'
mutant "explain, wraps late" $file 's/blanks \+ columns > w->width/columns > w->width/'
file=user/explain/layout.c
mutant "explain, options apart" $file 's/\*next != .-.\)/0)/'
mutant "explain, commands end" $file 's/\.more = CONTINUED/.more = ""/'
mutant "explain, dots are requests" $file 's/if \(!at && \*word == .\..\)/if (0)/'
mutant "explain, hyphens are others" $file "s/'-', \"..-\"/'-', \"-\"/"
mutant "explain, sentences go on" $file 's/return word\[len - 1\] == .\.. \|\|/return/'
mutant "explain, long lines" $file 's/define ROFF_WIDTH 78/define ROFF_WIDTH 84/'
file=user/util/nearest.c
mutant "explain, no piece of a name" $file 's/strlen\(n->word\) > 2/0/'
mutant "explain, no beginning" $file 's/best = min\(best, row\[j - 1\] \+ 1\)/;/'
# What stands on a screen.
first_test=test_small
mutant "text, how it ended told twice" user/sinks/words.c 's/r->end == END_REFUSED && /0 \&\& /'
mutant "text, harm among the harmless" user/sinks/text.c 's/if \(a->severity != severity \|\| is_harmless\(t, a\) != harmless\)/if (a->severity != severity)/'
mutant "text, warnings first" user/sinks/text.c 's/"what to do", errors, warnings/"what to do", warnings, errors/'
mutant "text, the last example" user/sinks/text.c 's/worst <= t->example_severity/worst < t->example_severity/'
mutant "text, show of what cannot be read twice" user/sinks/text.c '/^static void print_show/,/^}/s/if \(is_stdin\(t->options.label\)\)/if (0)/'
mutant "text, info that fails does no harm" user/sinks/text.c 's/== SEVERITY_INFO && !t->options.info_fails/== SEVERITY_INFO/'
mutant "text, info that fails leads nowhere" user/sinks/text.c 's/errors, warnings \| fatal/errors, warnings/'
mutant "text, a file is not quoted" user/sinks/text.c 's/shell_word\((t->options.label)\)/printable(\1)/'
mutant "results, none of libc" user/util/errstr.c 's/result < 0 && result >= -INT_MAX/result < 0/'
# Source lines of stacks.
first_test=test_lines
mutant "lines, of any build" user/symbols/stack_lines.c 's/if \(object < 0 \|\| .*/if (object < 0)/'
mutant "lines, asked each time" user/symbols/stack_lines.c 's/a = find_answer\(lines, &place\);/a = NULL;/'
mutant "lines, late in JSON" user/sinks/json.c 's/if \(nr == -EAGAIN\)/if (0)/'
mutant "lines, none are late" user/sinks/json.c 's/^\t\tif \(nr\)$/\t\tif (1)/'
mutant "lines, late is never" user/symbols/stack_lines.c 's/if \(nr == -EAGAIN\)/if (0)/'
mutant "lines, any module is the kernel" user/symbols/stack_lines.c 's/return strcmp\(place->object, OBJECT_NAME_KERNEL\) != 0;/return true;/'
mutant "lines, kept over a gap" user/pipeline.c 's/^\t\tforget_modules\(p\);/\t\t;/'
mutant "lines, owed and forgotten" user/sinks/text.c 's/^\t\t\towed_add\(&t.*/\t\t\t;/'
mutant "lines, owed twice" user/sinks/owed.c 's/if \(!strcmp\(owed->entry\[i\], entry\)\)/if (0)/'
mutant "lines, inside out" user/sinks/text.c 's/nr > 0 \? &frames\[nr - 1\] :/nr > 0 ? \&frames[0] :/'
mutant "builds of any form" user/trace/decode.c 's/strspn\(h->build_id\[i\], "0123456789abcdef"\) != len/0/'
first_test=test_symbols
file=user/symbols/dwarf_finder.c
mutant "symbols, behind the call" $file 's/return place->offset \? place->offset - 1 : 0;/return place->offset;/'
mutant "symbols, before the function" $file 's/return place->offset \? place->offset - 1 : 0;/return place->offset - 1;/'
mutant "symbols, any of the name" $file 's/if \(found && .*/if (0)/'
mutant "symbols, of any length" $file 's/\(symbol.st_size && offset >= symbol.st_size\)/0/'
mutant "symbols, all in one place" $file 's/^\t\tsource_call\(.*//'
mutant "symbols, no labels" $file 's/type == STT_FUNC \|\| type == STT_NOTYPE/type == STT_FUNC/'
file=user/symbols/debug_file.c
mutant "symbols, of any build" $file 's/is = build_id_same\(&id, wanted\) \&\& /is = /'
mutant "symbols, stripped" $file 's/ && has_dwarf\(elf\);/;/'
mutant "symbols, by any release" $file "s/if \(!q->release\[0\] .*/if (0)/"
file=user/symbols/helper_finder.c
mutant "helper, others wait" $file 's/\(h->late \? 0 : h->options.patience_ms\)/h->options.patience_ms/'
mutant "helper, nobody waits" $file 's/\(h->late \? 0 : h->options.patience_ms\)/0/'
mutant "helper, it holds all" $file 's/^\tclose_others\(.*//'
mutant "helper, as privileged" $file 's/^\t\th->options.enter\(\);/\t\t;/'
mutant "helper, what came is lost" $file 's/^\ttake_answers\(h\);//'
mutant "helper, dead and unnoticed" $file 's/^\tif \(n >= 0 \|\| .*/\tif (0)/'
mutant "returns are where they go" user/sources/ksyms.c 's/answer\(ksyms, addresses\[i\], i > 0, /answer(ksyms, addresses[i], false, /'
# What is asked of the kernel, and what waits to be read.
mutant "symbols, the longest half" user/util/kallsyms.c 's/len -= used;/len = 0;/'
mutant "symbols, unreadable is empty" user/util/kallsyms.c 's/return n < 0 \? -errno : err;/return err;/'
first_test=test_plan
mutant "plan, a beginning is left out" user/probes/plan.c '/^size_t plan_beginnings/,/^}/s/i = 0;/i = 1;/'
mutant "plan, beginnings twice" user/probes/plan.c 's/ && !has\(beginnings, nr, one\)\)/)/'
mutant "plan, more beginnings than room" user/probes/plan.c 's/nr < room && /nr < 24 \&\& /'
first_test=test_small
mutant "backlog, the newest first" user/sources/backlog.c 's/backlog->data \+ backlog->at \+ sizeof/backlog->data + sizeof/'
mutant "backlog, sizes are not kept" user/sources/backlog.c 's/memcpy\(size, backlog->data \+ backlog->at, /memcpy(size, backlog->data, /'
mutant "backlog, not aligned" user/sources/backlog.c 's/#define ALIGN 8/#define ALIGN 1/'
mutant "backlog, without end" user/sources/backlog.c 's/if \(room > BACKLOG_MOST\)/if (room > 64 * BACKLOG_MOST)/'
mutant "backlog, keeps its room" user/sources/backlog.c 's/if \(backlog->room > GROW\)/if (0)/'
# What holds of random traces, one for each property.
first_test=test_properties
mutant "property, vCPUs are one" $model 's/return \(x->id > y->id\) - \(x->id < y->id\);/return 0;/'
mutant "property, a loss is no gap" $model 's/ && restore->why & \(1U << WHY_LOST\)\)/ \&\& 0)/'
mutant "property, losses are not marked" $model '/^static void ask\(/,/^}/s/note_losses\(m, restore\);/;/'
mutant "property, the end is there" $model 's/ && has_all\(m\)\)/)/'
mutant "property, counts are believed" $model 's/if \(lost != m->ring_lost - m->cut_lost\)/if (0)/'
mutant "property, a loss forgives" $model 's/if \(v->by_verdict\[VERDICT_FAIL\]\)/if (v->by_verdict[VERDICT_FAIL] \&\& !v->lost)/'
mutant "property, a loss in doubt is a violation" $model 's/if \(has_violation\(m, restore\)\)/if (has_violation(m, restore) || (restore->why \& (1U << WHY_LOST) \&\& restore->why \& (1U << WHY_NO_STATE)))/'
mutant "property, a file forgets exits" user/trace/decode.c 's/ev->exits = get_count\(r, s, "exits"\);/;/'
mutant "property, no end is one" $model 's/if \(!m->has_footer\)/if (0)/;s/^\t\tcheck_counts\(m, v\);/\t\tif (m->has_footer) check_counts(m, v);/'
mutant "property, VMs are one" $model 's/if \(x->vm != y->vm\)/if (0)/'
mutant "property, silence is no loss" $model 's/m->silent = true;/;/'
mutant "property, a gap is no loss" $model 's/m->detached = true;/;/'
mutant "property, other losses are none" $model 's/^\t\tm->verdict.lost \+= loss->count;/\t\t;/'
mutant "property, a cut forgives" $model '/^static void fold_cut\(/,/^}/s/m->cut_events = /m->verdict.by_verdict[VERDICT_FAIL] = 0;\n\0/'
mutant "property, a file forgets the command" user/trace/decode.c 's/f->command_status = .*/;/'
mutant "property, purposes are one" user/trace/line.c 's/put_name\(l, purpose_name\(a->purpose\)\)/put_name(l, purpose_name(0))/'
mutant "loss, skipped exits are blocked" $model 's/^\t       !\(m->cut_missed \+ missed_of\(&m->footer\)\);/\t       1;/'
mutant "time, open frames" $model 's/ > MANY_TASKS\)/ > 1000000)/'
mutant "time, losses are walks" $model 's/^\tm->losses\+\+;/\tm->losses++;\n\tfor (struct vcpu *v = m->vcpu_list; v; v = v->next) mark(v->current, WHY_LOST);/'
mutant "time, all that flew is asked" $model 's/^\twhile \(\*at && !\(\*at\)->current\)/\twhile (0)/'
mutant "halves, any number" user/model/pairs.c 's/nr_saves > MAX_HALVES/nr_saves > 1000000/'
mutant "halves, any number of steps" user/model/pairs.c 's/ == MAX_STEPS;/ == 0;/'
mutant "lines of any length" user/sources/file.c 's/if \(looked_at > LINE_MAX_LEN\)/if (0)/;s/ <= LINE_MAX_LEN/ >= 0/'
mutant "a filter is an int" user/trace/encode.c 's/"pid", \(json_int_t\)h->filter_pid/"pid", (json_int_t)(int)h->filter_pid/'

# What a trace that ends in the middle of a restore tells of it.
first_test=test_model
mutant "open, its lines end where it begins" $model 's/ev \? ev->seq : m->last_seq;/ev ? ev->seq : restore->last_seq;/'
mutant "open, SET took no time" $model 's/if \(!r->set_done && !\(r->why/if (0 \&\& !(r->why/'
mutant "open, SET did not return in what is lost" $model 's/^\tif \(!r->set_done && !\(r->why & \(1U << WHY_LOST\)\)\)/\tif (!r->set_done)/'
mutant "open, a second SET is none" $model 's/supersede\(m, vcpu, END_OPEN, NULL\);/close_restore(m, \&vcpu->pending, END_OPEN, NULL);/'
mutant "open, a second SET is not told" user/trace/encode.c 's/^\t\t\t    r->superseded_by \? number\(r->superseded_by\) : json_null/\t\t\t    0 ? number(r->superseded_by) : json_null/'
mutant "path, early is deferred" $model 's/PATH_EVMCS_DEFERRED : PATH_EVMCS_EARLY/PATH_EVMCS_DEFERRED : PATH_EVMCS_DEFERRED/'
mutant "A8 is about what came before" user/model/anomalies.c '/^static const struct access \*what_failed/,/^}/s/ && r->accesses\[i\]->seq > f->frame->entry.seq//'
mutant "A8 is about what succeeded" user/model/anomalies.c '/^static const struct access \*what_failed/,/^}/s/ && !r->accesses\[i\]->touched//'
mutant "A4, more is not counted" $model 's/^\ta->more\+\+;//'
mutant "A4, of more any is the map" $model 's/if \(a->map < 0 && access->purpose == PURPOSE_EVMCS/if (a->map < 0 \&\& access->purpose != PURPOSE_EVMCS/'
mutant "open, what is open is missing" $model 's/restore->end != END_OPEN && \(!restore->set_done/1 \&\& (!restore->set_done/'
mutant "A17 is about the page in its place" user/model/anomalies.c 's/map_of\(f->restore, f->restore->leaked_gpa\)/map_of(f->restore, f->restore->held_gpa)/'
mutant "A8, a KVM_RUN that failed is not told" user/trace/encode.c 's/r->run_seen && r->pages_failed\)/0)/'
first_test=test_small
mutant "text, classes as they come" user/sinks/text.c 's/if \(a->severity != severity \|\| is_harmless/if (severity != SEVERITY_ERROR || is_harmless/'
mutant "text, more is not told" user/sinks/text.c 's/^\tprint_more\(t, r\);//'
mutant "times, a failed KVM_RUN is none" user/sinks/words.c 's/r->pages_failed \? " \(failed\)" : ""/""/'
mutant "times, the other SET mapped nothing" user/sinks/words.c 's/if \(r->mapped && !restore_is_mapped\(r\)\)/if (0)/'
mutant "times, the other SET has returned" user/sinks/words.c 's/r->end == END_OPEN \? "SET again" : "superseded"/"superseded"/'
mutant "lines, wide fields are broken anywhere" user/util/wrap.c 's/w->indent \+ columns_of\(text, len\) <= w->width/1/'

# What a page must not tell twice, nor draw as what it was not.
first_test=test_report
mutant "page, what did not return did no harm" user/sinks/report/timeline.c 's/if \(is_unknown\(a\)\)/if (0)/'
mutant "page, a SET that did not return was short" user/sinks/report/timeline.c 's/return d->r->set_done \? d->r->set_duration_ns : ban_ends\(d\);/return d->r->set_duration_ns;/;s/d->r->set_done \? "set" : "\x27set open\x27"/"set"/'
mutant "page, the legend has all there is" user/sinks/report/timeline.c 's/if \(is_meant\(&meanings\[i\], kept\)\)/if (1)/'
mutant "page, labels are anywhere" user/sinks/report/timeline.c 's/^\tbool over = l->mark_y > l->y;/\tbool over = l->mark_y > l->y;\n\treturn;/'
mutant "page, accesses are told again" user/sinks/report/report.c 's/if \(other->access == a->access\)/if (0)/'
mutant "page, stacks are told again" user/sinks/report/report.c 's/if \(is_same_stack\(anomaly_stack\(r, other\), anomaly_stack\(r, a\)\)\)/if (0)/'
mutant "page, a KVM_RUN that failed is one" user/sinks/report/timeline.c '/^static void draw_run\(/,/^}/s/if \(d->detail->doings\[i\].failed\)/if (0)/'
mutant "page, the guest ran after it" user/sinks/report/timeline.c 's/ && \(!detail->restore.pages_failed \|\| detail->ran_ns\);/;/;s/d->r->pages_failed \? d->detail->ran_ns : //'
mutant "page, the next restore's map is drawn" user/sinks/report/timeline.c 's/!restore_is_mapped\(d->r\)/!d->r->mapped/'
mutant "page, what the next restore did is drawn" user/sinks/report/report.c 's/own && restore_has_at\(&d->restore, ev->t_ns\)/own/'
mutant "page, the next restore's map is counted" user/sinks/report/kept.c '/^int kept_restore/,/^}/s/restore_is_mapped\(r\)/r->mapped/'
mutant "page, in vain is touched" user/sinks/report/timeline.c 's/return a->done && !a->touched;/return false;/'
mutant "page, severities are one" user/sinks/report/kept.c 's/g\.classes\[a->severity\]/g.classes[0]/'
mutant "page, the worst is last" user/sinks/report/report.c '/^static void put_found\(/,/^}/s/severity = SEVERITY_COUNT - 1; severity >= 0; severity--/severity = 0; severity < SEVERITY_COUNT; severity++/'
mutant "page, words break after a hyphen" user/sinks/report/page.c 's/return n > 1 && n <= MAX_WHOLE \? n : 0;/return 0;/'
mutant "since when it is superseded" user/model/model.c 's/^(\tvcpu->pending->t_superseded_ns = ).*/\10;/'

# Module files that others made.
first_test=test_code
mutant "module files, all memory" user/probes/module_file.c 's/memory_limit_begin\(&limit, MAX_UNPACKED\);/limit.set = false;/'
mutant "module files, zstd has no limit" user/probes/module_file.c 's/size > MAX_UNPACKED \? NULL/0 ? NULL/'
mutant "module files, symbols without end" user/probes/module_file.c 's/if \(!data \|\| !ends_strings\(file, header.sh_link\)\)/if (!data)/'
mutant "module files, sections without end" user/probes/module_file.c 's/ \|\| !ends_strings\(file, sections\)\)/)/'
mutant "module files, any name" user/probes/code.c 's/if \(len >= CODE_NAME_LEN\)/if (0)/'
mutant "module files, clones are none" user/probes/code_files.c 's/if \(symbol_fit\(r->sorted\[i\], name\) != SYMBOL_OTHER\)/if (0)/'

# Clients that mean no good.
first_test=test_http
file=user/serve/http.c
mutant "http, slow ones stay" $file 's/^\tsend_late_ones_away\(s\);/\t;/'
mutant "http, nobody makes way" $file 's/make_way\(s, client\);/;/'
mutant "http, the newest goes" $file 's/if \(!is_there\(client\) \|\| client == newest\)/if (client != newest)/'
mutant "http, all are neighbours" $file 's/!memcmp\(s->clients\[i\].address, .*/1;/'
mutant "http, types are guessed" $file '/"X-Content-Type-Options"/d'
mutant "http, a client has one request" $file 's/client->since_ms = now_ms\(\);/;/'
mutant "http, room for any header" $file 's/\(16 \* 1024\)/(64 * 1024 * 1024)/'

# Names that others chose.
first_test=test_hostile
mutant "names, as they are" user/util/plain.c 's/return c < 0x20 \|\| c >= 0x7f \? .\?. : c;/return c;/'
mutant "names, with DEL" user/util/plain.c 's/c >= 0x7f/c > 0x7f/'
mutant "names, in the journal" user/sinks/journal.c 's/plain\(e->text\[e->nr\+\+\]\);/e->nr++;/'
mutant "names, in JUnit" user/sinks/junit.c 's/fputc\(c < 0x20 \|\| c >= 0x7f \? .\?. : c, out\);/fputc(c, out);/'
mutant "names, of what is no trace" user/sinks/ktap.c 's/put_plain\(s->out, why\);/fputs(why, s->out);/'
mutant "names, of what is no trace, in JUnit" user/sinks/junit.c 's/put_attribute\(s->out, "message", why\);/fprintf(s->out, " message=\\"%s\\"", why);/'
mutant "names, beyond ASCII" user/trace/dump.c 's/flags \| JSON_ENSURE_ASCII/flags/'
mutant "names, DEL in JSON" user/trace/dump.c 's/if \(!dump \|\| !strchr\(dump, DEL\)\)/if (1)/'
mutant "names, labels of text" user/sinks/text.c 's/(vcpu%d", )printable\(name\)/\1name/'
mutant "names, in a page" user/sinks/report/page.c 's/fputc\(plain_char\(c\), page->out\);/fputc(c, page->out);/'

if [ $dry = 0 ]; then
	echo "$broken mutants, $unseen not seen, $useless change nothing or do not compile"
fi
[ $((unseen + useless)) = 0 ]
