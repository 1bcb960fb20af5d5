/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <jansson.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "commands/doctor.h"
#include "evmcs_trace/version.h"
#include "trace/format.h"

static json_t *encode_fact(const struct host_fact *fact, const struct host_answer *a)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:i}", "name", fact->name, "state",
			 host_state_name(a->state), "value", encode_text(a->value), "cost",
			 encode_text(a->cost), "remedy", encode_text(a->remedy), "status",
			 a->status);
}

static json_t *encode_facts(const struct diagnosis *d)
{
	json_t *facts = json_array();
	int i;

	for (i = 0; i < host_nr_facts; i++)
		if (doctor_asked(d, i))
			json_array_append_new(facts, encode_fact(&host_facts[i], &d->answers[i]));
	return facts;
}

/* As in the header of a trace; of a plan that was not tried nothing is attached or not. */
static json_t *encode_points(const struct diagnosis *d)
{
	json_t *points = json_array(), *point;
	int i;

	for (i = 0; i < d->plan.nr; i++) {
		point = encode_probe(&d->plan.choices[i].fact);
		if (!d->armed)
			json_object_set_new(point, "attached", json_null());
		json_object_set_new(point, "when_absent",
				    encode_text(d->plan.choices[i].row->when_absent));
		json_array_append_new(points, point);
	}
	return points;
}

void doctor_print_json(const struct diagnosis *d, FILE *out)
{
	json_t *o = json_object();
	char *text;

	json_object_set_new(o, "schema", json_string("evmcs-trace-doctor/1.0"));
	json_object_set_new(o, "tool", json_string(EVMCS_TRACE_VERSION));
	json_object_set_new(o, "kernel", encode_text(d->kernel));
	json_object_set_new(o, "module", encode_text(d->host.kvm_intel));
	json_object_set_new(o, "status", json_integer(d->status));
	json_object_set_new(o, "answer", encode_text(d->answer));
	json_object_set_new(o, "remedy", encode_text(d->remedy));
	json_object_set_new(o, "armed", json_boolean(d->armed));
	json_object_set_new(o, "not_armed", encode_text(d->not_armed));
	json_object_set_new(o, "facts", encode_facts(d));
	json_object_set_new(o, "probes", encode_points(d));
	text = dump_plain(o, JSON_INDENT(2));
	if (text)
		fprintf(out, "%s\n", text);
	free(text);
	json_decref(o);
}
