# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The unit tests. Included by the top Makefile, which sets B, CC, PURE_SRCS and
# the rest. No libbpf, no root, no kernel: libcmocka, jansson, zlib and libcyaml
# only, and elfutils where debug information is read.

UNIT_TESTS := test_model test_anomalies test_trace test_small test_expect test_inlined \
	test_privileges
UNIT_HELP_SRCS := tests/unit/builder.c tests/unit/stories.c \
	tests/unit/judged.c
UNIT_SRCS := $(PURE_SRCS) $(UNIT_HELP_SRCS) user/probes/privileges.c user/commands/launcher.c
UNIT_LIBS := -lcmocka -ljansson -lz -lcyaml -lyaml
UNIT_CPPFLAGS := $(CPPFLAGS_ALL) -Itests/unit

ASAN_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

UNIT_PROGRAMS := $(UNIT_TESTS:%=$(B)/tests/%)
ASAN_PROGRAMS := $(UNIT_TESTS:%=$(B)/tests-asan/%)

$(B)/tests/%.o: %.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(B)/tests-asan/%.o: %.c
	$(call msg,CC-ASAN,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CPPFLAGS) $(CFLAGS_ALL) $(ASAN_CFLAGS) -MMD -MP -c $< -o $@

DWARF_SRCS := user/probes/debug_info.c user/probes/inlined.c
$(B)/tests/test_inlined: $(DWARF_SRCS:%.c=$(B)/tests/%.o)
$(B)/tests-asan/test_inlined: $(DWARF_SRCS:%.c=$(B)/tests-asan/%.o)
$(B)/tests/test_inlined $(B)/tests-asan/test_inlined: UNIT_LIBS += -ldw -lelf

$(UNIT_PROGRAMS): $(B)/tests/%: $(B)/tests/tests/unit/%.o $(UNIT_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

$(ASAN_PROGRAMS): $(B)/tests-asan/%: $(B)/tests-asan/tests/unit/%.o \
		$(UNIT_SRCS:%.c=$(B)/tests-asan/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(ASAN_CFLAGS) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

# Traces for tests of reports, without a lab.
MAKE_TRACES := $(B)/tests/make_traces

$(MAKE_TRACES): $(B)/tests/tests/unit/make_traces.o $(UNIT_SRCS:%.c=$(B)/tests/%.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(UNIT_LIBS) -o $@

.PHONY: test-traces
test-traces: $(MAKE_TRACES)

# All of them are run, also after one has failed. What passed is one line each,
# with V=1 all that cmocka says; of what failed everything is shown.
run_unit = status=0; for t in $(1); do \
		"$$t" > "$$t.log" 2>&1; result=$$?; \
		if [ $$result = 0 ] && [ '$(V)' != 1 ]; then \
			sed -n "s,^\(\[  PASSED  \].*\),  UNIT     $${t\#\#*/}: \1,p" "$$t.log"; \
		else \
			cat "$$t.log"; \
		fi; \
		[ $$result = 0 ] || status=1; \
	done; exit $$status

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	$(Q)$(call run_unit,$^)

.PHONY: unit-asan
unit-asan: $(ASAN_PROGRAMS)
	$(Q)$(call run_unit,$^)

-include $(patsubst %.c,$(B)/tests/%.d,$(UNIT_SRCS) $(DWARF_SRCS) $(UNIT_TESTS:%=tests/unit/%.c) tests/unit/make_traces.c)
-include $(patsubst %.c,$(B)/tests-asan/%.d,$(UNIT_SRCS) $(DWARF_SRCS) $(UNIT_TESTS:%=tests/unit/%.c))
