/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>

#include "expect/migration.h"
#include "model/names.h"
#include "sinks/migrations.h"
#include "sinks/words.h"
#include "util/terminal.h"
#include "util/wrap.h"

static const struct half *any_half(const struct pair *pair)
{
	return pair->save ? pair->save : pair->restore;
}

static const char *half_time(char out[TIMESTAMP_LEN], const struct half *half)
{
	const struct trace_header header = { .wall_ns = half->wall_ns };

	return clock_time(out, &header, 0);
}

/* ---- text ---- */

static void put_half(FILE *out, const struct pair_list *pairs, const char *what,
		     const struct half *half)
{
	char time[TIMESTAMP_LEN];

	if (!half)
		return;
	fprintf(out, "  %s %s [%u]", what, half_time(time, half), half->vm->pid);
	if (pairs->traces->next)
		fprintf(out, " %s", printable(half->trace->label));
}

static void put_pair(FILE *out, const struct pair_list *pairs, const struct pair *pair)
{
	const struct half *half = any_half(pair);
	char time[DURATION_LEN];

	fprintf(out, "%s/vcpu%d  %s", printable(half->vm->name ? half->vm->name : half->vm->comm),
		half->vcpu, half->l2 ? "L2" : "L1");
	put_half(out, pairs, "saved", pair->save);
	put_half(out, pairs, "restored", pair->restore);
	if (pair->save && pair->restore && same_host(pair->save, pair->restore))
		fprintf(out, " +%s", duration(time, pair->restore->wall_ns - pair->save->wall_ns));
	fprintf(out, "  %s%s", pair_result_name(pair->result),
		pair->snapshot ? ", by the same process" : "");
}

/* A line of fields, made narrower where the screen is. */
static void print_pair(FILE *out, const struct pair_list *pairs, const struct pair *pair)
{
	struct wrap w = { .out = out, .width = terminal_width(out), .at = 2, .indent = 6 };
	char differences[JUDGED_TEXT_LEN], *text = NULL;
	size_t len;
	FILE *line = open_memstream(&text, &len);

	if (!line)
		return;
	put_pair(line, pairs, pair);
	fputs("  ", out);
	if (!fclose(line))
		wrap_fields(&w, text);
	fputc('\n', out);
	free(text);
	pair_differences(pair, differences, sizeof(differences));
	if (pair->differing)
		fprintf(out, "    saved -> restored: %s\n", differences);
	if (pair->save && pair->save->exit_owed == OWED_YES)
		fprintf(out, "    saved when L1 had not run since L2's exit\n");
}

void migrations_print_text(FILE *out, const struct pair_list *pairs, bool all)
{
	bool begun = false;
	size_t i;

	for (i = 0; i < pairs->nr; i++) {
		/* what tests do with their unnamed VMs is not a migration to anybody */
		if (!all && !any_half(&pairs->pair[i])->vm->name)
			continue;
		if (!begun)
			fprintf(out, "migrations:\n");
		begun = true;
		print_pair(out, pairs, &pairs->pair[i]);
	}
	fflush(out);
}

/* ---- JSON ---- */

static json_t *encode_half(const struct half *half, const char *number)
{
	const struct trace_header header = { .wall_ns = half->wall_ns };
	char ts[TIMESTAMP_LEN];

	format_timestamp(ts, &header, 0);
	return json_pack("{s:o,s:I,s:s,s:I,s:s}", "trace", encode_text(half->trace->label), number,
			 (json_int_t)half->id, "ts", ts, "pid", (json_int_t)half->vm->pid, "mode",
			 half->l2 ? "l2" : "l1");
}

static json_t *encode_saved(const struct half *save)
{
	json_t *o = save ? encode_half(save, "save") : json_null();

	if (save)
		json_object_set_new(o, "exit_owed", encode_owed(save->exit_owed));
	return o;
}

static json_t *encode_differences(const struct pair *pair)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < PAIR_FIELD_COUNT; i++)
		if (pair->differing & (1U << i))
			json_array_append_new(
				list, json_pack("{s:s,s:o,s:o}", "field", pair_field_name(i),
						"saved", encode_hex(pair->save->field[i]),
						"restored", encode_hex(pair->restore->field[i])));
	return list;
}

static json_t *encode_pair(const struct pair *pair)
{
	const struct half *half = any_half(pair);
	json_t *o = json_pack("{s:s,s:o,s:i,s:b,s:o,s:o,s:o}", "result",
			      pair_result_name(pair->result), "vm_name",
			      encode_text(half->vm->name), "vcpu", (int)half->vcpu, "same_process",
			      pair->snapshot, "save", encode_saved(pair->save), "restore",
			      pair->restore ? encode_half(pair->restore, "restore") : json_null(),
			      "differences", encode_differences(pair));

	if (o && pair->save && pair->restore && same_host(pair->save, pair->restore))
		json_object_set_new(
			o, "after_ns",
			json_integer((json_int_t)(pair->restore->wall_ns - pair->save->wall_ns)));
	return o;
}

void migrations_print_json(FILE *out, const struct pair_list *pairs)
{
	json_t *list = json_array(), *o;
	char *text;
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		json_array_append_new(list, encode_pair(&pairs->pair[i]));
	o = json_pack("{s:s,s:o,s:o}", "type", "migrations", "verdict",
		      pairs->complete ? json_string(verdict_name(pairs->verdict)) : json_null(),
		      "pairs", list);
	text = dump_plain(o, JSON_COMPACT);
	if (text)
		fprintf(out, "%s\n", text);
	free(text);
	fflush(out);
	json_decref(o);
}
