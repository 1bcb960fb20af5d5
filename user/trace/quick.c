/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "model/names.h"
#include "trace/quick.h"

/* Below 10^18: no sum of digits overflows, and JSON has no other way to write it. */
#define MAX_DIGITS 18
#define MAX_HEX_DIGITS 16
/* Of what a model concluded, which is only looked at for whether it is JSON. */
#define MAX_KEYS 48
#define MAX_DEPTH 8

/* Where we are; every function below returns false where the line is not as it expects. */
struct quick {
	const char *p;
	const char *end;
	struct decoded *d;
};

/* ---- what a line is made of ---- */

static inline __attribute__((always_inline)) bool is_next(struct quick *q, const char *s, size_t n)
{
	if ((size_t)(q->end - q->p) < n || memcmp(q->p, s, n))
		return false;
	q->p += n;
	return true;
}

/* The literal comes next, and is passed over. */
#define LIT(q, literal) is_next(q, literal, sizeof(literal) - 1)

static inline bool number(struct quick *q, uint64_t *value)
{
	const char *start = q->p;
	uint64_t n = 0;

	while (q->p < q->end && (unsigned char)(*q->p - '0') <= 9)
		n = n * 10 + (unsigned char)(*q->p++ - '0');
	*value = n;
	return q->p > start && q->p - start <= MAX_DIGITS && (*start != '0' || q->p - start == 1);
}

static inline bool number_u32(struct quick *q, uint32_t *value)
{
	uint64_t n;

	if (!number(q, &n) || n > UINT32_MAX)
		return false;
	*value = (uint32_t)n;
	return true;
}

