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
	mark=mark-$BATS_TEST_NUMBER-$$
}

teardown()
{
	local pid name

	for pid in "${started[@]}" $(pgrep -f "string=$mark-"); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	for name in a b; do
		ip netns del "$mark-$name" 2>/dev/null || true
	done
}

# until_true COMMAND...: within a minute.
until_true()
{
	for _ in {1..1200}; do
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
		-debugcon "file:$1-console" -fw_cfg "name=opt/mark,string=$mark-$1")
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
	if runs "$other"; then
		echo "it runs on $other, too"
		return 1
	fi
	# Not a word of another CPU, nor of an instruction that isn't there.
	if grep '[!#]' "$from-console" "$to-console" 2>/dev/null; then
		return 1
	fi
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
	move --json --name vm7 -- -M q35 -cpu max
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
	jq -e '.moved and .source == "ended" and (has("failure") | not)' out
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

@test "a guest goes over under this host's KVM, whatever that is" {
	requires /dev/kvm
	firmware=$top_builddir/tests/guest/plain.bin
	requires_guest
	bare=(-nodefaults -display none -m 16 -accel kvm -bios "$firmware")
	guest -M pc -cpu qemu64 -smp 2
	move -- -smp 2
	until_true source_ended
	on_one_side new
	# Back, as the destination is killed on the way: it runs on.
	source=$mover
	from=new
	to=back
	ask new-look '{"execute": "migrate-set-parameters",
		"arguments": {"max-bandwidth": 1000}}' >/dev/null
	move -- -smp 2
	until_true destination
	until_true eval 'ask new-look "{\"execute\": \"query-migrate\"}" | grep -q active'
	kill -KILL "$(destination)"
	ends 1
	on_one_side new
	mover=$source
	# TCG isn't the same CPU.
	bare=(-nodefaults -display none -m 16 -accel tcg -bios "$firmware")
	move -- -smp 2
	ends 1
	says accel.differs
	mover=$source
	quit new
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

# on_way_guest: 15 MiB that can't be compressed, and the way is slow.
on_way_guest()
{
	[[ -e noise ]] || head -c 15M /dev/urandom >noise
	guest -M pc -cpu qemu64,+popcnt -device loader,file=noise,addr=0x100000,force-raw=on
	slow "${1-4000000}"
}

# gone PERCENT: so much of it is over there.
gone()
{
	ask old-look '{"execute": "query-migrate"}' |
		jq -e --argjson percent "$1" '.status == "active" and .ram.total > 0 and
			(.ram.total - .ram.remaining) * 100 >= .ram.total * $percent' >/dev/null
}

# until_gone PERCENT: slowly at last, so that it isn't all over there before we see it.
until_gone()
{
	local first=$(($1 > 10 ? $1 - 10 : 1))

	until_true gone "$((first < 60 ? first : 60))"
	slow 400000
	until_true gone "$1"
}

# destination: its process.
destination()
{
	pgrep -P "$mover" -f 'incoming defer'
}

no_destination()
{
	! pgrep -f "string=$mark-$to" >/dev/null
}

@test "the destination is killed on the way, early, in the middle and late" {
	local percent

	for percent in 1 10 50 95; do
		on_way_guest
		move --
		until_gone "$percent"
		kill -KILL "$(destination)"
		ends 1
		says 'is where it was'
		on_one_side old
		quit old
		until_true source_ended
	done
}

@test "cpugate is killed on the way" {
	local percent

	for percent in 1 10 50 95; do
		on_way_guest
		move -- -daemonize
		until_gone "$percent"
		kill -KILL "$mover"
		until_true no_destination
		on_one_side old
		quit old
		until_true source_ended
	done
}

# Whenever it happens: in the end there is one guest that runs.
@test "cpugate is killed at any moment" {
	local ms running counted=0 stayed=0

	for ms in 20 100 200 300 400 500 600 700 800 900 1000 1200; do
		guest -M pc -cpu qemu64,+popcnt
		move -- -daemonize
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		kill -KILL "$mover" 2>/dev/null || true
		sleep 1
		running=0
		if [[ -S old-look ]] && runs old; then
			running=$((running + 1))
			stayed=$((stayed + 1))
			beats old
		fi
		if [[ -S new-look ]] && runs new; then
			running=$((running + 1))
			beats new
		fi
		[[ $running -eq 1 ]] || { echo "after $ms ms it runs on $running sides"; return 1; }
		counted=$((counted + 1))
		quit old
		quit new
		until_true source_ended
		until_true no_destination
	done
	echo "# killed at $counted moments, $stayed guests stayed: one side each time" >&3
}

