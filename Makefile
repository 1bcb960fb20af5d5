# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make            build/evmcs-trace and the scenario drivers
# make program    build/evmcs-trace and its man pages alone
# make install    PREFIX=/usr/local, DESTDIR=; make uninstall
# make deb        a Debian package: build/evmcs-trace_VERSION_ARCH.deb
# make setup      install what building and testing needs (Debian 12, apt)
# make setup-demo  what building and the demo need alone
# make demo       real restores in the lab, traced before your eyes
# make test       everything: unit tests, lint, lab runs
# make help       the rest

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
B := build

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
V ?= 0

ifeq ($(V),1)
Q :=
msg :=
else
Q := @
msg = @printf '  %-8s %s\n' "$(1)" "$(2)";
endif

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror
CPPFLAGS_ALL := -D_GNU_SOURCE -Iuser -Iinclude -I$(B)/include $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(WARNINGS) $(CFLAGS)
# It reads what others wrote, some of it with privileges (docs/security.md). Of the program only:
# sanitizers have checks of their own, and without -O the first of these is an error.
HARDENING := $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection
HARDENED_LINK := -pie -Wl,-z,relro,-z,now
LIBS := -lbpf -ldw -lelf -lzstd -lz -ljansson -lcyaml -lyaml -lm
# Opened by serve alone, when it runs (user/util/lazy.h): by the names of these here.
soname = $(shell readelf -d "$$($(CC) -print-file-name=lib$(1).so)" 2>/dev/null | \
	sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
CPPFLAGS_ALL += -DSONAME_MICROHTTPD='"$(call soname,microhttpd)"'
# Readiness, the watchdog and the journal; a build without it has the rest.
ifneq ($(wildcard /usr/include/systemd/sd-journal.h),)
CPPFLAGS_ALL += -DHAVE_SYSTEMD -DSONAME_SYSTEMD='"$(call soname,systemd)"'
endif

# The paths of sources are in the program, which is to be the same wherever it is built.
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 $(WARNINGS) -Iinclude -Ibpf \
	-ffile-prefix-map=$(CURDIR)=. \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)

PROGRAM := $(B)/evmcs-trace
SKELETON := $(B)/include/evmcs_trace.skel.h
SCHEMA_OBJ := $(B)/trace_schema.o
CATALOGUE_ROWS := $(B)/include/catalogue_rows.h

