# shellcheck shell=bash disable=SC2034 # read by the lab
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian 12's kernel.

# The package that depends on the current image, and what that image must be.
RELEASE_META=linux-image-amd64
RELEASE_SERIES=6.1

# corei3_cnl is twice as fast in nested work as corei7_skylake_x, which also
# gets a timer interrupt storm; with XSAVE on, Bochs spends its time saving
# state that nothing here uses.
RELEASE_CPU=corei3_cnl
RELEASE_CMDLINE="noxsave"
# Its modules want the compiler that the kernel was built with.
RELEASE_GCC=12
