/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>

#include "evmcs_trace/status.h"
#include "probes/privileges.h"
#include "util/errstr.h"
#include "util/first_line.h"
#include "util/kallsyms.h"
#include "util/say.h"

/* Symbols without an address in a row, after which none is expected to have one. */
#define ENOUGH_SYMBOLS 64

/* What is still to come, and what is in force until then. */
static unsigned int to_come;
static uint64_t in_force;
static bool dropped;

/* ---- capabilities of this process, one bit each ---- */

struct caps {
	uint64_t effective;
	uint64_t permitted;
};

static struct caps get_caps(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return (struct caps){};
	return (struct caps){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
	};
}

/* Nothing is left to be inherited. */
static int set_caps(struct caps caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)caps.effective, .permitted = (uint32_t)caps.permitted },
		{ .effective = (uint32_t)(caps.effective >> 32),
		  .permitted = (uint32_t)(caps.permitted >> 32) },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static uint64_t bit(int cap)
{
	return cap < 0 ? 0 : 1ULL << cap;
}

/* ---- what the kernel refuses, and for want of what ---- */

/* Without libbpf, which would first try things of its own. 0 or a file descriptor, -errno. */
static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static bool modules_have_btf(void)
{
	return !access("/sys/kernel/btf/kvm_intel", F_OK);
}

/* A module's BTF is given to fentry programs by number, which is looked up in the kernel's list. */
static bool btf_list_refused(void)
{
	union bpf_attr attr = {};

	return modules_have_btf() && bpf(BPF_BTF_GET_NEXT_ID, &attr) == -EPERM;
}

/*
 * Debian lets kernel.perf_event_paranoid be 3, and has it so: then CAP_PERFMON is not enough to
 * open any event. Of a KVM that is built in, fentry programs need none.
 */
static bool kprobes_refused(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
	};
	long fd;

	if (access("/sys/module/kvm_intel/initstate", F_OK))
		return false;
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno == EACCES || errno == EPERM;
	close((int)fd);
	return false;
}

static int stop_at_address(void *ctx, const struct kallsym *symbol)
{
	int *seen = ctx;

	if (symbol->address)
		return 1;
	return ++*seen == ENOUGH_SYMBOLS ? -ENOENT : 0;
}

static bool addresses_hidden(void)
{
	int seen = 0;

	return kallsyms_for_each_text(stop_at_address, &seen) != 1;
}

static bool older_than(int major, int minor)
{
	int has_major, has_minor;
	struct utsname uts;

	if (uname(&uts) || sscanf(uts.release, "%d.%d", &has_major, &has_minor) != 2)
		return false;
	return has_major < major || (has_major == major && has_minor < minor);
}

/* Since 5.11 the memory of maps is counted by cgroup. */
static bool memory_limited(void)
{
	struct rlimit limit;

	return older_than(5, 11) && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	       limit.rlim_max != RLIM_INFINITY;
}

/*
 * kernel.unprivileged_bpf_disabled closes all of bpf(2) on 5.10, to counters and map elements
 * too, and on 6.1 only what makes something. Asked for what is not there, an open one says so.
 * Where it is 0 it may yet be set.
 */
static bool bpf_closed(void)
{
	union bpf_attr attr = { .map_fd = (uint32_t)-1 };
	char disabled[8];

	first_line("/proc/sys/kernel/unprivileged_bpf_disabled", disabled, sizeof(disabled));
	return disabled[0] == '0' || bpf(BPF_MAP_GET_NEXT_KEY, &attr) == -EPERM;
}

/* /proc with hidepid. Not by access(2), which looks at what root could have in force. */
static bool processes_hidden(void)
{
	int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true;
	close(fd);
	return false;
}

static bool files_follow(void)
{
	return to_come & LATER_FILES;
}

static bool owner_follows(void)
{
	return to_come & LATER_OWNER;
}

