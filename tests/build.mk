# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The unit tests. Included by the top Makefile, which sets B, CC, PURE_SRCS and
# the rest. No root, no kernel: libcmocka, jansson, zlib and libcyaml only,
# but for what is asked of a kernel.

UNIT_TESTS := test_model test_anomalies test_trace test_quick test_small test_expect test_saves test_metrics test_files \
	test_explain test_report test_perfetto test_lines test_properties test_hostile
# What is asked of a kernel: with libbpf and elfutils, and no kernel either.
PROBE_TESTS := test_plan test_inlined test_privileges test_code test_symbols
# What the daemon has around it, which opens libmicrohttpd.
SERVE_TESTS := test_serve test_http
ALL_UNIT_TESTS := $(UNIT_TESTS) $(PROBE_TESTS) $(SERVE_TESTS)
UNIT_HELP_SRCS := tests/unit/builder.c tests/unit/stories.c \
	tests/unit/judged.c tests/unit/scratch.c tests/unit/every_sink.c tests/unit/hostile.c
UNIT_SRCS := $(PURE_SRCS) $(UNIT_HELP_SRCS)
UNIT_LIBS := -lcmocka -ljansson -lz -lcyaml -lyaml -lm
UNIT_CPPFLAGS := $(CPPFLAGS_ALL) -Itests/unit

ASAN_CFLAGS := -DUNDER_ASAN -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Files of a stream: with show, and the ring's source on a ring of the test's own.
FILES_SRCS := user/commands/show.c user/commands/output.c user/sources/ring.c
$(B)/tests/test_files: $(FILES_SRCS:%.c=$(B)/tests/%.o)
$(B)/tests-asan/test_files: $(FILES_SRCS:%.c=$(B)/tests-asan/%.o)

UNIT_PROGRAMS := $(ALL_UNIT_TESTS:%=$(B)/tests/%)
ASAN_PROGRAMS := $(ALL_UNIT_TESTS:%=$(B)/tests-asan/%)

