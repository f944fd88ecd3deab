# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for traceroundtrip.  Commands, options and their values are asked of the command.

# Completes the program that record runs, from word $1 on, as it would be completed alone.
_traceroundtrip_program() {
	if ((COMP_CWORD > $1)) && declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD > $1)); then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	else
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

_traceroundtrip() {
	local self=${COMP_WORDS[0]} command=${COMP_WORDS[1]} cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]} commands options="--help" line i
	local -A values=([-o]="") # of options that take one: the choices, or nothing if it is free

	COMPREPLY=()
	commands=$("$self" --list-commands 2>/dev/null | cut -d: -f1)
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$cur")
		return
	elif [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		return
	fi
	while read -r line; do
		options+=" ${line%%=*}"
		[[ $line == *=* ]] && values[${line%%=*}]=${line#*=}
	done < <("$self" "$command" --list-options 2>/dev/null)
	if [[ $command == record ]]; then
		for ((i = 2; i < COMP_CWORD; i++)); do
			if [[ ${COMP_WORDS[i]} == -- ]]; then
				_traceroundtrip_program $((i + 1))
				return
			elif [[ ${COMP_WORDS[i]} != -* ]]; then
				_traceroundtrip_program "$i"
				return
			elif [[ -v values[${COMP_WORDS[i]}] ]]; then
				((i++))
			fi
		done
	fi
	if [[ $prev == --output || $prev == -o ]]; then
		compopt -o filenames
		[[ $command == record ]] && line=-d || line=-f
		mapfile -t COMPREPLY < <(compgen $line -- "$cur")
	elif [[ $prev == -* && -v values[$prev] ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${values[$prev]}" -- "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [[ $command == record ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -F _traceroundtrip traceroundtrip
