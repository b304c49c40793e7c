#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# shellcheck disable=SC2016 # what is in single quotes is for jq
# A guest moves under KVM from one host to another one with a lesser CPU, both of which are
# booted for real and see each other over a network: cpugate receive there, cpugate migrate --to
# here. One that fits both goes; one that has what only the first host has is refused. One boot of
# each, both at once, by setup_file; the tests look at what came out of them.

load helpers
load ../truth/second-host

# A minute or two, where nobody else is busy. Both end by themselves before.
# shellcheck disable=SC2034 # boot reads them
patience=540 attempts=1

# move_between NAME OTHER CPU: what the host does, on a network of the two. One that didn't come
# up, as happens on a busy machine, is tried again; once it has begun, the other one has, too.
move_between()
{
	local ends="local.type=unix,local.path=net-$1,remote.type=unix,remote.path=net-$2" _

	for _ in 1 2 3 4; do
		! boot second-host-move.sh "$1" -c "$3" -n "dgram,id=n,$ends" >"no-$1" ||
			return 0
		[[ ! -e $1-begun ]] || return 0
	done
}

prepare()
{
	no_second_host && return
	[[ -s $top_builddir/tests/guest/loop.bin ]] ||
		{ echo 'no x86 compiler to build the guest with'; return; }
	command -v socat ip >/dev/null || { echo 'something is missing'; return; }
	cp "$top_builddir"/{cpugate,tests/guest/loop.bin} \
		"$top_srcdir/tests/truth/second-host-move.sh" .
	move_both
	# An emulated CPU resets its own KVM guest now and then, as it stops for good at times.
	[[ ! -e fits-console-to ]] || ! grep -q = fits-console-to || move_again
}

move_both()
{
	move_between from to EPYC-Milan 3>&- &
	move_between to from EPYC
	wait
}

# What came of the first time is in a folder, for the test to tell.
move_again()
{
	local file

	mkdir before
	for file in *; do
		case $file in
		before | cpugate | loop.bin | no-host | second-host-move.sh) ;;
		*) mv "$file" before/ ;;
		esac
	done
	move_both
}

setup_file()
{
	unset QEMU_MODULE_DIR CPUGATE_HOST_ROOT CPUGATE_CACHE
	cd "$BATS_FILE_TMPDIR" || return
	prepare >no-host
}

# An emulated CPU that has KVM in use stops for good now and then.
setup()
{
	local host

	setup_test
	cd "$BATS_FILE_TMPDIR" || return
	[[ ! -s no-host ]] || skip "$(cat no-host)"
	for host in from to; do
		[[ ! -s no-$host ]] || skip "$(cat "no-$host")"
	done
	output=$(tail -n 20 -- *-said *-complaint *-receiver 2>/dev/null || :)
}

holds()
{
	jq -e "$2" "$1" >/dev/null || refute_run "expected of $1: $2"
}

# is_well CONSOLE: it goes round, and no word of another CPUID or an instruction that isn't there.
is_well()
{
	grep -q '[.]' "$1" || refute_run "$1: it doesn't run" || return
	[[ $(grep -c '[!#]' "$1") -eq 0 ]] || refute_run "$1: $(cat "$1")" || return
}

@test "what is said before: one guest may go, the other one has more than there is" {
	holds fits-verdict '.verdict == "yes" and .accel == "kvm"'
	holds stays-verdict '.verdict == "no" and
		(.reasons | map(select(.code | startswith("missing."))) | length > 0)'
	jq -r '[.reasons[] | select(.code | startswith("missing.")) | .feature] |
		"# missing there: " + join(" ")' stays-verdict >&3
}

@test "the one that has more isn't sent, and there nothing is started for it" {
	[[ $(cat stays-status) -eq 1 ]] || refute_run 'expected migrate to end with 1'
	holds stays-moved '.verdict == "no" and .moved == false and .source == "running"'
	# Not a byte: its emulator knows of no migration.
	holds stays-migration 'has("status") | not'
	holds stays-state '.status == "running"'
	is_well stays-console
	[[ $(cat stays-received) -eq 1 ]] || refute_run 'expected receive to end with 1'
}

@test "the one that fits goes, runs on, and finds the CPU that it had" {
	[[ $(cat fits-status) -eq 0 ]] || refute_run 'expected migrate to end with 0'
	holds fits-moved '.moved and .source == "ended" and (has("failure") | not)'
	holds fits-state '.status == "running"'
	[[ ! -d before ]] || echo '# it was reset there, the first time' >&3
	jq -r '"# stood still for \(.transfer."downtime-ms") ms by its own count"' fits-moved >&3
	# What it found first here, it found ever after: "!" would tell of another CPUID.
	[[ $(grep -c '^= ' fits-console-from) -eq 5 ]] ||
		refute_run "$(head -c 1000 fits-console-from)"
	is_well fits-console-from
	is_well fits-console-to
	[[ $(grep -c = fits-console-to) -eq 0 ]] ||
		refute_run "it began anew: $(head -c 1000 fits-console-to)"
}
