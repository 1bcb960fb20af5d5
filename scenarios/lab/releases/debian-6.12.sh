# shellcheck shell=bash disable=SC2034 # read by the lab
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian 13's kernel.

RELEASE_SUITE=trixie
RELEASE_META=linux-image-amd64
RELEASE_SERIES=6.12

RELEASE_CPU=corei3_cnl
RELEASE_CMDLINE="noxsave"
