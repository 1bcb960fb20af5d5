# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in and under QEMU in its migrations. Included by the top Makefile after
# scenarios/drivers/build.mk.

MIGRATION_BUILD := $(B)/scenarios/qemu-migration
MIGRATION_PROGRAMS := $(MIGRATION_BUILD)/l1-init $(MIGRATION_BUILD)/carry-evmcs-pa.so

# The only program of L1's file system.
$(MIGRATION_BUILD)/l1-init: scenarios/qemu-migration/l1-init.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SCENARIO_CFLAGS) $(LDFLAGS) -static -o $@ $<

$(MIGRATION_BUILD)/carry-evmcs-pa.so: scenarios/qemu-migration/carry-evmcs-pa.c scenarios/vmm/vmm.h
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SCENARIO_CPPFLAGS) $(SCENARIO_CFLAGS) $(LDFLAGS) -shared -fPIC -o $@ $<
