# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenario drivers. Included by the top Makefile, which sets B (build folder), CC and CFLAGS;
# run from the top folder. Target: scenario-drivers.
#
# The guest is built apart from the user's CFLAGS: it has no C library, no stack protector to call
# and no SSE.

B ?= build

SCENARIO_BUILD := $(B)/scenarios
SCENARIO_DRIVERS := $(SCENARIO_BUILD)/evmcs-restore $(SCENARIO_BUILD)/with-caps \
	$(SCENARIO_BUILD)/fill-trampoline

SCENARIO_WARNINGS := -Wall -Wextra -Werror
SCENARIO_CPPFLAGS := -Iscenarios/vmm -Iscenarios/guest -Iscenarios/drivers
SCENARIO_CFLAGS := -std=gnu11 -O2 -g -pthread $(SCENARIO_WARNINGS)

GUEST_CC ?= gcc
GUEST_OBJCOPY ?= objcopy
GUEST_CFLAGS := -std=gnu11 -O2 -m64 -ffreestanding -mno-red-zone -mno-sse -mgeneral-regs-only \
	-mcmodel=small -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables $(SCENARIO_WARNINGS)
GUEST_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=4096

GUEST_OBJS := $(addprefix $(SCENARIO_BUILD)/guest/, entry.o l1.o l1_setup.o l2.o vmcs.o)
VMM_OBJS := $(addprefix $(SCENARIO_BUILD)/vmm/, vm.o vcpu.o state.o vmcs12.o)
GUEST_HOST_OBJS := $(addprefix $(SCENARIO_BUILD)/guest/, guest_host.o blob.o)
EVMCS_RESTORE_OBJS := $(addprefix $(SCENARIO_BUILD)/drivers/, evmcs-restore.o options.o scenario.o \
	provoke.o postcopy.o)
SCENARIO_HOST_OBJS := $(EVMCS_RESTORE_OBJS) $(VMM_OBJS) $(SCENARIO_BUILD)/guest/guest_host.o \
	$(SCENARIO_BUILD)/drivers/with-caps.o $(SCENARIO_BUILD)/drivers/fill-trampoline.o

.PHONY: scenario-drivers
scenario-drivers: $(SCENARIO_DRIVERS)

$(SCENARIO_BUILD)/evmcs-restore: $(EVMCS_RESTORE_OBJS) $(VMM_OBJS) $(GUEST_HOST_OBJS)
	$(Q)$(CC) $(CFLAGS) $(SCENARIO_CFLAGS) $(LDFLAGS) -static -o $@ $^

$(SCENARIO_BUILD)/with-caps: $(SCENARIO_BUILD)/drivers/with-caps.o
	$(Q)$(CC) $(CFLAGS) $(SCENARIO_CFLAGS) $(LDFLAGS) -static -o $@ $^

$(SCENARIO_BUILD)/fill-trampoline: $(SCENARIO_BUILD)/drivers/fill-trampoline.o
	$(Q)$(CC) $(CFLAGS) $(SCENARIO_CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

# Host side.
$(SCENARIO_HOST_OBJS): $(SCENARIO_BUILD)/%.o: scenarios/%.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(SCENARIO_CPPFLAGS) $(CFLAGS) $(SCENARIO_CFLAGS) -MMD -MP -c -o $@ $<

$(SCENARIO_BUILD)/guest/blob.o: scenarios/guest/blob.S $(SCENARIO_BUILD)/guest/guest.bin
	$(Q)$(CC) -Wa,-I$(SCENARIO_BUILD)/guest -c -o $@ $<

# Guest side.
$(filter-out %/entry.o,$(GUEST_OBJS)): $(SCENARIO_BUILD)/guest/%.o: scenarios/guest/%.c
	$(call msg,GUEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) -Iscenarios/guest $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(SCENARIO_BUILD)/guest/entry.o: scenarios/guest/entry.S
	$(call msg,GUEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) -Iscenarios/guest -m64 -MMD -MP -c -o $@ $<

$(SCENARIO_BUILD)/guest/guest.elf: $(GUEST_OBJS) scenarios/guest/guest.lds
	$(Q)$(GUEST_CC) $(GUEST_LDFLAGS) -Wl,-T,scenarios/guest/guest.lds -o $@ $(GUEST_OBJS)

$(SCENARIO_BUILD)/guest/guest.bin: $(SCENARIO_BUILD)/guest/guest.elf
	$(Q)$(GUEST_OBJCOPY) -O binary $< $@

-include $(wildcard $(SCENARIO_BUILD)/*/*.d)