# guardian: the process that would bring the guest back.
guardian()
{
	pgrep -P "$mover" -x cpugate
}

state()
{
	ask "$1-look" '{"execute": "query-status"}' | jq -r .status
}

has_state()
{
	[[ $(state "$1") == "$2" ]]
}

# Nobody is there to see it: it leaves, and then both are killed.
left_standing()
{
	on_way_guest
	"$@"
	until_gone 20
	kill -STOP "$mover"
	slow 100000000
	until_true has_state old postmigrate
	kill -KILL "$(guardian)"
	kill -KILL "$mover"
}

@test "cpugate and its guardian are killed during the switch: the guest is brought back" {
	left_standing move --
	until_true no_destination
	has_state old postmigrate
	move --
	ends 1
	says --resume
	has_state old postmigrate
	run cpugate --json migrate --from qmp:old --resume
	status_is 0
	json_has '.resumed and .source == "running" and .moved == false'
	on_one_side old
	# Again, which changes nothing.
	run cpugate migrate --from qmp:old --resume
	status_is 0
	output_has running
	on_one_side old
	# And it can go.
	move --
	until_true source_ended
	on_one_side new
	quit new
	ends 0
}

@test "both are killed during the switch to another host" {
	named_guest qemu64,+popcnt
	slow 4000000
	receiver unix:way --
	away
	until_gone 20
	kill -STOP "$mover"
	slow 100000000
	until_true has_state old postmigrate
	kill -KILL "$(guardian)"
	kill -KILL "$mover"
	receiver_ends 1
	until_true no_destination
	cpugate migrate --from qmp:old --resume
	on_one_side old
}

@test "a guest that was given away isn't brought back" {
	guest -M pc -cpu qemu64
	move --keep-source -- -daemonize
	ends 0
	on_one_side new
	run cpugate migrate --from qmp:old --resume
	status_is 3
	output_has 'may run somewhere else'
	has_state old postmigrate
	on_one_side new
	quit new
	run cpugate migrate --from qmp:old --resume -- "$new"
	status_is 2
	run cpugate migrate --resume --from qmp:nowhere
	status_is 2
}

# Whenever it happens: it runs on one side, or stands still and can be brought back.
@test "both are killed at any moment" {
	local ms counted=0 resumed=0

	for ms in 50 300 500 600 700 800 900 1000; do
		guest -M pc -cpu qemu64,+popcnt
		move --
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		# shellcheck disable=SC2046 # several words
		kill -KILL $(pgrep -P "$mover") "$mover" 2>/dev/null || true
		if kill -0 "$source" 2>/dev/null; then
			until_true no_destination
			if [[ -s new-console ]]; then
				# It had arrived and run there, and ended with its cpugate.
				run cpugate migrate --from qmp:old --resume
				status_is 3
				has_state old postmigrate
			else
				has_state old running || resumed=$((resumed + 1))
				cpugate migrate --from qmp:old --resume
				on_one_side old
			fi
			quit old
			until_true source_ended
		fi
		counted=$((counted + 1))
	done
	echo "# killed at $counted moments, $resumed guests stood still and were brought back" >&3
}

@test "interrupted, and out of time" {
	on_way_guest
	move --
	until_true gone 10
	kill -TERM "$mover"
	ends 143
	on_one_side old
	move --deadline 1 --
	ends 1
	says 'longer than allowed'
	on_one_side old
}

@test "the link is cut at 10, 50 and 95 percent" {
	local percent link

	for percent in 10 50 95; do
		on_way_guest 1000000
		rm -f there way
		socat UNIX-LISTEN:way UNIX-CONNECT:there 3>&- &
		link=$!
		started+=("$link")
		move --uri unix:way -- -incoming unix:there
		until_gone "$percent"
		kill -KILL "$link"
		ends 1
		on_one_side old
		quit old
		until_true source_ended
	done
}

