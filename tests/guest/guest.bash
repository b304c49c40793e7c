# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Comparing what cpugate says with what guests see. $emulator is the QEMU, $accel the
# accelerator.

firmware=$top_builddir/tests/guest/cpuid.bin

# requires_guest: skip the test where the firmware can't be built, and is empty.
requires_guest()
{
	[[ -e $firmware ]] || { echo "no $firmware"; return 1; }
	[[ -s $firmware ]] || skip 'no x86 compiler to build the guest with'
}

# guest MACHINE CPU [SMP [THREADS ANSWER]]: what it says; with an ANSWER of cpugate's,
# what differs, and status 1 if something does.
guest()
{
	local machine=$1 cpu=$2 smp=${3-1}
	shift $(($# < 3 ? $# : 3))

	"$top_builddir/tests/guest/run-guest" "$firmware" "$emulator" "$machine" \
		"$accel" "$cpu" "$smp" "$@"
}

# ask MACHINE CPU: cpugate's, which nobody has touched.
ask()
{
	cpugate --json --emulator "$emulator" --machine "$1" --accel "$accel" expand "$2"
}

# agrees MACHINE CPU [SMP THREADS]: a guest sees what follows from cpugate's answer,
# which is left in the file "answer".
agrees()
{
	local status=0

	ask "$1" "$2" >answer || return
	guest "$1" "$2" "${3-1}" "${4-1}" answer >difference 2>&1 || status=$?
	[[ $status -eq 0 ]] || {
		echo "$* ($accel):"
		sed 's/^/    /' difference
		return 1
	}
	[[ ! -s difference ]]
}

# agrees_with FILTER MACHINE CPU [SMP THREADS]: the same of an answer that a jq filter has
# changed. jq rounds the one number that is too big for it to one that is no number for
# us.
agrees_with()
{
	local filter=$1
	shift

	ask "$1" "$2" |
		jq "del(.properties.\"lbr-fmt\", .properties.lbr_fmt) | $filter" >answer ||
		return
	guest "$1" "$2" "${3-1}" "${4-1}" answer
}

# Each pair in a process of its own, two at a time.
compare_pair()
{
	local dir=pairs/$1.$2

	mkdir -p "$dir" && cd "$dir" || return
	agrees "$1" "$2" >said 2>&1 || touch ../failed
	[[ ! -s said ]] || cat said
	touch compared
}

# compare_pairs MACHINE... -- MODEL...: every pair of those that the emulator has. The sum
# goes into the test's output.
compare_pairs()
{
	local machines=() machine model version

	while [[ $1 != -- ]]; do
		machines+=("$1")
		shift
	done
	shift
	mkdir -p pairs
	for machine in "${machines[@]}"; do
		has_machine "$emulator" "$machine" || continue
		cpugate --json --emulator "$emulator" --machine "$machine" \
			--accel "$accel" probe >/dev/null || return
		for model; do
			compare_pair "$machine" "$model" 3>&- &
			[[ $(jobs -pr | wc -l) -lt 2 ]] || wait -n
		done
	done
	wait
	version=$("$emulator" --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')
	compared=$(find pairs -name compared | wc -l)
	echo "# QEMU $version, $accel: $compared guests compared" >&3
	[[ ! -e pairs/failed ]]
}

# places <NAMES: where the table has them.
places()
{
	"$top_builddir/tests/guest/print-leaves" | LC_ALL=C sort
}

# places_in_qemu ACCEL <NAMES: where QEMU has those that CPUID shows.
places_in_qemu()
{
	"$top_builddir/tests/guest/find-leaves" "$emulator" "$1" | LC_ALL=C sort
}

# msrs_in_qemu <NAMES: where QEMU says that the others are when it complains about them:
# for want of the feature that their MSR comes with, it complains about each. A VMX
# control's bit is that of the control.
msrs_in_qemu()
{
	local cpu

	cpu=$(grep -vxE 'vmx|arch-capabilities|core-capability|pdcm' | sed 's/.*/,&=on/' |
		tr -d '\n')
	printf '%s\n' '{"execute": "qmp_capabilities"}' '{"execute": "quit"}' |
		timeout 30 "$emulator" -nodefaults -no-user-config -display none -S \
			-m 16 -machine q35,accel=tcg -qmp stdio \
			-cpu "base,check=on,vendor=GenuineIntel$cpu" 2>&1 >/dev/null |
		sed -nE 's/.*(MSR)\((.+H)\)\.(.+) \[bit ([0-9]+)\]$/\3 \1 \2[\4]/p' |
		LC_ALL=C sort -u
}

# Standard input with the bits of VMX controls as QEMU counts them.
bits_of_controls()
{
	sed -E 's/ = 0$//' | awk '
	/ MSR 48[BDEF]H\[| MSR 490H\[/ {
		split($0, part, /[][]/)
		$0 = part[1] "[" part[2] % 32 "]"
	}
	{ print }' | LC_ALL=C sort
}
