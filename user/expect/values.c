/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/values.h"
#include "model/names.h"
#include "util/errstr.h"

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

#define MAX_ERRNO 4095

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", NS_PER_US },
	{ "ms", NS_PER_MS },
	{ "s", NS_PER_S },
};

#define NR_UNITS (sizeof(units) / sizeof(units[0]))

static const struct {
	const char *name;
	struct range range;
} range_words[] = {
	{ "required", { 1, UINT64_MAX } },
	{ "allowed", { 0, UINT64_MAX } },
	{ "forbidden", { 0, 0 } },
};

#define NR_RANGE_WORDS (sizeof(range_words) / sizeof(range_words[0]))

/* ---- ranges ---- */

/* Reads digits only: strtoull() takes signs, spaces and more. */
static bool take_number(const char **text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return !errno && *value < UINT64_MAX;
}

static bool take_unit(const char **text, uint64_t *value)
{
	size_t i, len = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

	for (i = 0; i < NR_UNITS; i++)
		if (strlen(units[i].name) == len && !strncmp(*text, units[i].name, len)) {
			*text += len;
			return !__builtin_mul_overflow(*value, units[i].ns, value);
		}
	return false;
}

static bool take_end(const char **text, bool times, uint64_t *value)
{
	return take_number(text, value) && (!times || take_unit(text, value));
}

/* Is there ".."? Then it is taken. */
static bool take_dots(const char **text)
{
	if (strncmp(*text, "..", 2))
		return false;
	*text += 2;
	return true;
}

static bool parse_range(const char *text, bool times, struct range *range, bool *exact)
{
	bool low = *text != '.', dots;

	range->min = 0;
	range->max = UINT64_MAX;
	if (low && !take_end(&text, times, &range->min))
		return false;
	dots = take_dots(&text);
	*exact = low && !dots;
	if (*exact)
		range->max = range->min;
	else if (!dots || (!low && !*text))
		return false;
	else if (*text && !take_end(&text, times, &range->max))
		return false;
	return !*text && range->min <= range->max;
}

int value_range(const char *text, struct range *range, char error[VALUE_ERROR_LEN])
{
	bool exact;
	size_t i;

	for (i = 0; i < NR_RANGE_WORDS; i++)
		if (!strcmp(text, range_words[i].name)) {
			*range = range_words[i].range;
			return 0;
		}
	if (parse_range(text, false, range, &exact))
		return 0;
	snprintf(error, VALUE_ERROR_LEN,
		 "'%.40s' is no count: write 2, 2..5, 2.. or ..5, or required, allowed, forbidden",
		 text);
	return -EINVAL;
}

int value_times(const char *text, struct range *range, char error[VALUE_ERROR_LEN])
{
	bool exact;

	if (parse_range(text, true, range, &exact) && !exact)
		return 0;
	snprintf(error, VALUE_ERROR_LEN,
		 "'%.40s' is no bound of a time: write ..10ms, 1us..10ms or 1s.., in ns, us, ms "
		 "or s",
		 text);
	return -EINVAL;
}

bool range_can_fail(const struct range *range)
{
	return range->min || range->max != UINT64_MAX;
}

bool range_has(const struct range *range, uint64_t value)
{
	return value >= range->min && value <= range->max;
}

static void end_text(uint64_t value, bool times, char *out, size_t size)
{
	size_t i = NR_UNITS;

	if (!times) {
		snprintf(out, size, "%" PRIu64, value);
		return;
	}
	/* in the largest unit that shows it whole: as the user wrote it */
	while (--i && (value % units[i].ns || !value))
		;
	snprintf(out, size, "%" PRIu64 " %s", value / units[i].ns, units[i].name);
}

void range_text(const struct range *range, bool times, char *out, size_t size)
{
	char min[40], max[40];

	end_text(range->min, times, min, sizeof(min));
	end_text(range->max, times, max, sizeof(max));
	if (!range->max)
		snprintf(out, size, "none");
	else if (range->min == range->max)
		snprintf(out, size, "exactly %s", min);
	else if (range->max == UINT64_MAX)
		snprintf(out, size, "at least %s", min);
	else if (!range->min)
		snprintf(out, size, "at most %s", max);
	else
		snprintf(out, size, "%s to %s", min, max);
}

/* ---- words ---- */

static int find_word(const struct vocabulary *words, const char *text, size_t len)
{
	int i, nr = words->count();

	for (i = 0; i < nr && i < 64; i++) {
		const char *name = words->name(i);
		const char *other = words->other_name ? words->other_name(i) : NULL;

		if ((strlen(name) == len && !strncmp(name, text, len)) ||
		    (other && strlen(other) == len && !strncmp(other, text, len)))
			return i;
	}
	return -1;
}

void words_text(const struct vocabulary *words, uint64_t bits, char *out, size_t size)
{
	int i, nr = words->count();
	size_t at = 0;

	snprintf(out, size, "none");
	for (i = 0; i < nr && i < 64 && at < size; i++)
		if (bits & (1ULL << i))
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "",
					       words->name(i));
}

#define WORDS_LISTED 12

static int no_word(const struct vocabulary *words, const char *text, int len,
		   char error[VALUE_ERROR_LEN])
{
	char all[160];

	snprintf(all, sizeof(all), "evmcs-trace-expectations(5) lists them");
	if (words->count() <= WORDS_LISTED)
		words_text(words, UINT64_MAX, all, sizeof(all));
	snprintf(error, VALUE_ERROR_LEN, "there is no %s '%.*s': %s", words->what,
		 len > 40 ? 40 : len, text, all);
	return -EINVAL;
}

