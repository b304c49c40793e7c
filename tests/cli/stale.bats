#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2154 # variables of helpers
# An answer is given again for nothing for as long as it is right, and never longer.

load helpers
load ../truth/starts

setup()
{
	setup_test
	unset QEMU_MODULE_DIR CPUGATE_HOST_ROOT
	requires jq strace qemu-system-x86_64
}

# asks_twice ARG...: the second time it is free, and the answer is the same.
asks_twice()
{
	asks "$@"
	answer_itself >first
	counts "$@"
	started_is 0
	answer_itself | diff first -
}

@test "a second question starts no emulator" {
	local accel

	for accel in tcg kvm; do
		[[ $accel == tcg || -w /dev/kvm ]] || continue
		asks_twice --accel $accel models
		asks_twice --accel $accel expand 486
		asks_twice --accel $accel expand max
		asks_twice --accel $accel expand Haswell,-aes,+avx512f
		asks_twice --accel $accel --machine q35 expand Haswell
		asks_twice --accel $accel machines
	done
	asks_twice models
	asks_twice host
	asks_twice cache why
}

@test "a second probe starts only what failed" {
	local failed

	asks probe
	answer_itself >first
	failed=$(cpugate --json cache list | jq 'map(select(.kind == "not-started")) | length')
	counts probe
	started_is "$failed"
	answer_itself | diff first -
}

@test "the first question starts some" {
	counts --accel tcg expand Haswell
	started_is some
	from_is measurement
	asks --accel tcg expand Haswell
	from_is cache
}

# measures_again PART ARG...: PART has changed, and the question is answered by measuring,
# once.
measures_again()
{
	local part=$1
	shift

	changed_has "$part"
	counts "$@"
	started_is some
	from_is measurement
	nothing_changed
	counts "$@"
	started_is 0
	from_is cache
}

@test "a changed binary is measured again" {
	local emulator=$PWD/copy/bin/qemu-system-x86_64
	local question=(--emulator "$emulator" --accel tcg expand Haswell)
	local why_about=(--emulator "$emulator")

	copy_emulator copy
	asks "${question[@]}"
	nothing_changed
	append_byte "$emulator"
	sleep 2.1 # or it is hashed again, beside a start, should that be a while later
	measures_again binary "${question[@]}"
}

@test "a binary changed behind size and time is measured again" {
	local emulator=$PWD/copy/bin/qemu-system-x86_64
	local question=(--emulator "$emulator" --accel tcg expand Haswell)
	local why_about=(--emulator "$emulator")

	copy_emulator copy
	append_byte "$emulator"
	touch -d 2020-01-01 "$emulator"
	sleep 2.1 # cpugate remembers no digest of a file that has just changed
	asks "${question[@]}"
	# The QEMU that was killed may take a moment to let go of its file.
	for _ in {1..100}; do
		! truncate -s -1 "$emulator" || break
		sleep 0.05
	done
	printf y >>"$emulator"
	touch -d 2020-01-01 "$emulator"
	sleep 2.1 # as above
	measures_again binary "${question[@]}"
}

@test "a changed accelerator module is measured again" {
	local folder
	local question=(--accel tcg expand Haswell)

	folder=$(module_folder "$(prefix_of "$(command -v qemu-system-x86_64)")") ||
		skip 'TCG is built into this QEMU'
	cp -r "$folder" modules
	export QEMU_MODULE_DIR=$PWD/modules
	asks "${question[@]}"
	nothing_changed
	append_byte modules/accel-tcg-x86_64.so
	measures_again modules.accel-tcg-x86_64.so "${question[@]}"
}

@test "modules are looked for where the binary is, not where a link to it is" {
	local question=(--emulator "$PWD/qemu-system-link" --accel tcg expand Haswell)
	local why_about=(--emulator "$PWD/qemu-system-link")

	copy_emulator copy
	module_folder copy || skip 'TCG is built into this QEMU'
	ln -s copy/bin/qemu-system-x86_64 qemu-system-link
	asks "${question[@]}"
	append_byte "$(module_folder copy)/accel-tcg-x86_64.so"
	measures_again modules.accel-tcg-x86_64.so "${question[@]}"
}

