# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion for bash. It starts nothing, neither cpugate nor an emulator, so it can't hang.

# _cpugate_offer WORD...: those that fit what is there already.
_cpugate_offer()
{
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$_cpugate_cur")
}

_cpugate_offer_emulators()
{
	if [[ $_cpugate_cur != */* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "${_cpugate_cur:-qemu-system-}" |
			grep -E '^qemu-(system-|kvm$)' | sort -u)
	fi
	if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$_cpugate_cur")
	fi
}

# The words so far that are no options: into $_cpugate_verb, "cache why" being one verb.
_cpugate_find_verb()
{
	local i

	_cpugate_verb=
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--emulator | --machine | --accel | --sample | --seed)
			[[ ${COMP_WORDS[i + 1]} != '=' ]] || i=$((i + 1))
			i=$((i + 1))
			;;
		-*) ;;
		*)
			_cpugate_verb+=${_cpugate_verb:+ }${COMP_WORDS[i]}
			;;
		esac
	done
}

_cpugate_offer_options()
{
	local common='--json --help --version'
	local all="--emulator --machine --accel --all --sample --seed $common"

	case $_cpugate_verb in
	models | expand* | diff*) _cpugate_offer --emulator --machine --accel "$common" ;;
	probe) _cpugate_offer --emulator --machine --all --accel "$common" ;;
	machines | 'cache why') _cpugate_offer --emulator --accel "$common" ;;
	emulators) _cpugate_offer --emulator "$common" ;;
	verify | '') _cpugate_offer "$all" ;;
	*) _cpugate_offer "$common" ;;
	esac
}

_cpugate()
{
	local _cpugate_cur=${COMP_WORDS[COMP_CWORD]} _cpugate_verb
	local option=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	# "--accel=tcg" is three words to bash, as a rule; or one, if the user said so.
	case $_cpugate_cur in
	=)
		_cpugate_cur=
		option+='='
		;;
	--*=*)
		option=${_cpugate_cur%%=*}
		_cpugate_cur=${_cpugate_cur#*=}
		;;
	esac
	# "accel" as in "diff accel=tcg ..." is none by itself.
	case $option in
	=) option=${COMP_WORDS[COMP_CWORD - 2]} ;;
	*=) option=${option%=} ;;
	-*) ;;
	*) option= ;;
	esac

	_cpugate_find_verb
	case $option in
	--accel | accel) _cpugate_offer kvm tcg ;;
	--emulator | emulator) _cpugate_offer_emulators ;;
	# To know machine types, QEMU would have to be asked.
	--machine | machine | host | generation | --sample | --seed) ;;
	*)
		case $_cpugate_verb in
		diff*)
			compopt -o nospace 2>/dev/null
			_cpugate_offer emulator= machine= accel= host= generation=
			;;
		cache) _cpugate_offer list why history prune path ;;
		'') _cpugate_offer models expand machines emulators host probe verify diff cache ;;
		esac
		[[ $_cpugate_cur != -* ]] || _cpugate_offer_options
		;;
	esac
}

complete -F _cpugate cpugate