# The model, the trace format and what they need: no libbpf, no kernel.
PURE_SRCS := $(wildcard user/model/*.c user/trace/*.c user/util/*.c user/sinks/*.c \
	user/sinks/report/*.c user/explain/*.c user/expect/*.c user/yaml/*.c) \
	user/pipeline.c user/sources/file.c user/sources/backlog.c user/sources/vmm.c \
	user/symbols/stack_lines.c
# With elfutils: debug information, for probes and for stacks.
SYMBOL_SRCS := $(filter-out user/symbols/stack_lines.c,$(wildcard user/symbols/*.c))
LIVE_SRCS := $(wildcard user/commands/*.c user/probes/*.c user/serve/*.c) user/sources/ring.c \
	user/sources/ksyms.c user/main.c $(SYMBOL_SRCS)
SRCS := $(PURE_SRCS) $(LIVE_SRCS)
OBJS := $(SRCS:%.c=$(B)/obj/%.o)

.PHONY: all
all: program scenarios

.DELETE_ON_ERROR:
.SECONDARY:

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/evmcs_trace/*.h)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm -f $@.tmp

$(SKELETON): $(B)/bpf/evmcs_trace.bpf.o
	$(call msg,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name evmcs_trace_bpf > $@

$(SCHEMA_OBJ): user/trace/trace.schema.json
	$(call msg,EMBED,$<)
	$(Q)mkdir -p $(@D)
	$(Q)cd $(<D) && $(LD) -r -b binary -z noexecstack $(<F) -o $(abspath $@)

# What explain says of scenarios, { name, kernel, command }.
$(CATALOGUE_ROWS): scenarios/catalogue/list scenarios/catalogue/rows
	$(call msg,ROWS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scenarios/catalogue/rows $< | awk -F '|' '{ gsub(/["\\]/, "\\\\&"); \
		printf "\t{ \"%s\", \"%s\", \"%s\" },\n", $$1, $$3, $$5 }' > $@

$(B)/obj/user/probes/attach.o: $(SKELETON)
$(foreach d,obj tests tests-asan,$(B)/$(d)/user/sinks/report/style.o): user/sinks/report/report.css
$(foreach d,obj tests tests-asan fuzz/obj,$(B)/$(d)/user/explain/scenarios.o): $(CATALOGUE_ROWS)

$(B)/obj/%.o: %.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIE $(HARDENING) -MMD -MP -c $< -o $@

$(PROGRAM): $(OBJS) $(SCHEMA_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(HARDENED_LINK) $(LDFLAGS) $^ $(LIBS) -o $@

include scenarios/drivers/build.mk
include scenarios/qemu-migration/build.mk
include tests/build.mk
include packaging/install.mk

.PHONY: scenarios
scenarios: $(SCENARIO_DRIVERS) $(MIGRATION_PROGRAMS)

.PHONY: setup setup-demo
setup:
	$(Q)scenarios/setup
setup-demo:
	$(Q)scenarios/setup --demo

.PHONY: demo
demo: ensure-setup-demo
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)scenarios/demo

# QEMU migrates a nested guest by post-copy, on both kernels of the demo.
.PHONY: demo-migration test-migration
demo-migration: ensure-setup-demo
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)scenarios/qemu-migration/demo
# Every step of scenarios/qemu-migration/list; "make test" has some of them.
test-migration: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)tests/migration

.PHONY: ensure-setup ensure-setup-demo
ensure-setup:
	$(Q)scenarios/setup --quiet
ensure-setup-demo:
	$(Q)scenarios/setup --quiet --demo

.PHONY: test lab-test
test: ensure-setup
	$(Q)tests/run
lab-test: ensure-setup
	$(Q)tests/run build lab

# Every combination of the driver's options, 308 runs; and whether the unit
# tests notice some 470 things broken on purpose. Minutes each, not part of test.
.PHONY: driver-test mutate
driver-test: ensure-setup all
	$(Q)scenarios/lab/lab boot $(addprefix -p ,$(SCENARIO_DRIVERS)) scenarios/drivers/check-evmcs-restore.sh
# All scenarios of the catalogue, and their table into docs/catalogue.md.
.PHONY: catalogue
catalogue: ensure-setup all
	$(Q)scenarios/catalogue/run $(B)/catalogue/all $$(scenarios/catalogue/kernels)
	$(Q)scenarios/catalogue/document docs/catalogue.md scenarios/catalogue/table $(B)/catalogue/all/out
# What of it runs on stock kernels, on the lab's other releases as well, and the
# comparison into docs/kernels.md.
.PHONY: kernels
RELEASES := debian-6.1 debian-5.10 debian-6.12 debian-sid
kernels: ensure-setup all
	$(Q)for r in $(RELEASES); do scenarios/catalogue/run -k $$r $(B)/catalogue/$$r stock || exit; done
	$(Q)scenarios/catalogue/document docs/kernels.md scenarios/catalogue/compare \
		$(foreach r,$(RELEASES),$(r)=$(B)/catalogue/$(r)/out)
mutate:
	$(Q)tests/unit/mutate.sh
# Whether the lab's jobs notice what guards them broken: a quarter of an hour.
.PHONY: mutate-lab
mutate-lab: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)scenarios/lab/lab setup
	$(Q)tests/lab/mutate.sh
# What it costs, beside others and nothing: docs/benchmarks.md. Half an hour.
.PHONY: bench
bench: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all bench-programs
	$(Q)tests/bench/run
# Twenty minutes of the machine's time under restores.
.PHONY: soak
soak: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)tests/lab/boot soak 1 -t 3600
	$(Q)tests/lab/soak-checks
# Three minutes, by a program under ASan, UBSan and LSan.
.PHONY: soak-asan
soak-asan: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)$(MAKE) -s --no-print-directory B=$(B)/asan HARDENING= CFLAGS='-g -O1 $(ASAN_CFLAGS)' program
	$(Q)JOB_ARGS=3 tests/lab/boot soak 1 -t 3600 -p $(B)/asan/evmcs-trace
	$(Q)tests/lab/soak-checks 3
# Two minutes, by valgrind's memcheck.
.PHONY: soak-valgrind
soak-valgrind: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)tests/lab/soak-valgrind
	$(Q)tests/lab/soak-checks 2
# 200,000 SETs in a row that KVM refuses.
.PHONY: refused
refused: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all
	$(Q)tests/lab/boot refused 1 -t 3600 -m 2048
	$(Q)tests/lab/refused-checks
# What reads files, and unit tests, under valgrind; half an hour. Modules are those of the lab's
# kernels, each with its kvm.ko beside it, where there are any.
LAB_MODULES = $(abspath $(wildcard $(patsubst %,$(B)/lab/kernels/*/image/%/modules/*/kernel/arch/x86/kvm/kvm-intel.ko*, \
	lib usr/lib)))
.PHONY: valgrind
valgrind: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all test-traces $(UNIT_PROGRAMS)
	$(Q)tests/valgrind $(LAB_MODULES)
# A real canary in the lab and 500 hosts that replay, for a real Prometheus. Its limits are
# seconds: not beside other work, and not part of test.
.PHONY: fleet-simulation
fleet-simulation: ensure-setup
	$(Q)$(MAKE) -s --no-print-directory all test-fleet
	$(Q)tests/fleet/simulate --lab

C_FILES := $(shell find bpf include user scenarios tests -name '*.[ch]')
# Programs by their first line, and what they read.
SHELL_FILES := $(sort $(shell grep -rlE '^.!/bin/(ba|busybox )?sh' .ci packaging scenarios tests) \
	$(shell find scenarios tests -name '*.sh') $(wildcard packaging/completion/*.bash))
# What clang-format cannot know: tables are laid out by hand (clang-format off).
CPPCHECK := cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem -Iuser -Iinclude \
	-D__x86_64__ '-DDECLARE_LIBBPF_OPTS(type,name,...)=struct type name = {__VA_ARGS__}'

# Files of Debian's in which there is no room for a licence line.
NO_COMMENTS := packaging/debian/(changelog|source/format)|tests/lab/watch.txt

.PHONY: lint format
lint:
	$(call msg,FORMAT,$(words $(C_FILES)) files)
	$(Q)clang-format --dry-run -Werror $(C_FILES)
	$(call msg,CPPCHECK,user)
	$(Q)$(CPPCHECK) user
	$(call msg,SHELL,$(words $(SHELL_FILES)) files)
	$(Q)shellcheck -x $(SHELL_FILES)
	$(call msg,BROKEN,what is broken to see it noticed is still there)
	$(Q)tests/unit/mutate.sh -n
	$(Q)tests/lab/mutate.sh -n
	$(Q)tests/fuzz/planted -n
	$(call msg,FIGURES,what the text says of the benchmark's tables)
	$(Q)tests/bench/agrees
	$(call msg,SPDX,all files)
	$(Q)! git ls-files | grep -vE '^(LICENSE|LICENSES/.*|tests/fuzz/corpus/.*|.*\.jsonl|.*\.json|.*\.md|.*\.png|\.gitignore|$(NO_COMMENTS))$$' | \
		xargs grep -L 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' | grep .
format:
	clang-format -i $(C_FILES)

.PHONY: clean
clean:
	rm -rf $(B)/obj $(B)/bpf $(B)/include $(B)/man $(B)/scenarios $(B)/tests $(B)/tests-asan $(PROGRAM) $(SCHEMA_OBJ)

.PHONY: distclean
distclean:
	rm -rf $(B)

.PHONY: help
help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
	@echo 'make unit       unit tests only (no root, any host)'
	@echo 'make unit-asan  the same under ASan and UBSan'
	@echo 'make lab-test   the lab runs only'
	@echo 'make fuzz       fuzzing of all that is read, FUZZ_SECONDS each; fuzz-smoke: seconds of it'
	@echo 'make driver-test  all options of evmcs-restore in the lab (minutes)'
	@echo 'make catalogue  every anomaly class provoked in the lab; docs/catalogue.md'
	@echo 'make kernels    the stock ones of them on all four kernels; docs/kernels.md'
	@echo 'make mutate     do the unit tests notice? (minutes); mutate-lab: the jobs of the lab?'
	@echo 'make bench      what it costs, beside bpftrace, ftrace, perf, jq: docs/benchmarks.md'
	@echo 'make soak       the canary for twenty minutes of the lab under restores'
	@echo 'make soak-asan  three minutes of it under ASan and UBSan'
	@echo 'make soak-valgrind  two minutes of it under valgrind (26 minutes)'
	@echo 'make refused    200,000 SETs that KVM refuses, in the lab'
	@echo 'make valgrind   what reads files under valgrind'
	@echo 'make fleet-simulation  one in the lab and 500 that replay, for a real Prometheus (4 minutes)'
	@echo 'make packaging-chroot  the Debian package in a Debian of its own (root; a minute)'
	@echo 'make demo-migration  QEMU migrates a nested guest by post-copy, on both kernels of the demo'
	@echo 'make test-migration  every step with QEMU, also on 6.12 and sid (long)'
	@echo 'make lint       clang-format, cppcheck, shellcheck; format: the layout'
	@echo 'make clean      what was compiled; distclean: downloads and lab images as well'

-include $(OBJS:.o=.d)