@test "a binary without its modules doesn't answer for the one that has them" {
	module_folder "$(prefix_of "$(command -v qemu-system-x86_64)")" >/dev/null ||
		skip 'TCG is built into this QEMU'
	mkdir -p lonely/bin
	cp -L "$(command -v qemu-system-x86_64)" lonely/bin/
	run cpugate --emulator lonely/bin/qemu-system-x86_64 --accel tcg expand 486
	status_is 2
	asks --accel tcg expand 486
	from_is measurement
	run cpugate --emulator lonely/bin/qemu-system-x86_64 --accel tcg expand 486
	status_is 2
}

@test "a binary without its firmware doesn't fail for the one that has it" {
	copy_emulator copy
	cp -r copy lonely
	rm lonely/share
	run cpugate --emulator lonely/bin/qemu-system-x86_64 --accel tcg expand 486
	[[ $status -ne 0 ]] || skip 'this QEMU finds its firmware anywhere'
	asks --emulator copy/bin/qemu-system-x86_64 --accel tcg expand 486
	from_is measurement
	asks --emulator lonely/bin/qemu-system-x86_64 --accel tcg expand 486
	from_is cache
}

# host_change_counts PART FILE TEXT: with another TEXT in FILE, KVM is measured again, and
# TCG isn't; back on the old host nothing is.
host_change_counts()
{
	local part=$1 file=$2 text=$3
	local why_about=(--accel kvm)

	requires /dev/kvm
	fake_host
	asks --accel tcg expand Haswell
	asks --accel kvm expand 486
	nothing_changed

	cp -r host before
	put "$file" "$text"
	changed_is "$part"
	measures_again "$part" --accel kvm expand 486
	counts --accel tcg expand Haswell
	started_is 0

	rm -r host
	mv before host
	nothing_changed
	counts --accel kvm expand 486
	started_is 0
}

@test "another kernel: KVM is measured again, TCG isn't" {
	host_change_counts kernel.release proc/sys/kernel/osrelease 6.99.1-test
}

@test "a rebuilt kernel of the same release: KVM is measured again, TCG isn't" {
	host_change_counts kernel.version proc/sys/kernel/version '#99 SMP'
}

@test "another KVM module parameter: KVM is measured again, TCG isn't" {
	host_change_counts kvm-parameters.kvm.ignore_msrs sys/module/kvm/parameters/ignore_msrs other
}

@test "other microcode: KVM is measured again, TCG isn't" {
	host_change_counts microcode sys/devices/system/cpu/cpu0/microcode/version 0x99999999
}

@test "of a changed host only what depends on it is measured again" {
	requires /dev/kvm
	fake_host
	asks probe
	put proc/sys/kernel/osrelease 6.99.1-test
	why
	run jq -c '[.remeasure[] | select(.accel != "kvm")]' reasons
	output_has '[]'
	run jq -r '[.remeasure[].fact] - ["not-started"] | sort | join(" ")' reasons
	[[ $output == 'contradicted host-requested started unavailable unsupported' ]] ||
		refute_run 'these facts depend on the host'
}

@test "without /dev/kvm nothing is said about KVM, known or not" {
	requires /dev/kvm
	fake_host
	asks --accel kvm expand 486
	rm host/dev/kvm
	run cpugate --json --accel kvm expand 486
	status_is 2
	output_has 'no KVM here' missing
	output_lacks effective
	asks expand 486
	[[ $(jq -r .accel answer) == tcg ]]
}

