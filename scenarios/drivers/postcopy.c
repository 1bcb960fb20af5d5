// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory that arrives page by page, when it is missed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "postcopy.h"

#define PAGE 4096ull

/*
 * EEXIST: another fault on the page was answered first; whoever waits must be woken all the same.
 * The target may also be gone, with all who waited.
 */
static void supply(struct postcopy *p, unsigned int slot, uint64_t offset)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)p->target[slot].host + offset,
		.src = (uintptr_t)p->source[slot].host + offset,
		.len = PAGE,
	};
	struct uffdio_range range = { .start = copy.dst, .len = PAGE };

	if (ioctl(p->fault_fd, UFFDIO_COPY, &copy) && errno == EEXIST)
		ioctl(p->fault_fd, UFFDIO_WAKE, &range);
}

static void answer(struct postcopy *p, uint64_t address)
{
	struct timespec delay = { p->delay_ms / 1000, p->delay_ms % 1000 * 1000000l };
	unsigned int i;

	for (i = 0; i < p->nr_slots; i++) {
		const struct mem_slot *slot = &p->target[i];
		uint64_t offset = (address - (uintptr_t)slot->host) & ~(PAGE - 1);

		if (address < (uintptr_t)slot->host || offset >= slot->size)
			continue;
		if (!p->pages++)
			p->first_gpa = slot->gpa + offset;
		vmm_note("postcopy: GPA 0x%llx is missing",
			 (unsigned long long)(slot->gpa + offset));
		nanosleep(&delay, NULL);
		supply(p, i, offset);
	}
}

static void *answer_faults(void *arg)
{
	struct postcopy *p = arg;
	struct pollfd fds[] = {
		{ .fd = p->fault_fd, .events = POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN },
	};
	struct uffd_msg msg;

	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[1].revents)
			break;
		if (!(fds[0].revents & POLLIN))
			continue;
		if (read(p->fault_fd, &msg, sizeof(msg)) == sizeof(msg) &&
		    msg.event == UFFD_EVENT_PAGEFAULT)
			answer(p, msg.arg.pagefault.address);
	}
	return NULL;
}

static int register_target(struct postcopy *p)
{
	struct uffdio_api api = { .api = UFFD_API };
	unsigned int i;

	if (ioctl(p->fault_fd, UFFDIO_API, &api))
		return vmm_error(-errno, "userfaultfd does not speak its API: %s", strerror(errno));
	for (i = 0; i < p->nr_slots; i++) {
		struct uffdio_register area = {
			.range = { (uintptr_t)p->target[i].host, p->target[i].size },
			.mode = UFFDIO_REGISTER_MODE_MISSING,
		};

		if (ioctl(p->fault_fd, UFFDIO_REGISTER, &area))
			return vmm_error(-errno, "userfaultfd refuses the guest's memory: %s",
					 strerror(errno));
	}
	return 0;
}

static int open_fds(struct postcopy *p)
{
	p->fault_fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (p->fault_fd < 0)
		return vmm_error(
			-errno,
			"cannot open userfaultfd (%s): --postcopy needs root or the sysctl "
			"vm.unprivileged_userfaultfd=1, and CONFIG_USERFAULTFD",
			strerror(errno));
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (p->stop_fd < 0)
		return vmm_error(-errno, "cannot create an eventfd: %s", strerror(errno));
	return 0;
}

static void close_fds(struct postcopy *p)
{
	if (p->fault_fd >= 0)
		close(p->fault_fd);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
}

int postcopy_start(struct postcopy *p, const struct vm *target, const struct vm *source,
		   unsigned int delay_ms)
{
	int ret;

	p->fault_fd = p->stop_fd = -1;
	p->delay_ms = delay_ms;
	p->nr_slots = target->nr_slots;
	memcpy(p->target, target->slots, sizeof(p->target));
	memcpy(p->source, source->slots, sizeof(p->source));
	p->owns_source = false;
	ret = open_fds(p);
	if (ret == 0)
		ret = register_target(p);
	if (ret == 0) {
		ret = -pthread_create(&p->thread, NULL, answer_faults, p);
		if (ret)
			vmm_error(ret, "cannot create a thread: %s", strerror(-ret));
	}
	if (ret)
		close_fds(p);
	p->active = ret == 0;
	return ret;
}

void postcopy_take_source(struct postcopy *p, struct vm *source)
{
	if (!p->active)
		return;
	p->owns_source = true;
	source->nr_slots = 0;
}

void postcopy_fill(struct postcopy *p)
{
	unsigned int i;
	uint64_t offset;

	for (i = 0; p->active && i < p->nr_slots; i++)
		for (offset = 0; offset < p->target[i].size; offset += PAGE)
			supply(p, i, offset);
}

void postcopy_stop(struct postcopy *p)
{
	const uint64_t one = 1;
	unsigned int i;

	if (!p->active)
		return;
	while (write(p->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	pthread_join(p->thread, NULL);
	/* The last reference: the kernel unregisters all and wakes who may still wait. */
	close_fds(p);
	for (i = 0; p->owns_source && i < p->nr_slots; i++)
		munmap(p->source[i].host, p->source[i].size);
	p->active = false;
}