int value_words(const char *text, const struct vocabulary *words, uint64_t *bits,
		char error[VALUE_ERROR_LEN])
{
	*bits = 0;
	for (;;) {
		size_t len = strcspn(text, "|");
		int word = find_word(words, text, len);

		if (word < 0)
			return no_word(words, text, (int)len, error);
		*bits |= 1ULL << word;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

/* ---- results ---- */

static int errno_by_name(const char *name, size_t len)
{
	int i;

	for (i = 1; i <= MAX_ERRNO; i++) {
		const char *known = strerrorname_np(i);

		if (known && strlen(known) == len && !strncmp(known, name, len))
			return i;
	}
	return 0;
}

static bool take_result(const char *text, size_t len, struct results *results)
{
	bool minus = len && *text == '-';
	const char *digits = text + minus;
	uint64_t value;

	if (len == strlen("error") && !strncmp(text, "error", len)) {
		results->any_error = true;
		return true;
	}
	if (results->nr == RESULTS_MAX)
		return false;
	if (take_number(&digits, &value)) {
		if (digits != text + len || value > MAX_ERRNO)
			return false;
	} else {
		value = minus ? (uint64_t)errno_by_name(text + 1, len - 1) : 0;
		if (!value)
			return false;
	}
	results->value[results->nr++] = minus ? -(int64_t)value : (int64_t)value;
	return true;
}

int value_results(const char *text, struct results *results, char error[VALUE_ERROR_LEN])
{
	memset(results, 0, sizeof(*results));
	for (;;) {
		size_t len = strcspn(text, "|");

		if (!take_result(text, len, results)) {
			snprintf(error, VALUE_ERROR_LEN,
				 "'%.40s' is no result: write 0, -EINVAL, -22 or error, or several "
				 "with | between them",
				 text);
			return -EINVAL;
		}
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

bool results_have(const struct results *results, int64_t value)
{
	int i;

	for (i = 0; i < results->nr; i++)
		if (results->value[i] == value)
			return true;
	return results->any_error && value < 0;
}

void results_text(const struct results *results, char *out, size_t size)
{
	char name[RESULT_TEXT_LEN];
	size_t at = 0;
	int i;

	if (results->any_error)
		at = (size_t)snprintf(out, size, "an error");
	for (i = 0; i < results->nr && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " or " : "",
				       result_text(name, results->value[i]));
}

/* ---- events ---- */

static int pattern_error(const char *text, const char *what, const char *remedy,
			 char error[VALUE_ERROR_LEN])
{
	snprintf(error, VALUE_ERROR_LEN, "there is no %s in '%.60s': %s", what, text, remedy);
	return -EINVAL;
}

static bool may_have_phase(int point, int phase)
{
	bool note = point >= 0 && point_class(point) == CLASS_NOTE;

	return phase >= 0 && note == (phase == PHASE_NOTE);
}

static int parse_ioctl(const char *name, struct event_pattern *p, char error[VALUE_ERROR_LEN])
{
	p->has_ioctl = true;
	p->ioctl = ioctl_by_name(name);
	if (p->ioctl || !strcmp(name, "none"))
		return 0;
	return pattern_error(p->text, "ioctl of KVM after the @",
			     "write it as KVM_RUN or KVM_SET_MSRS, or none", error);
}

/* words: a copy of the text that may be cut into pieces. */
static int parse_pattern(char *words, struct event_pattern *p, char error[VALUE_ERROR_LEN])
{
	char *ioctl = strchr(words, '@'), *phase, *purpose;

	if (ioctl)
		*ioctl++ = '\0';
	phase = strchr(words, ':');
	if (phase)
		*phase++ = '\0';
	purpose = strchr(words, '/');
	if (purpose)
		*purpose++ = '\0';
	p->point = point_by_name(words);
	if (p->point < 0 && strcmp(words, "access"))
		return pattern_error(p->text, "event",
				     "evmcs-trace-expectations(5) lists them, 'access' is any of "
				     "guest memory",
				     error);
	p->phase = may_have_phase(p->point, PHASE_NOTE) ? PHASE_NOTE : PHASE_ENTER;
	if (phase && !may_have_phase(p->point, phase_by_name(phase)))
		return pattern_error(p->text, "such phase",
				     "write enter or exit after the :", error);
	if (phase)
		p->phase = phase_by_name(phase);
	p->purpose = purpose ? purpose_by_name(purpose) : -1;
	/* what it is for is told with the entry only */
	if (purpose && (p->purpose < 0 || p->phase != PHASE_ENTER))
		return pattern_error(p->text, "such purpose at its entry",
				     "write evmcs, vp-assist-page or another that the schema names",
				     error);
	return ioctl ? parse_ioctl(ioctl, p, error) : 0;
}

int value_pattern(const char *text, struct event_pattern *pattern, char error[VALUE_ERROR_LEN])
{
	char words[PATTERN_TEXT_LEN];

	memset(pattern, 0, sizeof(*pattern));
	snprintf(pattern->text, sizeof(pattern->text), "%s", text);
	snprintf(words, sizeof(words), "%s", text);
	if (strlen(text) >= sizeof(words))
		return pattern_error(text, "event", "it is too long to be one", error);
	return parse_pattern(words, pattern, error);
}

bool pattern_fits(const struct event_pattern *p, const struct seen_event *ev)
{
	if (p->point >= 0 ? ev->point != p->point
			  : point_class(ev->point) != CLASS_ACCESS || !ev->is_access)
		return false;
	return ev->phase == p->phase && (p->purpose < 0 || ev->purpose == p->purpose) &&
	       (!p->has_ioctl || ev->ioctl == p->ioctl);
}
