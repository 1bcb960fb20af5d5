/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/code_data.h"
#include "probes/module_file.h"
#include "probes/split_btf.h"

/* A file that is one of the two modules, and what must be told where it is not. */
struct reading {
	const char *path;
	struct code_module *module;
	struct module_file *file;
	const char **sorted; /* names of its symbols */
	char *why;
	size_t len;
};

/* Modules that are given for kvm_intel by mistake. */
static const struct {
	const char *name;
	const char *what;
} others[] = {
	{ "kvm_amd", "AMD's module, and nested VMX is Intel's: give kvm-intel.ko" },
	{ "kvm",
	  "the module that Intel's and AMD's share: give kvm-intel.ko, and this with --kvm" },
	{ "kvm_intel", "Intel's module: --kvm is for kvm.ko, which it shares with AMD's" },
};

static int tell_other(const struct reading *r, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i].name)) {
			snprintf(r->why, r->len, "%s is %s", r->path, others[i].what);
			return -EINVAL;
		}
	snprintf(r->why, r->len, "%s is the module %s: give kvm-intel.ko", r->path, name);
	return -EINVAL;
}

static int check_name(const struct reading *r)
{
	const char *name = module_file_info(r->file, "name");

	if (name && !strcmp(name, r->module->name))
		return 0;
	if (name)
		return tell_other(r, name);
	snprintf(r->why, r->len,
		 "%s is an object file that does not say which kernel module it is, or is cut "
		 "short: give a kvm-intel.ko as it was installed",
		 r->path);
	return -EINVAL;
}

static int take_symbol(void *ctx, const char *name, uint64_t address)
{
	struct reading *r = ctx;

	return code_add_name(&r->module->symbols, name, strnlen(name, CODE_NAME_LEN), address);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sort_symbols(struct reading *r)
{
	const struct code_names *symbols = &r->module->symbols;
	size_t i;

	r->sorted = calloc(symbols->nr + 1, sizeof(*r->sorted));
	if (!r->sorted)
		return -ENOMEM;
	for (i = 0; i < symbols->nr; i++)
		r->sorted[i] = symbols->entries[i].name;
	qsort(r->sorted, symbols->nr, sizeof(*r->sorted), compare_names);
	return 0;
}

static int read_symbols(struct reading *r)
{
	int err = module_file_for_each_function(r->file, take_symbol, r);

	err = err ?: sort_symbols(r);
	if (err)
		snprintf(r->why, r->len, "out of memory");
	if (err || r->module->symbols.nr)
		return err;
	snprintf(r->why, r->len,
		 "%s has no symbol table (stripped, or cut short): give the file as it was "
		 "installed, the kernel could not load this one either",
		 r->path);
	return -ENODATA;
}

static int take_function(void *ctx, const char *name, uint32_t index)
{
	struct reading *r = ctx;

	return code_add_name(&r->module->functions, name, strnlen(name, CODE_NAME_LEN), index);
}

/* The first symbol that is not before it. */
static size_t symbol_at(const struct reading *r, const char *name)
{
	size_t low = 0, high = r->module->symbols.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->sorted[mid], name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A compiler makes a few of a function; a file that has a million was made for it. */
#define MOST_CLONES 64

/* A name in BTF is without the suffix that the compiler gave the symbol. */
static bool is_function(void *ctx, const char *name)
{
	const struct reading *r = ctx;
	char dotted[CODE_NAME_LEN + 1];
	size_t i, end;

	/* between the name and its clones others may be: "name$x" */
	i = symbol_at(r, name);
	if (i < r->module->symbols.nr && !strcmp(r->sorted[i], name))
		return true;
	snprintf(dotted, sizeof(dotted), "%.*s.", CODE_NAME_LEN - 1, name);
	i = symbol_at(r, dotted);
	for (end = i + MOST_CLONES; i < end && i < r->module->symbols.nr; i++) {
		if (strncmp(r->sorted[i], dotted, strlen(dotted)) != 0)
			return false;
		if (symbol_fit(r->sorted[i], name) != SYMBOL_OTHER)
			return true;
	}
	return false;
}

/* What cannot be read of it is no failure: kprobes do without. Says so in why. */
static int read_btf(struct reading *r)
{
	struct split_btf btf = { .is_function = is_function, .take = take_function, .ctx = r };
	int err;

	btf.data = module_file_section(r->file, ".BTF", &btf.size);
	btf.base = module_file_section(r->file, ".BTF.base", &btf.base_size);
	if (!btf.data)
		return 0;
	err = split_btf_functions(&btf);
	r->module->has_btf = !err;
	if (err == -ENOMEM)
		snprintf(r->why, r->len, "out of memory");
	else if (err)
		snprintf(r->why, r->len,
			 "the functions in the BTF of %s cannot be told (%s): it is planned as "
			 "if it had none",
			 r->path,
			 err == -ENODATA ? "they do not match its symbols"
					 : "damaged, or of a newer kind");
	return err == -ENOMEM ? err : 0;
}

static int read_module(struct code *code, const char *name, const char *path, char *why, size_t len,
		       char *release, size_t release_len)
{
	struct reading r = { .path = path, .why = why, .len = len };
	int err = -EINVAL;

	r.module = code_module(code, name);
	r.file = module_file_open(path, why, len);
	if (!r.file)
		return err;
	err = check_name(&r);
	if (!err)
		err = read_symbols(&r);
	if (!err)
		err = read_btf(&r);
	r.module->there = !err;
	module_file_release(r.file, release, release_len);
	module_file_close(r.file);
	free(r.sorted);
	return err;
}

/* The two belong together: kvm.ko is the one beside kvm-intel.ko where none is named. */
static int read_kvm(struct code *code, const char *kvm_intel, const char *kvm, char *why,
		    size_t len, char *release, size_t release_len)
{
	char beside[PATH_MAX];

	module_file_beside(kvm_intel, "kvm", beside, sizeof(beside));
	if (!kvm && access(beside, F_OK)) {
		snprintf(why, len, "there is no %s: name the kvm.ko of %s with --kvm FILE", beside,
			 kvm_intel);
		return -ENOENT;
	}
	return read_module(code, CODE_KVM, kvm ? kvm : beside, why, len, release, release_len);
}

struct code *code_of_files(const char *kvm_intel, const char *kvm, char *why, size_t len)
{
	char intel_release[128] = "", kvm_release[128] = "";
	struct code *code = code_new();

	snprintf(why, len, "%s", code ? "" : "out of memory");
	if (!code)
		return NULL;
	if (read_module(code, CODE_KVM_INTEL, kvm_intel, why, len, intel_release,
			sizeof(intel_release)) ||
	    read_kvm(code, kvm_intel, kvm, why, len, kvm_release, sizeof(kvm_release)))
		goto cleanup;
	if (!strcmp(intel_release, kvm_release))
		return code;
	snprintf(why, len,
		 "%s is of Linux %s, but the kvm.ko is of Linux %s: give two files of one kernel",
		 kvm_intel, intel_release, kvm_release);

cleanup:
	code_free(code);
	return NULL;
}