@test "a second path to the same emulator is answered without a start" {
	local path

	copy_emulator copy
	ln -s copy/bin/qemu-system-x86_64 qemu-system-by-symlink
	ln copy/bin/qemu-system-x86_64 copy/bin/qemu-system-by-hard-link
	sleep 2.1 # cpugate remembers no digest of a file that has just changed, and a link changes it
	asks --emulator "$PWD/copy/bin/qemu-system-x86_64" --accel tcg expand Haswell
	jq .effective answer >effective
	for path in qemu-system-by-symlink copy/bin/qemu-system-by-hard-link \
		as-copy/bin/qemu-system-x86_64; do
		# Just made: one that it has never seen is started while it is hashed, once it is old.
		[[ $path != as-copy/* ]] || cp -r copy/. as-copy
		counts --emulator "$PWD/$path" --accel tcg expand Haswell
		started_is 0
		from_is cache
		jq .effective answer | diff effective -
	done
}

# write_wrapper BINARY
write_wrapper()
{
	printf '#!/bin/sh\nexec %s "$@"\n' "$1" >wrapper
	chmod +x wrapper
}

# answers_for BINARY: the answer is about this very binary.
answers_for()
{
	[[ $(jq -r .emulator.sha256 answer) == $(sha256sum "$1" | cut -d' ' -f1) ]] ||
		refute_run "expected an answer about $1" || return
}

@test "a script is answered for the emulator that it starts now" {
	local question=(--emulator ./wrapper --accel tcg expand Haswell)
	local why_about=(--emulator ./wrapper)

	copy_emulator old
	copy_emulator new
	append_byte new/bin/qemu-system-x86_64
	write_wrapper "$PWD/old/bin/qemu-system-x86_64"
	asks "${question[@]}"
	answers_for old/bin/qemu-system-x86_64
	from_is measurement
	counts "${question[@]}"
	answers_for old/bin/qemu-system-x86_64
	from_is cache
	started_is 1 # to see what the script starts

	write_wrapper "$PWD/new/bin/qemu-system-x86_64"
	changed_is binary wrapper.script
	asks "${question[@]}"
	answers_for new/bin/qemu-system-x86_64
	from_is measurement
	nothing_changed

	write_wrapper "$PWD/old/bin/qemu-system-x86_64"
	asks "${question[@]}"
	answers_for old/bin/qemu-system-x86_64
	from_is cache
}

@test "a script that stays the same and starts another emulator isn't believed" {
	local question=(--emulator ./wrapper --accel tcg expand Haswell)

	copy_emulator old
	copy_emulator new
	append_byte new/bin/qemu-system-x86_64
	ln -s old current
	write_wrapper "$PWD/current/bin/qemu-system-x86_64"
	asks "${question[@]}"
	answers_for old/bin/qemu-system-x86_64
	ln -sfn new current
	asks "${question[@]}"
	answers_for new/bin/qemu-system-x86_64
	from_is measurement
}

@test "a script that stays the same and gives other options isn't believed" {
	local question=(--emulator ./wrapper --accel tcg expand Haswell)
	local why_about=(--emulator ./wrapper)

	write_wrapper "$(command -v qemu-system-x86_64) \$(cat options)"
	: >options
	asks "${question[@]}"
	jq -e '.effective | index("aes")' answer
	echo -global Haswell-x86_64-cpu.aes=off >options
	changed_is wrapper.arguments
	asks "${question[@]}"
	from_is measurement
	nothing_changed
	jq -e '.effective | index("aes") | not' answer
}

@test "several at once start what one alone does" {
	local alone several

	cat >several <<-'EOF'
		for i in 1 2 3 4 5 6; do
			cpugate --json --accel tcg expand Haswell >answer.$i &
			pids="$pids $!"
		done
		for pid in $pids; do
			wait "$pid" || exit
		done
	EOF
	XDG_CACHE_HOME=$PWD/other counts --accel tcg expand Haswell
	alone=$started
	started_is some
	answer_itself >first

	traced bash several
	status_is 0
	started_is "$alone"
	for several in answer.?; do
		cp "$several" answer
		answer_itself | diff first -
	done
}

# ends_well ARG...: after what happened to $probing, nothing is left and nothing is spoilt.
ends_well()
{
	no_emulator_is_left
	asks --accel tcg expand Haswell
	answer_itself | diff expected -
}

@test "SIGKILL in mid-probe leaves no emulator and a good cache" {
	local delay

	asks --accel tcg expand Haswell
	answer_itself >expected
	for delay in 0 0.02 0.05 0.2 0.5; do
		rm -rf "$XDG_CACHE_HOME"
		start_probing
		sleep "$delay"
		kill -KILL "$probing"
		end_of_probing
		status_is 137
		ends_well
	done
}

# ends_by SIGNAL STATUS
ends_by()
{
	asks --accel tcg expand Haswell
	answer_itself >expected
	rm -rf "$XDG_CACHE_HOME"
	start_probing
	sleep 0.3
	kill -"$1" "$probing"
	end_of_probing
	status_is "$2"
	ends_well
}

@test "SIGINT in mid-probe: ended by it, no emulator left, a good cache" {
	ends_by INT 130
}

@test "SIGTERM in mid-probe: ended by it, no emulator left, a good cache" {
	ends_by TERM 143
}
