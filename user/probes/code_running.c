/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The code of the running kernel: kallsyms, and BTF out of /sys/kernel/btf. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "probes/code.h"
#include "probes/code_data.h"
#include "probes/inlined.h"
#include "probes/kvm_symbols.h"
#include "util/errstr.h"
#include "util/kallsyms.h"
#include "util/say.h"

/* Of a built-in KVM no module is told: then the name must speak for it. */
static bool may_be_kvm(const char *symbol)
{
	static const char *const parts[] = { "kvm",   "vmx",	   "vmcs12",
					     "evmcs", "walk_addr", "hva_to_pfn" };
	const char *c;
	size_t i;

	/* asked of a hundred thousand: each of the parts has one of these */
	for (c = symbol; *c; c++)
		if ((c[0] == 'v' && (c[1] == 'm' || c[1] == 'a')) || (c[0] == 'w' && c[1] == 'a'))
			break;
	for (i = 0; *c && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(symbol, parts[i]))
			return true;
	return false;
}

static int take_symbol(void *ctx, const struct kallsym *symbol)
{
	struct code *code = ctx;
	size_t len = strlen(symbol->name), i;
	bool taken = false;
	int err = 0;

	for (i = 0; i < CODE_MODULES && !err; i++) {
		struct code_module *module = &code->modules[i];

		/* what is built in may be of either */
		if (module->built_in ? symbol->module[0] || !may_be_kvm(symbol->name)
				     : strcmp(symbol->module, module->name) != 0)
			continue;
		taken = true;
		err = code_add_name(&module->symbols, symbol->name, len, symbol->address);
	}
	if (!taken && may_be_kvm(symbol->name))
		err = code_add_name(&code->elsewhere, symbol->name, len, symbol->address);
	return err;
}

static void forget_symbols(struct code *code)
{
	size_t i;

	for (i = 0; i < CODE_MODULES; i++)
		code_free_names(&code->modules[i].symbols);
	code_free_names(&code->elsewhere);
}

/*
 * The few that are asked for, where the kernel can be told which: of what is built in nobody
 * can tell. -errno where it cannot, or hides addresses that it showed when the table was opened.
 */
static int read_kvm_symbols(struct code *code)
{
	const struct code_names *kvm = &code->modules[0].symbols;
	int fd, err;

	if (!code->vmlinux || code->modules[0].built_in || code->modules[1].built_in)
		return -EOPNOTSUPP;
	fd = kvm_symbols_open(code->vmlinux);
	if (fd < 0)
		return fd;
	err = kallsyms_fd_for_each_text(fd, take_symbol, code);
	close(fd);
	if (!err && kvm->nr && kvm->entries[0].at)
		return 0;
	forget_symbols(code);
	return err ?: -ENOENT;
}

static int read_symbols(struct code *code)
{
	int err;

	if (!read_kvm_symbols(code))
		return 0;
	err = kallsyms_for_each_text(take_symbol, code);
	if (err)
		say_error("cannot read /proc/kallsyms (%s): run as root", errstr(err));
	return err;
}

static int find_inlined(const struct code *code, const char *module, const char *function,
			struct code_sites *sites, char *why, size_t len)
{
	struct inlined_query query = { module, function, code->debug_info };
	struct inlined_function found;
	int i, n;

	n = inlined_find(&query, &found, why, len);
	if (!n)
		snprintf(why, len,
			 found.known ? "it is not inlined here, says the debug information"
				     : "the debug information knows no such function");
	if (n > CODE_MAX_SITES || (n > 0 && found.nr_unplaced)) {
		snprintf(why, len, "inlined in more places than can be probed");
		return 0;
	}
	for (i = 0; i < n; i++) {
		snprintf(sites->site[i].name, sizeof(sites->site[i].name), "%s",
			 found.sites[i].caller);
		sites->site[i].address = found.sites[i].address;
		say_verbose("inlined: %s in %s+0x%" PRIx64 " (%s:%u)", function,
			    found.sites[i].caller, found.sites[i].offset, found.sites[i].file,
			    found.sites[i].line);
	}
	sites->nr = i;
	return n;
}

static bool exists(const char *format, const char *module)
{
	char path[96];

	snprintf(path, sizeof(path), format, module);
	return !access(path, F_OK);
}

static void read_module(struct code *code, struct code_module *module)
{
	module->there = exists("/sys/module/%s", module->name);
	/* only what was loaded has a state */
	module->built_in = module->there && !exists("/sys/module/%s/initstate", module->name);
	if (!module->there || !code->vmlinux)
		return;
	if (module->built_in) {
		code_add_btf_functions(module, code->vmlinux, 1);
		return;
	}
	/* a module's functions are in its own part; the base is 15 times as large */
	module->btf = btf__load_module_btf(module->name, code->vmlinux);
	if (module->btf)
		code_add_btf_functions(module, module->btf, btf__type_cnt(code->vmlinux));
}

struct code *code_of_running_kernel(const char *debug_info)
{
	struct code *code = code_new();
	size_t i;

	if (!code)
		return NULL;
	code->vmlinux = btf__load_vmlinux_btf();
	code->read_symbols = read_symbols;
	code->find_inlined = find_inlined;
	code->debug_info = debug_info;
	for (i = 0; i < CODE_MODULES; i++)
		read_module(code, &code->modules[i]);
	return code;
}
