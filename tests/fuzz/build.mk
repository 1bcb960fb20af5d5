# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Fuzzing (libFuzzer, clang's) of what others wrote: docs/fuzzing.md. Included by tests/build.mk.
#
# make fuzz             every target for FUZZ_SECONDS; what it finds stays in build/fuzz
# make fuzz-smoke       the inputs that are kept and made, and some new ones: what CI does
# make fuzz-TARGET      one of them

FUZZ_TARGETS := trace expect config module btf dwarf kallsyms http cmdline
FUZZ_SECONDS ?= 60
FUZZ := $(B)/fuzz
FUZZ_SEEDS := $(FUZZ)/seeds

FUZZ_SANITIZE := address,undefined,float-cast-overflow
FUZZ_CFLAGS := -std=gnu11 $(WARNINGS) -O1 -g -fno-omit-frame-pointer \
	-fsanitize=$(FUZZ_SANITIZE) -fno-sanitize-recover=all
# What is fuzzed guides the fuzzer; what feeds it does not.
FUZZ_COVERAGE = $(if $(filter user/%,$<),-fsanitize=fuzzer-no-link)
FUZZ_CPPFLAGS := $(UNIT_CPPFLAGS) -Itests/fuzz -DFUZZ_SEEDS='"$(FUZZ_SEEDS)"'
FUZZ_LIBS := $(LIBS)

FUZZ_SRCS := $(PURE_SRCS) $(PROBE_SRCS) $(SERVE_SRCS) user/sources/ksyms.c \
	tests/unit/builder.c tests/unit/stories.c tests/unit/every_sink.c \
	$(wildcard tests/fuzz/lib/fuzz.c tests/fuzz/lib/trace_lines.c tests/fuzz/lib/yaml_values.c)
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(FUZZ)/%)

$(FUZZ)/obj/%.o: %.c
	$(call msg,CC-FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CPPFLAGS) $(FUZZ_CFLAGS) $(FUZZ_COVERAGE) -MMD -MP -c $< -o $@

$(FUZZ)/all.a: $(FUZZ_SRCS:%.c=$(FUZZ)/obj/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

# What these read is from the kernel: the linker puts the input in its place.
$(FUZZ)/kallsyms: FUZZ_LDFLAGS := -Wl,--wrap=fopen
$(FUZZ)/btf: FUZZ_LDFLAGS := -Wl,--wrap=open

$(FUZZ_PROGRAMS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(FUZZ)/all.a
	$(call msg,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_LDFLAGS) $(LDFLAGS) $^ $(FUZZ_LIBS) -o $@

$(FUZZ)/make_btf: tests/fuzz/lib/make_btf.c
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(CPPFLAGS_ALL) $< -lbpf -o $@

# Inputs to begin with. make_traces writes beside make_btf.
$(FUZZ_SEEDS)/made: tests/fuzz/lib/make-seeds $(wildcard tests/fuzz/lib/*.txt) $(FUZZ)/make_btf \
		$(MAKE_TRACES)
	$(call msg,SEEDS,$(FUZZ_SEEDS))
	$(Q)rm -rf $(FUZZ_SEEDS)
	$(Q)cp $(MAKE_TRACES) $(FUZZ)/make_traces
	$(Q)tests/fuzz/lib/make-seeds $(FUZZ_SEEDS) $(FUZZ)
	$(Q)touch $@

$(FUZZ)/obj/tests/fuzz/module.o: $(FUZZ_SEEDS)/made

.PHONY: fuzz-build fuzz fuzz-smoke
fuzz-build: $(FUZZ_PROGRAMS) $(FUZZ_SEEDS)/made
fuzz: fuzz-build
	$(Q)tests/fuzz/run -t $(FUZZ_SECONDS) $(FUZZ) $(FUZZ_TARGETS)
fuzz-smoke: fuzz-build
	$(Q)tests/fuzz/run -s $(FUZZ) $(FUZZ_TARGETS)
.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $(FUZZ)/% $(FUZZ_SEEDS)/made
	$(Q)tests/fuzz/run -t $(FUZZ_SECONDS) $(FUZZ) $*

-include $(patsubst %.c,$(FUZZ)/obj/%.d,$(FUZZ_SRCS) $(FUZZ_TARGETS:%=tests/fuzz/%.c))
