#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # filters of jq, variables of helpers
# Sweeps of real QEMUs: most machine types are had without starting them in full, and come
# out as if they had been.

load helpers
load ../truth/truth

# sweep ACCEL WAY LEAST: of the machine types, at least so many are had that way.
sweep()
{
	run --separate-stderr cpugate --json --emulator "$emulator" --accel "$1" probe --all
	status_is 0
	json_has '[.probed[] | select(.way == $way)] | length >= $least' \
		--arg way "$2" --argjson least "$3"
	json_has '.probed | all(."equation-holds" and .models > 100)'
	jq -r --arg way "$2" '.probed[] | select(.way == $way).machine' <<<"$output" >cheap
}

# answers ACCEL MACHINE: models, and expansions of some, told the same by any cache.
answers()
{
	local model

	cpugate --json --emulator "$emulator" --accel "$1" --machine "$2" models | jq -S 'sort_by(.name)'
	for model in base max host qemu64 Haswell Skylake-Server-v4 EPYC-v3; do
		cpugate --json --emulator "$emulator" --accel "$1" --machine "$2" expand "$model" |
			jq -S 'del(.from)'
	done
}

# as_started ACCEL: three of them, others on each day of the month, started alone in another
# cache.
as_started()
{
	local machine

	shuf --random-source=<(yes "$(date +%d)") -n 3 cheap >picked
	while read -r machine; do
		echo "$machine"
		answers "$1" "$machine" >swept
		XDG_CACHE_HOME=$PWD/alone answers "$1" "$machine" | diff swept -
	done <picked
}

@test "TCG: pc takes the sheets of q35 of the same version" {
	use_installed
	sweep tcg twin 10
	as_started tcg
}

@test "KVM: the same" {
	use_installed
	requires /dev/kvm
	sweep kvm twin 10
	as_started kvm
}

@test "TCG: a QEMU that tells what machine types change is asked once for all" {
	use_qemu_10
	sweep tcg shortcut 40
	as_started tcg
}

@test "KVM: the same of that QEMU" {
	use_qemu_10
	requires /dev/kvm
	sweep kvm shortcut 40
	as_started kvm
}
