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
	[[ ${#COMPREPLY[@]} -gt 0 ]] || _cpugate_offer_files
}

_cpugate_offer_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$_cpugate_cur")
}

# The words so far that are no options: into $_cpugate_verb, "cache why" being one verb.
_cpugate_find_verb()
{
	local i

	_cpugate_verb=
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--emulator | --machine | --accel | --sample | --seed | --record | --from | --output | \
			--cpu | --html | --format | --name | --level | --without | --partition | --replaced | \
			--guest | --to | --smp | --contract | --allow-missing | --uri | --deadline | --to-record)
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
	local common='--json --connect --help --version'
	local measured='--emulator --machine --accel --all'
	local baseline='--named --level --nested --cross-vendor --without --partition'

	case $_cpugate_verb in
	models | expand* | explain*) _cpugate_offer --emulator --machine --accel --record "$common" ;;
	export*)
		_cpugate_offer --emulator --machine --accel --record --format --name "$common"
		;;
	diff* | hosts-for*) _cpugate_offer --emulator --machine --accel "$common" ;;
	matrix*) _cpugate_offer --emulator --machine --accel --cpu --html "$common" ;;
	'check launch'*) _cpugate_offer --accel --record "$common" ;;
	'check migration'*)
		_cpugate_offer --emulator --machine --accel --guest --to --from --cpu --smp "$common"
		;;
	'check restore'*)
		_cpugate_offer --emulator --machine --accel --contract --to --cpu "$common"
		;;
	pin*) _cpugate_offer --accel --record --short --both "$common" ;;
	migrate*)
		_cpugate_offer --from --uri --to --to-record --name --contract --deadline --keep-source --resume \
			--accel "$common"
		;;
	receive*) _cpugate_offer --uri --name --contract --deadline --accel "$common" ;;
	run*) _cpugate_offer --accel --name --contract --allow-missing "$common" ;;
	compare*) _cpugate_offer --emulator --machine --accel --record --like-virsh "$common" ;;
	baseline*) _cpugate_offer --emulator --machine --accel "$baseline" "$common" ;;
	probe) _cpugate_offer "$measured $common" ;;
	record) _cpugate_offer "$measured --record --from --output $common" ;;
	machines) _cpugate_offer --emulator --accel --record "$common" ;;
	audit*) _cpugate_offer --all --contract --emulator "$common" ;;
	'contract show'*) _cpugate_offer --replaced "$common" ;;
	'contract export'*) _cpugate_offer --replaced --output "$common" ;;
	'contract import'*) _cpugate_offer --name "$common" ;;
	'contract verify'*) _cpugate_offer --emulator --record "$common" ;;
	'contract impact'*) _cpugate_offer --to --emulator "$common" ;;
	'contract list'*) _cpugate_offer --all "$common" ;;
	'cache why') _cpugate_offer --emulator --accel "$common" ;;
	emulators) _cpugate_offer --emulator --record "$common" ;;
	host) _cpugate_offer --record "$common" ;;
	verify) _cpugate_offer "$measured --launch --sample --seed $common" ;;
	'') _cpugate_offer "$measured --launch --sample --seed --record --from --output --format --name \
		--like-virsh --short --both --cpu --guest --to --smp --contract --allow-missing --uri --deadline --keep-source --resume --to-record --html --replaced $baseline $common" ;;
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
	--format) _cpugate_offer libvirt nfd nova prometheus proxmox qemu ;;
	--emulator | emulator) _cpugate_offer_emulators ;;
	--record | --from | --output | --html | --contract | --to-record) _cpugate_offer_files ;;
	--guest | --to)
		_cpugate_offer_files
		[[ $option == --guest || host != "$_cpugate_cur"* ]] || COMPREPLY+=(host)
		;;
	--level) _cpugate_offer x86-64-v1 x86-64-v2 x86-64-v3 x86-64-v4 ;;
	# To know machine types, QEMU would have to be asked.
	--machine | machine | host | generation | --sample | --seed | --without | --partition | --name | --replaced | --smp | --allow-missing | --uri | --deadline) ;;
	*)
		case $_cpugate_verb in
		diff*)
			compopt -o nospace 2>/dev/null
			_cpugate_offer emulator= machine= accel= host= generation=
			;;
		baseline* | hosts-for* | compare* | matrix*)
			_cpugate_offer_files
			[[ host != "$_cpugate_cur"* ]] || COMPREPLY+=(host)
			;;
		check) _cpugate_offer launch migration restore ;;
		hook) _cpugate_offer libvirt ;;
		'hook libvirt'*) ;;
		'check migration'*) ;;
		'check restore') _cpugate_offer_files ;;
		'check launch' | pin | run | migrate | receive) _cpugate_offer_emulators ;;
		'check launch'* | pin* | run* | migrate* | receive*) _cpugate_offer_files ;;
		contract) _cpugate_offer show list export import verify forget impact ;;
		'contract import' | 'contract verify' | 'contract show') _cpugate_offer_files ;;
		cache) _cpugate_offer list why history prune path ;;
		'') _cpugate_offer models expand machines emulators host probe record verify export diff compare baseline hosts-for matrix explain check hook pin run migrate receive contract audit cache ;;
		esac
		[[ $_cpugate_cur != -* ]] || _cpugate_offer_options
		;;
	esac
}

complete -F _cpugate cpugate
