# shellcheck shell=bash disable=SC2034 # read by the lab
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian 11's kernel.

RELEASE_SUITE=bullseye
RELEASE_META=linux-image-amd64
RELEASE_SERIES=5.10

RELEASE_CPU=corei3_cnl
RELEASE_CMDLINE="noxsave"
# Not the compiler of this kernel, which Debian 12 does not have; "lab btf" sees to
# it that the types are the same.
RELEASE_GCC=12
# 5.11 was the first whose modules had any.
RELEASE_MODULE_BTF=no