@test "the way is a command" {
	local last='socat - UNIX-CONNECT:there,retry=100,interval=0.1' pid

	guest -M pc -cpu qemu64
	move --uri "exec:$last" --
	ends 2
	says -incoming
	nothing_started
	on_one_side old
	move --uri "exec:$last" -- -incoming unix:there
	until_true source_ended
	on_one_side new
	quit new
	ends 0
	on_way_guest 1000000
	rm -f there
	move --uri "exec:$last" -- -incoming 'exec:socat - UNIX-LISTEN:there'
	until_gone 20
	pid=$(pgrep -P "$source")
	pkill -KILL -P "$pid" || true # a shell's
	kill -KILL "$pid" || true
	ends 1
	says 'is where it was'
	on_one_side old
	rm -f there
	slow 100000000
	move --uri "exec:$last" -- -incoming 'exec:socat - UNIX-LISTEN:there'
	until_true source_ended
	on_one_side new
	quit new
	ends 0
}

@test "the guest's monitor is lost on the way" {
	on_way_guest
	move --
	until_true gone 10
	kill -KILL "$source"
	ends 4
	until_true no_destination
}

@test "a full disk: no contract, and the guest stays" {
	guest -M pc -cpu qemu64
	cpugate --emulator "$new" --accel tcg expand qemu64 >/dev/null
	mkdir disk
	unshare -m mount -t tmpfs none disk 2>/dev/null || skip "file systems can't be mounted"
	monitors new
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m bash -c '
		mount -t tmpfs -o size=64k none disk || exit 99
		head -c 60k /dev/zero >disk/filler
		XDG_STATE_HOME=$PWD/disk timeout 60 cpugate migrate --name vm7 --from qmp:old -- "$@"' \
		bash "$new" "${bare[@]}" "${words[@]}"
	status_is 2
	output_has state.db
	on_one_side old
}

@test "a guest that was stopped is stopped there, and the old QEMU stays if it is told to" {
	guest -M pc -cpu qemu64
	ask old-look '{"execute": "stop"}'
	move --keep-source -- -daemonize
	ends 0
	[[ $(ask new-look '{"execute": "query-status"}' | jq -r .status) == paused ]]
	[[ $(ask old-look '{"execute": "query-status"}' | jq -r .status) == postmigrate ]]
	ask new-look '{"execute": "cont"}'
	on_one_side new
	quit new
}

# receiver URI [OPTION...] -- WORD...: cpugate receive as $receiver, ready at $address.
receiver()
{
	local uri=$1 options=()
	shift

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	monitors "$to"
	rm -f there-err
	XDG_STATE_HOME=$PWD/there "$top_builddir/cpugate" receive --uri "$uri" \
		--contract vm7.json "${options[@]}" -- "$new" "${bare[@]}" "${words[@]}" "$@" \
		>there-out 2>there-err 3>&- </dev/null &
	receiver=$!
	started+=("$receiver")
	until_true grep -q 'cpugate: ready: ' there-err || { cat there-err; return 1; }
	address=$(sed -n 's/cpugate: ready: //p' there-err)
}

# away [OPTION...]: the guest goes there, as $mover.
away()
{
	"$top_builddir/cpugate" migrate --from "qmp:$from" --to "$address" "$@" \
		>out 2>err 3>&- </dev/null &
	mover=$!
	started+=("$mover")
}

# named_guest CPU: it runs as vm7, by cpugate run, and its contract is in vm7.json.
named_guest()
{
	[[ -e noise ]] || head -c 15M /dev/urandom >noise
	monitors old
	"$top_builddir/cpugate" run --name vm7 -- "$old" "${bare[@]}" "${words[@]}" -M pc \
		-cpu "$1" -device loader,file=noise,addr=0x100000,force-raw=on \
		3>&- >old-said 2>&1 </dev/null &
	source=$!
	started+=("$source")
	until_true grep -q '[.]' old-console
	cpugate contract export vm7 --output vm7.json
}

receiver_ends()
{
	local end=0

	wait "$receiver" || end=$?
	[[ $end -eq $1 ]] || {
		echo "the receiver ended with $end, not $1"
		cat there-err
		return 1
	}
}

