#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# The proof under a KVM that masks CPUID, on another host that is booted for real, with
# two QEMUs: vCPUs are as predicted, and so is what their guests see. One boot for each
# QEMU, both at once, by setup_file; the tests look at what came out of them.

load helpers
load ../truth/truth
load ../truth/second-host

# The longest test of all: where the first try hangs, there isn't a second one.
patience=420
attempts=1
sample=36
seed=3

# A copy of a second QEMU: where it is unpacked to isn't there in the other host.
copy_qemu_10()
{
	local bin

	bin=$(unpack_qemu_10) || { echo "no second QEMU ($bin)"; return 1; }
	mkdir -p qemu-10/bin qemu-10/share/qemu
	cp "$bin/qemu-system-x86_64" qemu-10/bin/
	cp "$bin"/../share/qemu/*.{bin,rom} qemu-10/share/qemu/
}

# prove NAME EMULATOR
prove()
{
	boot second-host-verify.sh "$1" -- "$2" "$sample" "$seed" >"no-$1" || :
}

prepare()
{
	no_second_host && return
	[[ -s $top_builddir/tests/guest/cpuid.bin ]] ||
		{ echo 'no x86 compiler to build the guest with'; return; }
	cp "$top_builddir/cpugate" "$top_srcdir"/tests/truth/{second-host-verify.sh,truth.bash} \
		"$top_srcdir/tests/guest/guest.bash" .
	mkdir -p tests/guest
	cp "$top_builddir"/tests/guest/{run-guest,cpuid.bin} tests/guest/
	copy_qemu_10 >no-newer || rm -rf qemu-10
	prove installed qemu-system-x86_64 3>&- &
	[[ -s no-newer ]] || prove newer qemu-10/bin/qemu-system-x86_64
	wait
}

setup_file()
{
	unset QEMU_MODULE_DIR CPUGATE_HOST_ROOT CPUGATE_CACHE
	cd "$BATS_FILE_TMPDIR" || return
	prepare >no-host
}

setup()
{
	setup_test
	cd "$BATS_FILE_TMPDIR" || return
	[[ ! -s no-host ]] || skip "$(cat no-host)"
}

# has_done NAME WHAT: skip without that QEMU or its host, or if it didn't come so far: a
# guest in a guest makes an emulated CPU spin for good, now and then.
has_done()
{
	[[ ! -s no-$1 || -e $1-$2 ]] || skip "$(cat "no-$1")"
	output=$(jq -c .mismatches "$1-verify"; cat "$1-said" "$1-guests" "$1-several" 2>&1 || :)
	[[ $(jq -r '.parts."kvm-backend"' "$1-host") == kvm_amd ]] ||
		refute_run 'expected a KVM that masks CPUID'
}

check_vcpus()
{
	has_done "$1" status
	jq -r --argjson seed "$seed" '"# QEMU \(.emulator.version), kvm_amd: " +
		"\(.compared) vCPUs on \(.machines | length) machine types compared, " +
		"\(.mismatched) mismatched, \(."not-started") not to be started, " +
		"\(.skipped) skipped; seed \(.seed)"' "$1-verify" >&3
	[[ $(cat "$1-status") -eq 0 ]] || refute_run 'expected status 0'
	jq -e --argjson seed "$seed" '.compared >= 30 and .mismatched == 0 and
		.mismatches == [] and .seed == $seed' "$1-verify" >/dev/null ||
		refute_run 'not as predicted'
}

check_guests()
{
	has_done "$1" guests
	grep '^#' "$1-guests" >&3
	grep -qx 'compare_pairs: 0' "$1-guests" || refute_run 'a guest sees something else'
	[[ $(grep -oP '[0-9]+(?= guests)' "$1-guests") -ge 10 ]] || refute_run 'too few guests'
}

check_several()
{
	has_done "$1" several
	[[ $(grep -cE '^several .* [12]: 0$' "$1-several") -eq 8 ]] ||
		refute_run 'several vCPUs are otherwise'
}

@test "vCPUs there are what is predicted" {
	check_vcpus installed
}

@test "vCPUs of a second QEMU there are what is predicted" {
	check_vcpus newer
}

@test "a guest there sees what is predicted" {
	check_guests installed
}

@test "a guest of a second QEMU there sees what is predicted" {
	check_guests newer
}

@test "several vCPUs there show their APIC and threads" {
	check_several installed
}

@test "several vCPUs of a second QEMU there show their APIC and threads" {
	check_several newer
}