$(B)/tests/%.o: %.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(B)/tests-asan/%.o: %.c
	$(call msg,CC-ASAN,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(UNIT_CPPFLAGS) $(CFLAGS_ALL) $(ASAN_CFLAGS) -MMD -MP -c $< -o $@

# All but what attaches, which is built on the BPF programs.
PROBE_SRCS := $(filter-out user/probes/attach.c,$(wildcard user/probes/*.c)) \
	user/commands/launcher.c $(SYMBOL_SRCS)
PROBE_LIBS := -lbpf -ldw -lelf -lzstd
$(PROBE_TESTS:%=$(B)/tests/%): $(PROBE_SRCS:%.c=$(B)/tests/%.o)
$(PROBE_TESTS:%=$(B)/tests-asan/%): $(PROBE_SRCS:%.c=$(B)/tests-asan/%.o)
$(PROBE_TESTS:%=$(B)/tests/%) $(PROBE_TESTS:%=$(B)/tests-asan/%): UNIT_LIBS += $(PROBE_LIBS)

# Names of addresses are their own matter, with no ring.
$(B)/tests/test_symbols: $(B)/tests/user/sources/ksyms.o
$(B)/tests-asan/test_symbols: $(B)/tests-asan/user/sources/ksyms.o

SERVE_SRCS := $(wildcard user/serve/*.c)
$(SERVE_TESTS:%=$(B)/tests/%): $(SERVE_SRCS:%.c=$(B)/tests/%.o)
$(SERVE_TESTS:%=$(B)/tests-asan/%): $(SERVE_SRCS:%.c=$(B)/tests-asan/%.o)

$(UNIT_PROGRAMS): $(B)/tests/%: $(B)/tests/tests/unit/%.o $(UNIT_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

$(ASAN_PROGRAMS): $(B)/tests-asan/%: $(B)/tests-asan/tests/unit/%.o \
		$(UNIT_SRCS:%.c=$(B)/tests-asan/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CLANG) $(CFLAGS_ALL) $(ASAN_CFLAGS) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

# Traces for tests of reports, without a lab; and reports of odd names.
MAKE_TRACES := $(B)/tests/make_traces
MAKE_HOSTILE := $(B)/tests/make_hostile

$(MAKE_TRACES) $(MAKE_HOSTILE): $(B)/tests/%: $(B)/tests/tests/unit/%.o $(UNIT_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

.PHONY: test-traces
test-traces: $(MAKE_TRACES) $(MAKE_HOSTILE) $(B)/tests/on_pty

# Takes journald's place in the lab.
$(B)/tests/journal_socket: tests/lab/journal_socket.c
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $< -o $@

# A person's screen in the lab.
$(B)/tests/on_pty: tests/lab/on_pty.c
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $< -lutil -o $@

# What the verifier says of the programs, in the lab.
$(B)/tests/verifier_log.so: tests/lab/verifier_log.c
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -shared $< -o $@ -ldl

# Hosts for a Prometheus, without a lab: tests/fleet.
FLEET_HOSTS := $(B)/tests/fleet_hosts
FLEET_SRCS := $(wildcard tests/fleet/*.c) $(PURE_SRCS)

$(FLEET_HOSTS): $(FLEET_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ -lmicrohttpd -ljansson -lz -lcyaml -lyaml -lpthread -lm -o $@

.PHONY: test-fleet
test-fleet: $(FLEET_HOSTS) $(MAKE_TRACES)

# Traces as long as one likes: tests/bench.
LONG_TRACE := $(B)/tests/long_trace
LONG_TRACE_SRCS := tests/bench/long_trace.c tests/fleet/recorded.c $(PURE_SRCS)

$(B)/tests/tests/bench/%.o: UNIT_CPPFLAGS += -Itests/fleet
$(LONG_TRACE): $(LONG_TRACE_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ -ljansson -lz -lcyaml -lyaml -lm -o $@

# What is measured with and against, in the lab.
BENCH_PROGRAMS := $(addprefix $(B)/tests/,accessors empty eager killed)

$(B)/tests/tests/bench/accessors.o: UNIT_CPPFLAGS += -Iscenarios/vmm
$(B)/tests/tests/bench/eager.o: $(SKELETON)
$(B)/tests/accessors: $(B)/tests/tests/bench/accessors.o $(VMM_OBJS)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -static $^ -o $@
$(B)/tests/killed: $(B)/tests/tests/bench/killed.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -static $^ -o $@
$(B)/tests/empty $(B)/tests/eager: $(B)/tests/%: $(B)/tests/tests/bench/%.o \
		$(PROBE_SRCS:%.c=$(B)/tests/%.o) $(PURE_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(PROBE_LIBS) -ljansson -lz -lcyaml -lyaml -lm -o $@

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS) $(LONG_TRACE)

# All of them are run, two at a time, also after one has failed.
run_unit = printf '%s\n' $(1) | V='$(V)' xargs -P 2 -n 1 tests/unit/run_one

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	$(Q)$(call run_unit,$^)

.PHONY: unit-asan
unit-asan: $(ASAN_PROGRAMS)
	$(Q)$(call run_unit,$^)

-include $(patsubst %.c,$(B)/tests/%.d,$(UNIT_SRCS) $(PROBE_SRCS) $(FILES_SRCS) $(SERVE_SRCS) $(ALL_UNIT_TESTS:%=tests/unit/%.c) tests/unit/make_traces.c tests/unit/make_hostile.c $(wildcard tests/fleet/*.c tests/bench/*.c))
-include $(patsubst %.c,$(B)/tests-asan/%.d,$(UNIT_SRCS) $(PROBE_SRCS) $(FILES_SRCS) $(SERVE_SRCS) $(ALL_UNIT_TESTS:%=tests/unit/%.c))
include tests/fuzz/build.mk