/* clang-format off */
static const struct privilege privileges[] = {
	{ CAP_BPF, CAP_SYS_ADMIN, PRIVILEGE_NEEDED, "CAP_BPF",
	  "to load BPF programs and make their maps",
	  "there is none", NULL, bpf_closed },
	{ CAP_PERFMON, CAP_SYS_ADMIN, PRIVILEGE_NEEDED, "CAP_PERFMON",
	  "for programs that trace and read kernel memory, and for kprobes",
	  "there is none", NULL, NULL },
	{ CAP_SYSLOG, -1, PRIVILEGE_NEEDED, "CAP_SYSLOG",
	  "for the addresses of functions, in kprobes and in stacks",
	  "there is none", addresses_hidden, NULL },
	{ CAP_SYS_RESOURCE, -1, PRIVILEGE_NEEDED, "CAP_SYS_RESOURCE",
	  "for maps larger than the limit of locked memory, before 5.11",
	  "there is none", memory_limited, NULL },
	{ CAP_SYS_ADMIN, -1, PRIVILEGE_NEEDED, "CAP_SYS_ADMIN",
	  "for kprobes where kernel.perf_event_paranoid is above 2, as on Debian",
	  "there is none", kprobes_refused, NULL },
	{ CAP_SYS_ADMIN, -1, PRIVILEGE_BETTER, "CAP_SYS_ADMIN",
	  "for fentry programs in modules",
	  "kprobes, at a higher price for each call; the verdict is the same",
	  btf_list_refused, NULL },
	{ CAP_SYS_PTRACE, -1, PRIVILEGE_OPTIONAL, "CAP_SYS_PTRACE",
	  "for the names of VMs where /proc hides other users' processes",
	  "VMs have no names", processes_hidden, processes_hidden },
	{ CAP_DAC_OVERRIDE, -1, PRIVILEGE_OPTIONAL, "CAP_DAC_OVERRIDE",
	  "for the traces of a batch in another user's folder",
	  "they cannot be written there", files_follow, files_follow },
	{ CAP_FOWNER, -1, PRIVILEGE_OPTIONAL, "CAP_FOWNER",
	  "for the traces of a batch over another user's files",
	  "they cannot be written there", files_follow, files_follow },
	{ CAP_CHOWN, -1, PRIVILEGE_OPTIONAL, "CAP_CHOWN",
	  "to give the traces of a batch to who called sudo",
	  "they stay root's", owner_follows, owner_follows },
};
/* clang-format on */

#define NR_PRIVILEGES (sizeof(privileges) / sizeof(privileges[0]))

const struct privilege *privileges_table(int *nr)
{
	*nr = NR_PRIVILEGES;
	return privileges;
}

bool privilege_held(const struct privilege *p)
{
	return get_caps().effective & (bit(p->cap) | bit(p->instead));
}

bool privilege_missing(const struct privilege *p)
{
	return !privilege_held(p) && (!p->refused || p->refused());
}

bool privileges_allow_fentry(void)
{
	return !btf_list_refused();
}

static void add_word(char *list, size_t len, const char *separator, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, len - used, "%s%s", used ? separator : "", word);
}

/* Needed wherever the kernel asks for it, held here or not. */
static bool wanted(const struct privilege *p)
{
	return p->need == PRIVILEGE_NEEDED && (!p->refused || privilege_held(p) || p->refused());
}

void privileges_list(char *list, size_t len)
{
	size_t i;

	list[0] = '\0';
	for (i = 0; i < NR_PRIVILEGES; i++)
		if (wanted(&privileges[i]))
			add_word(list, len, ",", privileges[i].name);
	for (; *list; list++)
		*list = (char)tolower(*list);
}

static int tell_missing(const char *missing)
{
	char list[128];

	privileges_list(list, sizeof(list));
	say_error("tracing KVM takes %s, which this process does not have: run it with sudo, or "
		  "once 'sudo setcap %s+ep $(command -v evmcs-trace)'",
		  missing, list);
	return STATUS_NOT_ARMED;
}