@test "to another cpugate, over TCP and a Unix socket" {
	local uri

	for uri in tcp:127.0.0.1:0 unix:way; do
		named_guest qemu64,+popcnt
		receiver "$uri" -- -M q35
		away --contract vm7.json
		ends 0
		until_true source_ended
		on_one_side new
		quit new
		receiver_ends 0
		until_true no_destination
	done
	[[ ! -e way ]]
}

@test "a guest that isn't like the contract isn't taken, and the right one may come then" {
	named_guest qemu64,+popcnt
	quit old
	until_true source_ended
	guest -M pc -cpu qemu64
	receiver unix:way --
	away
	ends 1
	says popcnt
	on_one_side old
	away --contract vm7.json
	ends 3
	says popcnt
	# Neither are strangers.
	echo 'GET / HTTP/1.0' | timeout 5 socat - UNIX-CONNECT:way || true
	quit old
	until_true source_ended
	named_guest qemu64,+popcnt
	away
	ends 0
	on_one_side new
	quit new
	receiver_ends 0
}

@test "receive: what can't have its CPU starts nothing" {
	named_guest qemu64,+popcnt
	export XDG_STATE_HOME=$PWD/there
	run cpugate receive --uri unix:way --contract vm7.json -- "$new" "${bare[@]}" -smp 2
	status_is 2
	output_has 'the contract is for vCPUs'
	run cpugate receive --uri http://x --contract vm7.json -- "$new" "${bare[@]}"
	status_is 2
	output_has tcp:HOST:PORT
	run cpugate receive --uri unix:way -- "$new" "${bare[@]}"
	status_is 2
	run cpugate receive --deadline 1 --uri unix:way \
		--contract vm7.json -- "$new" "${bare[@]}"
	status_is 1
	on_one_side old
}

@test "two hosts: either cpugate or the destination is killed on the way, or the link is cut" {
	local who percent

	for who in mover receiver destination link; do
		for percent in 10 50 95; do
			named_guest qemu64,+popcnt
			slow 4000000
			receiver unix:way --
			[[ $who != link ]] || {
				rm -f bridge
				socat UNIX-LISTEN:bridge,fork UNIX-CONNECT:way 3>&- &
				link=$!
				started+=("$link")
				sleep 0.2
				address=unix:bridge
			}
			away
			until_gone "$percent"
			case $who in
			mover) kill -KILL "$mover" ;;
			receiver) kill -KILL "$receiver" ;;
			destination) kill -KILL "$(pgrep -P "$receiver" -f 'incoming defer')" ;;
			link)
				pkill -KILL -P "$link"
				kill -KILL "$link"
				;;
			esac
			[[ $who == mover ]] || ends 1
			until_true no_destination
			on_one_side old
			quit old
			until_true source_ended
		done
	done
}

@test "between two network namespaces" {
	[[ $(id -u) -eq 0 ]] || skip 'namespaces need root'
	requires ip
	ip netns add "$mark-a" 2>/dev/null || skip 'no network namespaces here'
	ip netns add "$mark-b"
	ip link add "v$$-a" netns "$mark-a" type veth peer name "v$$-b" netns "$mark-b" ||
		skip 'no veth here'
	ip -n "$mark-a" address add 192.0.2.1/24 dev "v$$-a"
	ip -n "$mark-b" address add 192.0.2.2/24 dev "v$$-b"
	ip -n "$mark-a" link set "v$$-a" up
	ip -n "$mark-b" link set "v$$-b" up
	named_guest qemu64,+popcnt
	monitors new
	ip netns exec "$mark-b" env XDG_STATE_HOME="$PWD/there" "$top_builddir/cpugate" receive \
		--uri tcp:192.0.2.2:0 --contract vm7.json -- "$new" "${bare[@]}" "${words[@]}" \
		>there-out 2>there-err 3>&- </dev/null &
	receiver=$!
	started+=("$receiver")
	until_true grep -q 'cpugate: ready: ' there-err
	address=$(sed -n 's/cpugate: ready: //p' there-err)
	ip netns exec "$mark-a" "$top_builddir/cpugate" migrate --from qmp:old --to "$address" \
		>out 2>err 3>&- </dev/null && moved=0 || moved=$?
	[[ $moved -eq 0 ]] || cat err there-err
	[[ $moved -eq 0 ]]
	on_one_side new
	quit new
	receiver_ends 0
}
