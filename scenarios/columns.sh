# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Sets columns: how wide the terminal is where the output is looked at. What goes into a file is
# not broken into lines. Not a function to be called as $(columns): there the output is a pipe.

# shellcheck disable=SC2034 # for who reads this
columns=1000
[ ! -t 1 ] || columns=$(tput cols)