/* With all capabilities, as root in a container has them. */
static int try_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};
	int fd = bpf(BPF_MAP_CREATE, &attr);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	say_error(
		"bpf(2) is refused to this process, whatever its capabilities (%s): run it on the "
		"host, outside of containers, and without a seccomp filter or security module "
		"that forbids BPF",
		errstr(fd));
	return STATUS_NOT_ARMED;
}

/* From those too who have CAP_SYSLOG. Fentry programs attach all the same. */
static int tell_hidden(void)
{
	bool fentry = modules_have_btf() && privileges_allow_fentry();
	int err = kallsyms_open();

	if (err)
		say_error("cannot read /proc/kallsyms (%s): run it where nothing covers that file, "
			  "as "
			  "containers and ProtectKernelTunables= of a unit do",
			  errstr(err));
	else if (!fentry)
		say_error("kernel.kptr_restrict=2 hides the addresses that kprobes attach to: set "
			  "it with 'sudo sysctl kernel.kptr_restrict=1'");
	else
		say("kernel.kptr_restrict=2 hides all addresses, so stacks will have no names: set "
		    "it with 'sudo sysctl kernel.kptr_restrict=1'");
	return err || !fentry ? -EPERM : 0;
}

int privileges_check(void)
{
	char missing[128] = "";
	size_t i;

	for (i = 0; i < NR_PRIVILEGES; i++)
		if (privileges[i].need == PRIVILEGE_NEEDED && privilege_missing(&privileges[i]))
			add_word(missing, sizeof(missing), ", ", privileges[i].name);
	if (missing[0])
		return tell_missing(missing);
	if (addresses_hidden() && tell_hidden())
		return STATUS_NOT_ARMED;
	return try_bpf();
}

static int tell_not_dropped(int err)
{
	say_error("cannot give up privileges (%s): see that no security module forbids capset(2) "
		  "and prctl(2)",
		  errstr(err));
	return STATUS_NOT_ARMED;
}

/* Itself, or what it was had by. */
static uint64_t held_bit(uint64_t permitted, const struct privilege *p)
{
	return permitted & bit(p->cap) ? bit(p->cap) : permitted & bit(p->instead);
}

/* While nothing is in force. */
static void choose_kept(const struct caps *caps, uint64_t *kept, uint64_t *resting)
{
	size_t i;

	*kept = *resting = 0;
	for (i = 0; i < NR_PRIVILEGES; i++) {
		const struct privilege *p = &privileges[i];

		if (p->kept && p->kept())
			*kept |= held_bit(caps->permitted, p);
		if (to_come & LATER_ARM && p->need != PRIVILEGE_OPTIONAL)
			*resting |= held_bit(caps->permitted, p);
	}
}

int privileges_drop(unsigned int later)
{
	struct caps caps = get_caps();
	uint64_t resting;
	int err;

	/* what it shows is decided when it is opened */
	kallsyms_open();
	caps.effective = 0;
	err = set_caps(caps);
	if (err)
		return tell_not_dropped(err);
	to_come = later;
	dropped = true;
	choose_kept(&caps, &in_force, &resting);
	caps.effective = in_force;
	caps.permitted = in_force | resting;
	err = set_caps(caps);
	/* else root would have all of them back with the next program that it executes */
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err ? tell_not_dropped(err) : 0;
}

/* What cannot be given up is none of this process's, or of a kernel that forbids capset(2). */
void privileges_renounce(void)
{
	set_caps((struct caps){});
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Arming tells what fails for want of them. */
void privileges_raise(void)
{
	struct caps caps = get_caps();

	caps.effective = caps.permitted;
	set_caps(caps);
}

void privileges_lower(void)
{
	struct caps caps = get_caps();

	if (!dropped)
		return;
	caps.effective = in_force & caps.permitted;
	set_caps(caps);
}
