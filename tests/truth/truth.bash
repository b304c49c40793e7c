# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Comparing what cpugate says with what vCPUs are that were really started.

# The newest machine types, and one that removes features without a word on stderr.
machine_types=(pc q35 pc-i440fx-2.4)
models=(486 qemu64 Haswell EPYC max)

# unpack_qemu_10: print the folder with the binaries of a second QEMU, or say why not and
# fail. It is kept in the user's own cache, where one process at a time may put it.
unpack_qemu_10()
{
	local tool=$top_srcdir/../shared/tools/unpack-qemu-10
	local keep=$HOME/.cache

	[[ -x $tool ]] || { echo "no ${tool##*/}"; return 1; }
	mkdir -p "$keep"
	env -u XDG_CACHE_HOME timeout 300 flock "$keep/qemu-10.lock" "$tool" 2>/dev/null ||
		{ echo "${tool##*/} failed"; return 1; }
}

# use_installed, use_qemu_10: which one the test is about, in $emulator; skips without it.
# $QEMU_10 may be set in setup_file(): the folder, or "missing: " and why.
use_installed()
{
	requires jq qemu-system-x86_64
	emulator=$(command -v qemu-system-x86_64)
}

use_qemu_10()
{
	requires jq qemu-system-x86_64
	[[ -n ${QEMU_10-} ]] || QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	[[ $QEMU_10 != missing* ]] || skip "no second QEMU (${QEMU_10#*: })"
	emulator=$QEMU_10/qemu-system-x86_64
	export QEMU_MODULE_DIR=$QEMU_10/../lib/x86_64-linux-gnu/qemu
}

# vocabulary EMULATOR: the names of all features, as QEMU itself gives them: what its bare
# model consists of. Of these bools only lmce is no feature: no CPUID or feature MSR has it.
vocabulary()
{
	printf '%s\n' '{"execute": "qmp_capabilities"}' \
		'{"execute": "query-cpu-model-expansion",
		  "arguments": {"type": "static", "model": {"name": "base"}}}' \
		'{"execute": "quit"}' |
		timeout 30 "$1" -nodefaults -no-user-config -display none -machine none,accel=tcg:kvm \
			-qmp stdio |
		jq -r '.return.model.props? // empty | to_entries[] |
			select(.value | type == "boolean").key' |
		grep -vx lmce
}

# has_machine EMULATOR TYPE
has_machine()
{
	timeout 30 "$1" -machine help | grep -q "^$2 "
}

# vcpu MACHINE ACCEL CPU: the features of a started vCPU of $emulator, of those in the file
# "names". Status 1 if it doesn't start.
vcpu()
{
	"$top_builddir/tests/truth/vcpu" "$emulator" "$@"
}

# expand MACHINE ACCEL CPU: cpugate's answer, into the file "answer".
expand()
{
	cpugate --json --emulator "$emulator" --machine "$1" --accel "$2" expand "$3" >answer
}

# differs WHAT: say it, with both sides.
differs()
{
	echo "$about: $1"
	sed 's/^/    /' difference
	return 1
}

# same_as_vcpu MACHINE ACCEL CPU: does "answer" tell of this vCPU what it is? Counts it in
# $compared or $unstartable.
same_as_vcpu()
{
	local about="${emulator##*/} $*" status=0 enforced=0 usable

	vcpu "$@" <names >live 2>difference || status=$?
	[[ $status -le 1 ]] || differs 'no answer from QEMU' || return
	vcpu "$1" "$2" "$3,enforce" </dev/null 2>/dev/null || enforced=$?
	usable=$(jq -r .usable answer)
	printf '%s\n' "cpugate says usable: $usable" \
		"QEMU with enforce ends with $enforced" >difference
	case $usable-$enforced in
	true-0 | false-1) ;;
	*) differs 'usable is wrong' || return ;;
	esac
	if [[ $status -eq 1 ]]; then
		unstartable+=" $3"
		[[ $usable == false ]] || differs 'it does not start at all' || return
		return 0
	fi
	compared=$((compared + 1))
	jq -r '.effective[]' answer | sort >effective
	diff -U0 effective live >difference ||
		differs 'effective set (-) is not that of the vCPU (+)' || return
}

# compare_models ACCEL [MODEL]...: on every machine type; all five without one. The sum
# goes into the test's output.
compare_models()
{
	local accel=$1 machine model failed=0 compared=0 unstartable='' version
	shift

	[[ $# -gt 0 ]] || set -- "${models[@]}"
	vocabulary "$emulator" >names
	[[ -s names ]] || { echo "$emulator names no features"; return 1; }
	for machine in "${machine_types[@]}"; do
		has_machine "$emulator" "$machine" || continue
		for model; do
			expand "$machine" "$accel" "$model" || return
			same_as_vcpu "$machine" "$accel" "$model" || failed=1
		done
	done
	version=$(jq -r .emulator.version answer)
	[[ -z $unstartable ]] || unstartable="; can't be started, not compared:$unstartable"
	printf '# QEMU %s, %s: %d vCPUs compared, %d features each%s\n' "$version" "$accel" \
		"$compared" "$(wc -l <names)" "$unstartable" >&3
	[[ $compared -gt 0 && $failed -eq 0 ]]
}
