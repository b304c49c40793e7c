#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # each test has a shell of its own; set by helpers and run
# The migration gate, with real QEMUs: a guest goes over with its CPU, or stays; and it runs on
# exactly one side afterwards, whatever happens on the way.
bats_require_minimum_version 1.5.0

load helpers
load ../truth/truth
load ../guest/guest

setup()
{
	setup_test
	requires qemu-system-x86_64 socat jq
	firmware=$top_builddir/tests/guest/loop.bin
	requires_guest
	old=$(command -v qemu-system-x86_64)
	new=$old
	bare=(-nodefaults -display none -m 16 -accel tcg -bios "$firmware")
	started=()
	from=old
	to=new
}

teardown()
{
	local pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# until_true COMMAND...: within twenty seconds.
until_true()
{
	for _ in {1..400}; do
		! "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	echo "never: $*"
	tail -n 5 out err
	return 1
}

# Each QEMU has a monitor for cpugate, and one ("-look") for us.
monitors()
{
	rm -f "$1" "$1-look" "$1-console"
	words=(-qmp "unix:$1,server=on,wait=off" -qmp "unix:$1-look,server=on,wait=off"
		-debugcon "file:$1-console")
}

# guest WORD...: one that runs, of the QEMU $old, as $source, with its monitor "old".
guest()
{
	monitors old
	"$old" "${bare[@]}" "${words[@]}" "$@" 3>&- >old-said 2>&1 </dev/null &
	source=$!
	started+=("$source")
	until_true grep -q '[.]' old-console
}

# move [OPTION...] -- WORD...: in the background, as $mover, from the QEMU with monitor $from to
# a QEMU $new with monitor $to.
move()
{
	local options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	monitors "$to"
	"$top_builddir/cpugate" migrate --from "qmp:$from" "${options[@]}" -- "$new" "${bare[@]}" \
		"${words[@]}" "$@" >out 2>err 3>&- </dev/null &
	mover=$!
	started+=("$mover")
}

# ask SOCKET JSON...: the replies.
ask()
{
	local socket=$1
	shift

	[[ -S $socket ]] || return
	{
		printf '%s\n' '{"execute": "qmp_capabilities"}' "$@"
		sleep 0.3
	} | timeout 5 socat -t 2 - "UNIX-CONNECT:$socket" 2>/dev/null |
		jq -c 'select(.return) | .return' | tail -n +2
}

runs()
{
	[[ $(ask "$1-look" '{"execute": "query-status"}' | jq -r .status) == running ]]
}

# slow BYTES: as many go over in a second.
slow()
{
	ask old-look "{\"execute\": \"migrate-set-parameters\",
		\"arguments\": {\"max-bandwidth\": $1}}" >/dev/null
}

# Another heartbeat than before.
beats()
{
	local before

	before=$(stat -c %s "$1-console")
	until_true eval "[[ \$(stat -c %s '$1-console') -gt $before ]]"
}

# on_one_side MONITOR: it runs there, does its work, and isn't on the other side.
on_one_side()
{
	local other=$to

	[[ $1 == "$from" ]] || other=$from
	until_true runs "$1"
	beats "$1"
	! runs "$other"
	# Not a word of another CPU, nor of an instruction that isn't there.
	! grep -q '[!#]' "$from-console" "$to-console" 2>/dev/null
}

# ends STATUS: how $mover ended.
ends()
{
	local end=0

	wait "$mover" || end=$?
	[[ $end -eq $1 ]] || {
		echo "ended with $end, not $1"
		cat out err
		return 1
	}
}

says()
{
	grep -qF -- "$1" err || {
		echo "expected on standard error: $1"
		cat err
		return 1
	}
}

quit()
{
	ask "$1-look" '{"execute": "quit"}' >/dev/null || true
}

source_ended()
{
	! kill -0 "$source"
}

nothing_started()
{
	[[ ! -e new ]] && [[ ! -e new-console ]]
}

@test "a guest goes over with its CPU, and its old QEMU ends" {
	guest -M pc -cpu qemu64,+popcnt,+movbe
	move --name vm7 -- -M q35 -cpu max
	until_true source_ended
	on_one_side new
	ask new-look '{"execute": "query-name"}' >/dev/null
	cpugate contract export vm7 | jq -e '.machine | startswith("pc-i440fx")'
	# It is a guest of that name now.
	run cpugate run --name vm7 -- "$new" "${bare[@]}"
	status_is 2
	output_has 'vm7 runs already'
	quit new
	ends 0
}

@test "to another version of QEMU, and back" {
	use_qemu_10
	new=$emulator
	guest -M pc-q35-7.2 -cpu Nehalem -smp 2
	move -- -smp 2
	until_true source_ended
	on_one_side new
	source=$mover
	from=new
	to=back
	new=$old
	move -- -smp 2
	until_true source_ended
	on_one_side back
	quit back
	ends 0
}

@test "refused: nothing was started, and the guest hasn't noticed" {
	guest -M pc -cpu qemu64 -smp 2,sockets=1
	move -- -smp 1
	ends 1
	says topology.cpus
	nothing_started
	on_one_side old
	move -- -smp 2,sockets=2
	ends 1
	says topology.cpus
	move --deadline 0 -- -smp 2,sockets=1
	ends 2
	says deadline
	move -- -smp 2,sockets=1 -preconfig
	ends 2
	says preconfig
	nothing_started
	on_one_side old
	run cpugate migrate --from old -- "$new"
	status_is 2
	run cpugate migrate --from qmp:nowhere -- "$new"
	status_is 2
}

@test "a monitor that somebody else is using" {
	guest -M pc -cpu qemu64
	sleep 60 3>&- | socat - UNIX-CONNECT:old >/dev/null 3>&- &
	started+=("$!")
	sleep 0.5
	CPUGATE_REPLY_TIMEOUT=1000 move -- -M pc
	ends 2
	says 'is another one connected'
	nothing_started
	on_one_side old
}

@test "the destination ends by itself" {
	guest -M pc -cpu qemu64
	move -- -drive file=nosuch
	ends 1
	says nosuch
	on_one_side old
	quit old
	until_true source_ended
	# It doesn't know a device that comes.
	guest -M pc -cpu qemu64 -device e1000
	move --
	ends 1
	says 'is where it was'
	on_one_side old
}
