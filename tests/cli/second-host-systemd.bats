#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# The units under a real systemd, on another host that is booted for real: started by the
# first client, as its own user, in its sandbox, watched, and stopped. One boot, by
# setup_file; the tests look at what came out of it.

load helpers
load ../truth/second-host

# shellcheck disable=SC2034 # boot reads it
patience=500

prepare()
{
	no_second_host && return
	[[ -x /lib/systemd/systemd && -x $(command -v systemd-sysusers) ]] ||
		{ echo "systemd isn't installed"; return; }
	cp "$top_builddir"/{cpugate,cpugated,systemd/cpugated.service} \
		"$top_srcdir"/systemd/cpugated.socket \
		"$top_srcdir"/tests/truth/second-host-{systemd,unit}.sh .
	cp "$top_srcdir/systemd/sysusers.d/cpugate.conf" sysusers.conf
	cp "$top_srcdir/systemd/tmpfiles.d/cpugate.conf" tmpfiles.conf
	boot second-host-systemd.sh systemd
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
	output=$(cat -- *-said)
}

# holds FILE TEXT: that and nothing else.
holds()
{
	[[ $(cat "$1") == "$2" ]] || refute_run "expected $2 in $1: $(cat "$1")"
}

@test "the first client starts it, and QEMU runs in its sandbox" {
	holds state-before inactive
	holds answer-status 0
	holds state-after active
	cpugate --json models --accel tcg >embedded
	cmp <(jq -S 'del(.host?, .kernel?)' answer) <(jq -S 'del(.host?, .kernel?)' embedded)
}

@test "it is nobody else's, and may do little" {
	holds cache 'cpugate 600'
	grep -q '^CapEff:[[:space:]]*0*$' process
	grep -q '^NoNewPrivs:[[:space:]]*1$' process
	grep -q '^Seccomp:[[:space:]]*2$' process
}

@test "KVM is open to it" {
	jq -e '.parts["kvm-backend"] == "kvm_amd" and .parts["kvm-msrs"] != null' parts >/dev/null ||
		refute_run "$(cat parts)"
}

@test "others may ask, and no more" {
	grep -q '^usable *yes' nobody || refute_run "$(cat nobody)"
	grep -q 'probe is for root' nobody || refute_run "$(cat nobody)"
	[[ $(grep -c '^status 0$' nobody) -eq 1 && $(grep -c '^status 2$' nobody) -eq 1 ]]
}

@test "one that hangs is replaced, and the next one knows what it knew" {
	holds restarts 1
	holds revived same
}

@test "it ends in peace, and its lines have priorities" {
	holds result success
	jq -r '.PRIORITY + " " + .MESSAGE' journal >lines
	grep -qx '6 ends: Terminated' lines || refute_run "$(cat lines)"
}
