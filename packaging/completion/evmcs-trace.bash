# bash completion for evmcs-trace(8)                       -*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Commands, options and names are asked of the program itself when they are wanted, so that they are
# those of the version that is installed.

# Its commands are the indented list of --help.
_evmcs_trace_commands()
{
	"$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p'
}

# _evmcs_trace_options PROGRAM COMMAND: with = where an argument follows. The watch has no name: what
# it has beside --help and --version it says with any option.
_evmcs_trace_options()
{
	local ask=("${2:--q}" --help)

	[ -n "$2" ] || printf '%s\n' -h -V --version
	"$1" "${ask[@]}" 2>/dev/null | sed -n \
		-e 's/^  \(-[a-z?]\), \(--[a-z-]*=\{0,1\}\).*/\1\n\2/p' \
		-e 's/^      \(--[a-z-]*=\{0,1\}\).*/\1/p'
}

# Those of the probe plan: what is only a note in a trace cannot be left out.
_evmcs_trace_points()
{
	"$1" schema 2>/dev/null | sed -n '/^  "point": {/,/\]/s/^    "\([a-z0-9-]*\)".*/\1/p' |
		grep -vxE 'ran|first-entry|first-exit'
}

# Classes by name and by id, and what else the list of them names.
_evmcs_trace_classes()
{
	COLUMNS=80 "$1" explain 2>/dev/null | sed -n \
		-e 's/^ *\(A[0-9]\{1,\}\) \{1,\}\([a-z0-9-]\{1,\}\).*/\1\n\2/p' \
		-e "s/.*'\(inconclusive\)'.*/\1/p"
}

# _evmcs_trace_takes OPTION PROGRAM COMMAND: does the next word belong to it?
_evmcs_trace_takes()
{
	local option

	case $1 in
	--*) _evmcs_trace_options "$2" "$3" | grep -qxF -- "$1=" ;;
	-?)
		# beside the short one is the long one
		option=$(_evmcs_trace_options "$2" "$3" | grep -xF -A1 -- "$1" | sed -n 2p)
		[ "${option%=}" != "$option" ]
		;;
	*) return 1 ;;
	esac
}

# Files whose names end so, and folders.
_evmcs_trace_files()
{
	_filedir "$1"
}

# What may follow an option.
_evmcs_trace_value()
{
	local option=$1 program=$2 command=$3

	case $option in
	--fail-on) mapfile -t COMPREPLY < <(compgen -W "error warning info" -- "$cur") ;;
	--format) mapfile -t COMPREPLY < <(compgen -W "text json ktap" -- "$cur") ;;
	--forbid) mapfile -t COMPREPLY < <(compgen -W "$(_evmcs_trace_points "$program")" -- "$cur") ;;
	--pid) mapfile -t COMPREPLY < <(compgen -W "$(ps -eo pid=,comm= |
		sed -n 's/^ *\([0-9]*\) .*\(qemu\|kvm\|vmm\|hypervisor\).*/\1/p')" -- "$cur") ;;
	-e | --expect | -c | --config) _evmcs_trace_files '@(yaml|yml)' ;;
	-m | --module | -k | --kvm) _evmcs_trace_files '@(ko|ko.xz|ko.zst|ko.gz)' ;;
	--junit) _evmcs_trace_files xml ;;
	--vcpu | --slow-set | --ring-size | --ready-fd | --title) ;;
	-o | --output)
		case $command in
		record) _evmcs_trace_files jsonl ;;
		*) _filedir ;;
		esac
		;;
	*) _filedir ;;
	esac
}

# How many words of the line are neither options nor theirs, before the one that is completed;
# the first of them is the command.
_evmcs_trace_operands()
{
	local i n=0

	for ((i = first; i < cword; i++)); do
		case ${words[i]} in
		--) ;;
		-*) _evmcs_trace_takes "${words[i]}" "${words[0]}" "$command" && i=$((i + 1)) ;;
		*) n=$((n + 1)) ;;
		esac
	done
	echo "$n"
}

# Where the traced command begins, if the word that is completed belongs to it.
_evmcs_trace_command_at()
{
	local i

	for ((i = first; i < cword; i++)); do
		case ${words[i]} in
		--)
			echo $((i + 1))
			return
			;;
		-*) _evmcs_trace_takes "${words[i]}" "${words[0]}" record && i=$((i + 1)) ;;
		*) break ;;
		esac
	done
	# it may be being begun: then there is a letter of it
	if [ "$i" -lt "$cword" ] || { [ "$i" = "$cword" ] && [[ $cur == [!-]* ]]; }; then
		echo "$i"
	fi
}

# What a command is given beside options.
_evmcs_trace_operand()
{
	case $command in
	'')
		[ "$cword" != 1 ] ||
			mapfile -t COMPREPLY < <(compgen -W "help $(_evmcs_trace_commands "${words[0]}")" -- "$cur")
		;;
	help)
		[ "$cword" != 2 ] ||
			mapfile -t COMPREPLY < <(compgen -W "watch $(_evmcs_trace_commands "${words[0]}")" -- "$cur")
		;;
	check) _evmcs_trace_files jsonl ;;
	report) [ "$(_evmcs_trace_operands)" != 0 ] || _evmcs_trace_files jsonl ;;
	show) [ "$(_evmcs_trace_operands)" = 0 ] || _evmcs_trace_files jsonl ;;
	explain) mapfile -t COMPREPLY < <(compgen -W "$(_evmcs_trace_classes "${words[0]}")" -- "$cur") ;;
	esac
}

_evmcs_trace()
{
	local cur prev words cword split command='' first=1 at

	# --option=VALUE is taken apart here
	_init_completion -s || return
	if [ "$cword" -gt 1 ] && [[ ${words[1]} != -* ]]; then
		command=${words[1]}
		first=2
	fi
	if [ "$command" = record ]; then
		at=$(_evmcs_trace_command_at)
		if [ -n "$at" ]; then
			_command_offset "$at"
			return
		fi
	fi
	if _evmcs_trace_takes "$prev" "${words[0]}" "$command"; then
		_evmcs_trace_value "$prev" "${words[0]}" "$command"
		return
	fi
	# an option that takes none has a = behind it
	[ "$split" = false ] || return
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_evmcs_trace_options "${words[0]}" "$command")" -- "$cur")
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
		return
	fi
	_evmcs_trace_operand
} && complete -F _evmcs_trace evmcs-trace
