#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2154 # variables of helpers
# Whoever starts QEMU by `cpugate run` gets the guest that the same command line gives without,
# or none where QEMU would take something from it. RUN_TRUTH is how many command lines are tried
# with each QEMU (25), RUN_TRUTH_SEED where the choice begins.

load helpers
load ../truth/truth
load ../guest/guest
load ../truth/run-truth

setup_file()
{
	command -v jq qemu-system-x86_64 >/dev/null || return 0
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
}

# Every fourth guest under TCG is our firmware, which says what it sees.
try_lines()
{
	local count=${RUN_TRUTH:-25} same=0 refused=0 failed=0 spoke=0 wrong=0 i line picked

	RANDOM=${RUN_TRUTH_SEED:-20261121}
	write_configurations
	for ((i = 0; i < count; i++)); do
		random_line
		[[ $((i % 4)) -ne 0 || "${line[*]}" == *kvm* || ! -s $firmware ]] || speaking
		same_guest || wrong=$((wrong + 1))
	done
	echo "# $count command lines: $same with the same guest ($spoke said so), $refused refused where" \
		"QEMU takes something away, $failed without a guest either way, $wrong wrong" >&3
	[[ $wrong -eq 0 && $((3 * same)) -ge $count ]]
}

@test "a guest started by run is the guest that it is without" {
	use_installed
	try_lines
}

@test "a guest of a second QEMU started by run is the guest that it is without" {
	use_qemu_10
	try_lines
}

# QEMU 9.1 and later choose the family of max by how lm was switched on.
try_max()
{
	local same=0 refused=0 failed=0 spoke=0 words line

	for words in '-cpu max,lm=on' '-cpu max,+lm' '-cpu max,lm=off' '-cpu max,lm=on,+lm' \
		'-cpu max,+lm,lm=off' '-cpu max -global max-x86_64-cpu.lm=on'; do
		read -ra line <<<"$words -m 16 -nodefaults -display none -accel tcg"
		same_guest
	done
	[[ $same -eq 6 ]]
	run cpugate run -- "$emulator" -cpu max,lm=on,-lm -nodefaults -display none -accel tcg \
		-daemonize -pidfile pid
}

@test "max has the family that it has without run" {
	use_installed
	try_max
	status_is 0
	kill "$(<pid)"
}

@test "max of a second QEMU has the family that it has without run, or is refused" {
	use_qemu_10
	try_max
	status_is 2
	output_has 'lm=on and then -lm'
}

# The firmware's first instructions write to its console.
@test "the contract is on the disk before the guest's first instruction" {
	local line picked state end last

	use_installed
	requires strace
	requires_guest
	cat >traced <<-EOT
		#!/bin/sh
		exec strace -f -y --seccomp-bpf -s 8 -o ../order \
			-e trace=fsync,fdatasync,write,writev,pwrite64 -- "\$@"
	EOT
	chmod +x traced
	: >none.cfg
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 guest_of held "$PWD/traced" \
		"$top_builddir/cpugate" run --name tiny -- "$emulator" -nodefaults -display none -m 16 \
		-accel tcg -M pc -cpu qemu64 -bios "$firmware" -debugcon file:console
	grep -qx end held/console
	sed '/\/console>/q' order >before
	tail -n 1 before | grep -qF /console
	last=$(grep -nE ' pwrite64\(.*state\.db-wal>' before | tail -n 1 | cut -d : -f 1)
	tail -n "+$last" before | grep -qE ' fdatasync\(.*state\.db-wal>\) *= 0$| fdatasync resumed>\) *= 0$'
	cpugate contract show tiny
}