static inline bool integer(struct quick *q, int64_t *value)
{
	bool negative = LIT(q, "-");
	uint64_t n;

	if (!number(q, &n) || (negative && !n))
		return false;
	*value = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static inline int hex_digit(char c)
{
	if ((unsigned char)(c - '0') <= 9)
		return c - '0';
	return (unsigned char)(c - 'a') <= 5 ? c - 'a' + 10 : -1;
}

static inline bool hex(struct quick *q, uint64_t *value, uint64_t max)
{
	const char *start;
	uint64_t n = 0;
	int digit;

	if (!LIT(q, "\"0x"))
		return false;
	for (start = q->p; q->p < q->end && (digit = hex_digit(*q->p)) >= 0; q->p++)
		n = n << 4 | (unsigned int)digit;
	if (q->p == start || q->p - start > MAX_HEX_DIGITS || n > max)
		return false;
	*value = n;
	return LIT(q, "\"");
}

/* Of a record, whose 64 bits are another type than those of stdint.h. */
static inline bool hex_record(struct quick *q, __u64 *value)
{
	uint64_t n = 0;
	bool ok = hex(q, &n, UINT64_MAX);

	*value = n;
	return ok;
}

static inline bool hex_u32(struct quick *q, uint32_t *value)
{
	uint64_t n;

	if (!hex(q, &n, UINT32_MAX))
		return false;
	*value = (uint32_t)n;
	return true;
}

static inline bool hex_u16(struct quick *q, uint16_t *value)
{
	uint64_t n;

	if (!hex(q, &n, UINT16_MAX))
		return false;
	*value = (uint16_t)n;
	return true;
}

static inline bool flag(struct quick *q, uint32_t *flags, uint32_t bit)
{
	if (LIT(q, "true")) {
		*flags |= bit;
		return true;
	}
	return LIT(q, "false");
}

/* Printable ASCII with nothing escaped: what it means is what stands there. */
static inline bool text(struct quick *q, const char **start, size_t *len)
{
	if (!LIT(q, "\""))
		return false;
	*start = q->p;
	while (q->p < q->end && *q->p >= ' ' && *q->p <= '~' && *q->p != '"' && *q->p != '\\')
		q->p++;
	*len = (size_t)(q->p - *start);
	return LIT(q, "\"");
}

static bool skip_text(struct quick *q)
{
	const char *start;
	size_t len;

	return text(q, &start, &len);
}

/* As copy_text() of decode.c: what is too long is cut. */
static bool copy_text(struct quick *q, char *out, size_t size)
{
	const char *start;
	size_t len;

	if (!text(q, &start, &len))
		return false;
	if (len >= size)
		len = size - 1;
	memcpy(out, start, len);
	out[len] = '\0';
	return true;
}

/* ---- names, each of which is looked up once ---- */

static struct known_name *slot_of(struct known_names *names, const char *start, size_t len)
{
	size_t hash = len + (size_t)start[0] * 5 + (size_t)start[len - 1] * 7 +
		      (size_t)start[len / 2] * 31;

	return &names->slot[hash % KNOWN_NAMES];
}

/* by_name: -1 for one that is not known. */
static bool name(struct quick *q, struct known_names *names, int64_t (*by_name)(const char *),
		 int64_t *value)
{
	struct known_name *known;
	const char *start;
	size_t len;

	if (!text(q, &start, &len) || !len || len >= sizeof(known->text))
		return false;
	known = slot_of(names, start, len);
	if (known->len != len || memcmp(known->text, start, len)) {
		struct known_name fresh = { .len = len };

		memcpy(fresh.text, start, len);
		fresh.value = by_name(fresh.text);
		if (fresh.value < 0)
			return false;
		*known = fresh;
	}
	*value = known->value;
	return true;
}

static int64_t point_value(const char *text)
{
	return point_by_name(text);
}

static int64_t purpose_value(const char *text)
{
	return purpose_by_name(text);
}

static int64_t ioctl_value(const char *text)
{
	return ioctl_by_name(text) ?: -1LL;
}

static bool point(struct quick *q, enum evmcs_point *value)
{
	int64_t found;

	if (!name(q, &q->d->points, point_value, &found))
		return false;
	*value = (enum evmcs_point)found;
	return true;
}

static bool purpose(struct quick *q, uint32_t *value)
{
	int64_t found;

	if (!name(q, &q->d->purposes, purpose_value, &found))
		return false;
	*value = (uint32_t)found;
	return true;
}

static bool phase(struct quick *q, enum evmcs_phase *value)
{
	if (LIT(q, "\"enter\""))
		*value = PHASE_ENTER;
	else if (LIT(q, "\"exit\""))
		*value = PHASE_EXIT;
	else if (LIT(q, "\"note\""))
		*value = PHASE_NOTE;
	else
		return false;
	return true;
}

/* The name of one, or a number that has none; 0 where the task is in none. */
static bool command(struct quick *q, uint32_t *value)
{
	int64_t found;

	if (LIT(q, "null")) {
		*value = 0;
		return true;
	}
	if (q->end - q->p > 1 && q->p[1] == '0')
		return hex_u32(q, value);
	if (!name(q, &q->d->ioctls, ioctl_value, &found))
		return false;
	*value = (uint32_t)found;
	return true;
}

/* ---- what an event has besides the common fields ---- */

static bool flag_names(struct quick *q)
{
	if (!LIT(q, "["))
		return false;
	if (LIT(q, "]"))
		return true;
	while (skip_text(q))
		if (!LIT(q, ","))
			return LIT(q, "]");
	return false;
}

static bool nested(struct quick *q, struct event *ev)
{
	struct record_nested *n = &ev->nested;
	uint64_t format;

	if (!LIT(q, "{\"flags\":") || !hex_u16(q, &n->flags) || !LIT(q, ",\"flag_names\":") ||
	    !flag_names(q) || !LIT(q, ",\"format\":") || !number(q, &format) ||
	    format > UINT16_MAX || !LIT(q, ",\"size\":") || !number_u32(q, &n->size) ||
	    !LIT(q, ",\"vmxon_pa\":") || !hex_record(q, &n->vmxon_pa) ||
	    !LIT(q, ",\"vmcs12_pa\":") || !hex_record(q, &n->vmcs12_pa))
		return false;
	n->format = (uint16_t)format;
	if (LIT(q, ",\"evmcs_pa\":")) {
		ev->flags |= REC_HAS_EVMCS_PA;
		if (!hex_record(q, &n->evmcs_pa))
			return false;
	}
	return LIT(q, ",\"smm_flags\":") && hex_u16(q, &n->smm_flags) &&
	       LIT(q, ",\"hdr_flags\":") && hex_u32(q, &n->hdr_flags) && LIT(q, "}");
}

static bool set_state(struct quick *q, struct event *ev)
{
	return LIT(q, ",\"comm\":") && copy_text(q, ev->nested.comm, sizeof(ev->nested.comm)) &&
	       LIT(q, ",\"nested\":") && nested(q, ev);
}

static bool access_of(struct quick *q, struct record_access *a)
{
	uint64_t len;

	if (!LIT(q, ",\"access\":{\"gpa\":"))
		return false;
	a->gpa = GPA_UNKNOWN;
	if (!LIT(q, "null") && !hex_record(q, &a->gpa))
		return false;
	if (!LIT(q, ",\"len\":") || !number(q, &len))
		return false;
	a->len = len;
	if (LIT(q, ",\"hva\":") && !hex_record(q, &a->hva))
		return false;
	return LIT(q, ",\"purpose\":") && purpose(q, &a->purpose) && LIT(q, "}");
}

static bool nested_exit(struct quick *q, struct record_nested_exit *e)
{
	return LIT(q, ",\"exit\":{\"reason\":") && hex_u32(q, &e->reason) &&
	       LIT(q, ",\"intr_info\":") && hex_u32(q, &e->intr_info) &&
	       LIT(q, ",\"qualification\":") && hex_record(q, &e->qualification) && LIT(q, "}");
}

/* Those that are rare (a first entry, memslots) are decode.c's. */
static bool payload(struct quick *q, struct event *ev)
{
	bool enter = ev->phase == PHASE_ENTER;

	switch (ev->point) {
	case PT_SET_STATE:
		return !enter || set_state(q, ev);
	case PT_GET_STATE:
		return enter || !LIT(q, ",\"nested\":") || nested(q, ev);
	case PT_NESTED_EXIT:
		return !enter || nested_exit(q, &ev->exit);
	case PT_FIRST_ENTRY:
	case PT_FIRST_EXIT:
	case PT_MEMSLOT:
	case PT_MEMSLOT_COMMIT:
		return false;
	default:
		return !enter || point_class(ev->point) == CLASS_FRAME || access_of(q, &ev->access);
	}
}

/* ---- an event ---- */

static bool vmx_state(struct quick *q, struct event *ev)
{
	ev->flags |= REC_VMX_STATE;
	return hex(q, &ev->evmptr, UINT64_MAX) && LIT(q, ",\"vmptr\":") &&
	       hex(q, &ev->vmptr, UINT64_MAX) && LIT(q, ",\"l2\":") && flag(q, &ev->flags, REC_L2);
}

static bool state(struct quick *q, struct event *ev)
{
	ev->evmptr = ev->vmptr = UINT64_MAX;
	ev->exit_reason = EXIT_REASON_UNREAD;
	if (!LIT(q, ",\"state\":{\"exits\":"))
		return true;
	ev->flags |= REC_VCPU_STATE;
	if (!number(q, &ev->exits) || !LIT(q, ",\"pages_pending\":") ||
	    !flag(q, &ev->flags, REC_REQ_PAGES))
		return false;
	if (LIT(q, ",\"exit_reason\":") && !number_u32(q, &ev->exit_reason))
		return false;
	if (LIT(q, ",\"vmxon\":")) {
		ev->flags |= REC_NESTED_FLAGS;
		if (!flag(q, &ev->flags, REC_VMXON) || !LIT(q, ",\"sync_due\":") ||
		    !flag(q, &ev->flags, REC_SYNC_DUE))
			return false;
	}
	if (LIT(q, ",\"evmptr\":") && !vmx_state(q, ev))
		return false;
	return LIT(q, "}");
}

static bool vcpu(struct quick *q, int32_t *id)
{
	uint32_t n;

	if (LIT(q, "null")) {
		*id = VCPU_NONE;
		return true;
	}
	if (!number_u32(q, &n) || n > INT32_MAX)
		return false;
	*id = (int32_t)n;
	return true;
}

static bool who_and_when(struct quick *q, struct event *ev)
{
	return number(q, &ev->seq) && LIT(q, ",\"ts\":") && skip_text(q) && LIT(q, ",\"t_ns\":") &&
	       number(q, &ev->t_ns) && LIT(q, ",\"point\":") && point(q, &ev->point) &&
	       LIT(q, ",\"phase\":") && phase(q, &ev->phase) && LIT(q, ",\"vm\":") &&
	       number_u32(q, &ev->vm) && LIT(q, ",\"vcpu\":") && vcpu(q, &ev->vcpu) &&
	       LIT(q, ",\"pid\":") && number_u32(q, &ev->pid) && LIT(q, ",\"tid\":") &&
	       number_u32(q, &ev->tid) && LIT(q, ",\"cpu\":") && number_u32(q, &ev->cpu) &&
	       LIT(q, ",\"ioctl\":") && command(q, &ev->ioctl);
}

/* What is rare: no room to keep track, and another's memory. */
static bool marks(struct quick *q, struct event *ev)
{
	if (LIT(q, ",\"untracked\":true"))
		ev->flags |= REC_UNTRACKED;
	if (LIT(q, ",\"memory_of\":\"another\""))
		ev->flags |= REC_FOREIGN_MM;
	else if (LIT(q, ",\"memory_of\":\"nobody\""))
		ev->flags |= REC_NO_MM;
	return true;
}

/* Copied, so that each has its NUL. */
static bool stack_line(struct quick *q, struct event *ev, size_t *used)
{
	char *room = q->d->stack + *used;
	const char *start;
	size_t len;

	if (ev->nr_stack == EVENT_STACK_DEPTH || !text(q, &start, &len) ||
	    len >= sizeof(q->d->stack) - *used)
		return false;
	memcpy(room, start, len);
	room[len] = '\0';
	*used += len + 1;
	ev->stack[ev->nr_stack++] = room;
	return true;
}

static bool stack(struct quick *q, struct event *ev)
{
	size_t used = 0;

	if (!LIT(q, ",\"stack\":["))
		return true;
	do {
		if (!stack_line(q, ev, &used))
			return false;
	} while (LIT(q, ","));
	return LIT(q, "]");
}

static bool line_ends(const struct quick *q)
{
	return q->p == q->end || (q->end - q->p == 1 && *q->p == '\n');
}

static bool event(struct quick *q, struct event *ev)
{
	memset(ev, 0, sizeof(*ev));
	if (!who_and_when(q, ev) ||
	    (ev->phase == PHASE_NOTE) != (point_class(ev->point) == CLASS_NOTE))
		return false;
	if (ev->phase == PHASE_EXIT && (!LIT(q, ",\"ret\":") || !integer(q, &ev->ret)))
		return false;
	if (!state(q, ev))
		return false;
	if (event_has_window(ev) && (!LIT(q, ",\"window\":") || !hex(q, &ev->window, UINT64_MAX)))
		return false;
	return marks(q, ev) && payload(q, ev) && stack(q, ev) && LIT(q, "}") && line_ends(q);
}

/* ---- a VM ---- */

static bool vm(struct quick *q, struct vm_fact *vm)
{
	struct decoded *d = q->d;
	const char *start;
	size_t len;

	if (!number_u32(q, &vm->vm) || !LIT(q, ",\"pid\":") || !number_u32(q, &vm->pid) ||
	    !LIT(q, ",\"comm\":") || !text(q, &start, &len) || len >= sizeof(d->comm))
		return false;
	memcpy(d->comm, start, len);
	d->comm[len] = '\0';
	vm->comm = d->comm;
	vm->name = NULL;
	if (LIT(q, ",\"name\":null}"))
		return line_ends(q);
	if (!LIT(q, ",\"name\":") || !text(q, &start, &len) || len >= sizeof(d->name))
		return false;
	memcpy(d->name, start, len);
	d->name[len] = '\0';
	vm->name = d->name;
	return LIT(q, "}") && line_ends(q);
}

/* ---- what a model concluded: is it JSON? ---- */

struct key {
	const char *start;
	size_t len;
};

static bool is_new(const struct key *keys, int nr)
{
	const struct key *key = &keys[nr];
	int i;

	for (i = 0; i < nr; i++)
		if (keys[i].len == key->len && *keys[i].start == *key->start &&
		    !memcmp(keys[i].start, key->start, key->len))
			return false;
	return true;
}

static bool value(struct quick *q, int depth);

/* Behind its brace. */
static bool object(struct quick *q, int depth)
{
	struct key keys[MAX_KEYS];
	int nr = 0;

	if (LIT(q, "}"))
		return true;
	do {
		if (nr == MAX_KEYS || !text(q, &keys[nr].start, &keys[nr].len) ||
		    !is_new(keys, nr) || !LIT(q, ":") || !value(q, depth))
			return false;
		nr++;
	} while (LIT(q, ","));
	return LIT(q, "}");
}

static bool array(struct quick *q, int depth)
{
	if (LIT(q, "]"))
		return true;
	do {
		if (!value(q, depth))
			return false;
	} while (LIT(q, ","));
	return LIT(q, "]");
}

static bool value(struct quick *q, int depth)
{
	int64_t n;

	if (q->p == q->end || depth == MAX_DEPTH)
		return false;
	switch (*q->p) {
	case '"':
		return skip_text(q);
	case '{':
		q->p++;
		return object(q, depth + 1);
	case '[':
		q->p++;
		return array(q, depth + 1);
	case 't':
		return LIT(q, "true");
	case 'f':
		return LIT(q, "false");
	case 'n':
		return LIT(q, "null");
	default:
		return integer(q, &n);
	}
}

/* ---- a line ---- */

static bool is_derived(const struct quick *q)
{
	struct quick after = *q;

	return LIT(&after, "restore\",") || LIT(&after, "save\",") || LIT(&after, "anomaly\",");
}

static bool derived(const char *line, struct quick *q)
{
	q->p = line;
	return value(q, 0) && line_ends(q);
}

bool quick_line(struct decoded *d, const char *line, size_t len, struct trace_item *item, int *type)
{
	struct quick q = { .p = line, .end = line + len, .d = d };

	*type = LINE_ITEM;
	if (!LIT(&q, "{\"type\":\""))
		return false;
	if (LIT(&q, "event\",\"seq\":")) {
		item->type = ITEM_EVENT;
		item->event = &d->event;
		return event(&q, &d->event);
	}
	if (LIT(&q, "vm\",\"vm\":")) {
		item->type = ITEM_VM;
		return vm(&q, &item->vm);
	}
	*type = LINE_DERIVED;
	return is_derived(&q) && derived(line, &q);
}
