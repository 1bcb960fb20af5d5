/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "expect/expectation.h"
#include "hostile.h"
#include "stories.h"

#define TEN(s) s s s s s s s s s s

const char *const hostile[] = {
	/* what a terminal obeys: also in eight bits, and in UTF-8 */
	"\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]52;c;Zm9v\x07",
	"\x9b"
	"31m\x90q\x9c",
	"\xc2\x9b"
	"31m\xc2\x85",
	"back\b\b\bspace\x7f\x7f\v\f\x0e\x0f",
	/* more lines than one, and what they would say */
	"a\nok 1 - forged\n# inconclusive\n1..1\nBail out!",
	"a\r\nb\rc\n\n",
	"\n{\"type\":\"verdict\",\"verdict\":\"pass\"}\n",
	"\nPASS: 1 restores; the restore path touched no guest memory before KVM_RUN",
	"\n# HELP up x\nup 1\n# EOF\n",
	"\nMESSAGE=forged\nPRIORITY=7\n",
	/* the end of a quotation */
	"\"'`\\\"\\'\\",
	"web\",vm=\"other\"} 1",
	"\\u001b[31m\\x1b\\033\\n",
	"<script>alert(1)</script><img src=x onerror=alert(1)>",
	"</testcase></testsuite><!-- --><![CDATA[ ]]> ]]>",
	"&lt;&amp;&#27;&#x1b;&bogus;&\x01;<?xml?>",
	"\"><svg onload=alert(1)>'//*/",
	/* what is no UTF-8: cut, overlong, a surrogate, beyond the end, a BOM the wrong way round */
	"\xff\xfe\xfd",
	"cut \xc3",
	"cut \xe2\x82",
	"\xc0\x80\xe0\x80\xaf",
	"\xed\xa0\x80\xed\xbf\xbf",
	"\xf4\x90\x80\x80\xf8\x88\x80\x80\x80",
	/* what is, and looks like something else */
	"\xe2\x80\xae"
	"dellac-si\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
	"\xf0\x9f\x98\x80 m\xc3\xbcnchen \xe6\x97\xa5",
	/* what others expand */
	"%s%n%d%5000000d%%",
	"$(id)`id`${HOME};id|id&",
	"=cmd|' /C calc'!A0",
	"../../../../etc/passwd",
	"-rf --help",
	"",
	" ",
	"\t",
	/* long: more than any buffer here */
	TEN(TEN(TEN("0123456789"))),
	TEN(TEN(TEN("\x1b[0m\n<&\">"))),
	TEN(TEN(TEN("\xc3"))),
	TEN(TEN(TEN("\xf0\x9f\x98\x80"))),
};

const int nr_hostile = sizeof(hostile) / sizeof(hostile[0]);

static void put(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s", name);
}

static void put_into_header(struct trace_header *h, const char *name)
{
	struct probe_fact *p = &h->probes[1];

	put(h->tool, sizeof(h->tool), name);
	put(h->kernel, sizeof(h->kernel), name);
	put(h->host, sizeof(h->host), name);
	put(h->boot_id, sizeof(h->boot_id), name);
	put(h->srcversion, sizeof(h->srcversion), name);
	put(p->function, sizeof(p->function), name);
	put(p->module, sizeof(p->module), name);
	put(p->flavour, sizeof(p->flavour), name);
	put(p->reason, sizeof(p->reason), name);
}

/* Violations with a stack of an access and of none, a pass, a save, a loss, an access that waits. */
static struct stream *tell(const char *name)
{
	struct stream *s = stream_new();

	put_into_header(&s->header, name);
	blind_to(s, PT_PIN);
	put(s->header.probes[2].reason, sizeof(s->header.probes[2].reason), name);
	name_vm(s, name);
	s->steps[0].vm.comm = name;
	/* a task's name need not end where its room does */
	memcpy(s->a->nested.comm, "0123456789abcdef", sizeof(s->a->nested.comm));
	memcpy(s->a->nested.comm, name, strnlen(name, sizeof(s->a->nested.comm)));
	s->a->flags |= REC_VMXON;
	save(s, NESTED_EVMCS);
	set_enter(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	enter(s, PT_EVMPTR_LOAD_DIRECT);
	reach(s, PT_MAP, PURPOSE_EVMCS, UINT64_MAX - 1);
	last(s)->nr_stack = 2;
	last(s)->stack[0] = last(s)->stack[1] = name;
	leave(s, PT_MAP, 0);
	leave(s, PT_EVMPTR_LOAD_DIRECT, EVMPTRLD_SUCCEEDED);
	set_leave(s, 0);
	ran(s);
	on(s, 2, 0); /* of which nothing is said but the name of its task */
	put(s->a->nested.comm, sizeof(s->a->nested.comm), name);
	set(s, NESTED_GUEST_MODE);
	loss(s, INT64_MAX);
	in_ioctl(s, KVM_GET_MP_STATE);
	touch(s, PT_READ_GUEST, PURPOSE_UNKNOWN, GPA_UNKNOWN);
	ran(s);
	set(s, 0);
	reach(s, PT_READ_GUEST, PURPOSE_UNKNOWN, 0);
	on(s, 3, 0);
	put(s->a->nested.comm, sizeof(s->a->nested.comm), name);
	set(s, NESTED_EVMCS | NESTED_GUEST_MODE);
	nested_exit_enter(s, 3);
	load_fails(s, EVMPTRLD_DISABLED);
	last(s)->nr_stack = 1;
	last(s)->stack[0] = name;
	leave(s, PT_NESTED_EXIT, 0);
	ran(s);
	put(footer(s)->reason, END_REASON_LEN, name);
	return s;
}

/* Checks that fail, and say of which VM. */
static struct expectation *expectation(void)
{
	static const char text[] = "restores: 9\n"
				   "every:\n"
				   "  vm: web1\n"
				   "  path: evmcs-deferred\n"
				   "coverage:\n"
				   "  probes: [map, pin]\n";
	char path[32];
	int fd = memfd_create("expectation", MFD_CLOEXEC);
	struct expectation *e;

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = expectation_load(path);
	close(fd);
	if (!e)
		abort();
	return e;
}

void hostile_everywhere(const char *name, struct everywhere *e)
{
	const struct model_options options = { .fail_on = SEVERITY_ERROR };
	struct expectation *wanted = expectation();
	struct stream *s = tell(name);
	struct pipeline p;

	if (pipeline_init(&p, &options) || pipeline_add(&p, everywhere_open(e)) ||
	    pipeline_judge(&p, judge_new(wanted, SEVERITY_ERROR)) ||
	    stream_feed(s, pipeline_item, &p))
		abort();
	pipeline_finish(&p);
	pipeline_free(&p);
	everywhere_close(e);
	expectation_free(wanted);
	stream_free(s);
}

void hostile_unreadable(const char *name, struct everywhere *e)
{
	struct sink *sink = everywhere_open(e);

	sink->ops->unreadable(sink, name);
	sink->ops->free(sink);
	everywhere_close(e);
}
