#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # each test has a shell of its own; set by helpers and run
# The launch gate, with a real QEMU: its guest gets its CPU or never runs, and whoever starts
# it can't tell the difference otherwise.
bats_require_minimum_version 1.5.0

load helpers
load contracts
load ../truth/truth
load ../guest/guest

bare=(-nodefaults -display none -m 16 -accel tcg)

setup()
{
	setup_test
	requires qemu-system-x86_64 socat jq
	emulator=$(command -v qemu-system-x86_64)
	accel=tcg
	started=()
}

teardown()
{
	local pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# gate ARG...: run in the background, as $gate, with a monitor of the user's own.
gate()
{
	rm -f monitor
	"$top_builddir/cpugate" run "$@" -qmp unix:monitor,server=on,wait=off \
		>out 2>err 3>&- </dev/null &
	gate=$!
	started+=("$gate")
}

# until_true COMMAND...: within ten seconds.
until_true()
{
	for _ in {1..200}; do
		! "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	echo "never: $*"
	cat out err
	return 1
}

# monitor COMMAND...: its replies, one a line.
monitor()
{
	{
		printf '{"execute": "%s"}\n' qmp_capabilities "$@"
		sleep 0.3
	} | socat -t 2 - UNIX-CONNECT:monitor | jq -c 'select(.return) | .return' | tail -n +2
}

is_status()
{
	[[ $(monitor query-status | jq -r .status) == "$1" ]]
}

# ends STATUS: how $gate ended.
ends()
{
	local end=0

	wait "$gate" || end=$?
	[[ $end -eq $1 ]] || {
		echo "ended with $end, not $1"
		cat out err
		return 1
	}
}

no_emulator()
{
	! pgrep -f "mark=$BATS_TEST_NUMBER-$$" >/dev/null
}

@test "a guest that can have its CPU runs, and the private monitor is gone" {
	gate -- "$emulator" "${bare[@]}" -M q35 -cpu qemu64
	until_true is_status running
	monitor query-chardev | jq -e 'map(select(.filename | startswith("unix"))) | length == 1'
	monitor query-chardev | jq -e 'any(.label == "cpugate-gate" and
		(.filename | startswith("disconnected")))'
	monitor quit
	ends 0
	[[ ! -s out ]] && [[ ! -s err ]]
}

@test "one that can't have it starts nothing, and reasons are told where complaints go" {
	gate -- "$emulator" "${bare[@]}" -M q35 -cpu Haswell
	ends 1
	[[ ! -s out ]] && [[ ! -e monitor ]]
	says 'no: nothing was started'
	says missing.vmm
	gate --allow-missing hle,rtm --allow-missing pcid,invpcid,tsc_deadline,x2apic -- \
		"$emulator" "${bare[@]}" -M q35 -cpu Haswell
	until_true is_status running
	monitor quit
	ends 0
}

@test "-S, -incoming and the default monitor are the user's own" {
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 -S
	until_true is_status prelaunch
	monitor cont
	is_status running
	monitor quit
	ends 0
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 -incoming defer
	until_true is_status inmigrate
	monitor quit
	ends 0
	run timeout 20 cpugate run -- "$emulator" -display none -m 16 -accel tcg -monitor stdio \
		-S <<<quit
	status_is 0
	output_has 'QEMU 7' 'monitor - type' 'quit'
	# Without a word on monitors there is the one that QEMU makes by itself.
	run timeout 20 cpugate run -- "$emulator" -nographic -m 16 -accel tcg -S \
		<<<$'\001cinfo chardev\nquit\n'
	status_is 0
	output_has serial0-base
}

# What a guest can't find is the user's all the same, and so is a number that is 0.
@test "features and numbers that are out of the ordinary are kept" {
	local cpu

	for cpu in qemu64,level=7 qemu64,level=0 qemu64,xlevel=0 qemu64,level=1,+avx2 \
		qemu64,phys-bits=0 max,family=0; do
		gate -- "$emulator" "${bare[@]}" -M q35 -cpu "$cpu" -smp 2,dies=2
		until_true is_status running
		monitor quit
		ends 0
	done
	for cpu in max base,+sse2,+cx16; do
		gate -- "$emulator" "${bare[@]}" -M pc-i440fx-2.4 -cpu "$cpu"
		until_true is_status running
		monitor quit
		ends 0
	done
}

@test "what QEMU prints, and how it ends, is QEMU's own" {
	run --separate-stderr cpugate run -- "$emulator" "${bare[@]}" -drive file=nosuch
	status_is 1
	# shellcheck disable=SC2154 # set by run
	[[ $output == '' && $stderr == *"Could not open 'nosuch'"* && $stderr != *cpugate:* ]]
	gate -- "$emulator" "${bare[@]}" -cpu qemu64
	until_true is_status running
	kill -TERM "$gate"
	ends 0
	says 'terminating on signal 15'
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 -name mark
	until_true is_status running
	pkill -KILL -P "$gate"
	ends 137
}

@test "no guest outlives its cpugate" {
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 \
		-fw_cfg "name=opt/x,string=mark=$BATS_TEST_NUMBER-$$"
	until_true is_status running
	kill -KILL "$gate"
	until_true no_emulator
}

# The kernel no longer ends such a one with its parent.
@test "nor does one that runs as another user" {
	local as=(-runas nobody)

	[[ $EUID -eq 0 ]] || skip 'only root can choose the user'
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 "${as[@]}" \
		-fw_cfg "name=opt/x,string=mark=$BATS_TEST_NUMBER-$$"
	until_true is_status running
	kill -KILL "$gate"
	until_true no_emulator
	gate -- "$emulator" "${bare[@]}" -cpu qemu64 "${as[@]}" \
		-fw_cfg "name=opt/x,string=mark=$BATS_TEST_NUMBER-$$"
	until_true is_status running
	monitor quit
	ends 0
	until_true no_emulator
}

@test "what a tap of this kernel can do is in the contract of who has one" {
	[[ -w /dev/net/tun ]] || skip 'no taps here'
	gate --name vm7 -- "$emulator" "${bare[@]}" -cpu qemu64 -device virtio-net-pci,netdev=n \
		-netdev tap,id=n,script=no,downscript=no
	until_true is_status running || skip "a tap can't be made"
	monitor quit
	ends 0
	cpugate --json contract show vm7 | jq -e '.platform |
		map(select(.device == "virtio-net" and ."depends-on" == "tap")) |
		map(.name) == ["mq", "ufo", "uso", "vnet_hdr"] and all(has("found"))'
}

# The firmware speaks as soon as it runs.
@test "no instruction runs before the gate is open, and what runs sees what was promised" {
	requires_guest
	cat >other-cpu <<-EOF
		#!/bin/sh
		case "\$*" in
		*-readconfig*) exec $emulator "\$@" -cpu qemu64,sse3=off,enforce=on ;;
		esac
		exec $emulator "\$@"
	EOF
	chmod +x other-cpu
	gate -- ./other-cpu "${bare[@]}" -M pc -cpu qemu64 -bios "$firmware" -debugcon file:console
	ends 1
	says 'no: it was ended at the gate'
	says launch.differs
	says pni
	[[ ! -s console ]]

	gate --name tiny -- "$emulator" "${bare[@]}" -M pc -cpu qemu64 -bios "$firmware" \
		-debugcon file:console
	until_true grep -q end console
	monitor quit
	ends 0
	agrees pc "$(jq -r '.definition' <(cpugate --json check launch -- "$emulator" \
		"${bare[@]}" -M pc -cpu qemu64))"
}

@test "a contract is written before the guest runs, and holds afterwards" {
	gate --name vm7 -- "$emulator" "${bare[@]}" -M q35 -cpu qemu64,-sse3 -smp 2 -S
	until_true is_status prelaunch
	cpugate contract export vm7 >contract.json
	jq -e '.name == "vm7" and .accel == "tcg" and .topology.cpus == 2 and
		(.features | index("pni") == null) and (.cpu | contains(",pni=off"))' contract.json
	monitor quit
	ends 0

	# The command line may say what it will of the CPU: the contract stands.
	gate --contract contract.json -- "$emulator" "${bare[@]}" -M pc -cpu max -smp 2
	until_true is_status running
	monitor quit
	ends 0
	cpugate contract export vm7 | jq -e --slurpfile old contract.json \
		'.cpu == $old[0].cpu and .features == $old[0].features and .machine == $old[0].machine'
	gate --contract vm7 -- "$emulator" "${bare[@]}" -smp 1
	ends 2
	says 'the contract is for vCPUs: 2 of 2, the command line for 1 of 1'
	gate --contract vm7 -- "$emulator" -nodefaults -display none -smp 2 -accel kvm
	ends 2
	says 'the contract is for accelerator tcg'
	gate --contract nosuch -- "$emulator" "${bare[@]}"
	ends 2
	says nosuch
}

@test "what a guest owes to its host is in the contract" {
	requires /dev/kvm
	gate --name vm7 -- "$emulator" -nodefaults -display none -m 16 -accel kvm \
		-cpu qemu64,svm=off,sse3=off,kvmclock=on
	until_true is_status running
	monitor quit
	ends 0
	cpugate --json contract show vm7 |
		jq -e '.platform | any(.name == "kvmclock" and ."depends-on" == "kvm")'
}

@test "one guest of a name at a time" {
	gate --name vm7 -- "$emulator" "${bare[@]}" -S
	until_true is_status prelaunch
	run cpugate run --name vm7 -- "$emulator" "${bare[@]}"
	status_is 2
	output_has 'vm7 runs already'
	monitor quit
	ends 0
	gate -- "$emulator" "${bare[@]}" -name vm7 -S
	until_true is_status prelaunch
	monitor quit
	ends 0
}

@test "of several starts of one name at once, one runs" {
	local i left

	cpugate check launch -- "$emulator" "${bare[@]}"
	for i in {1..6}; do
		"$top_builddir/cpugate" run --name vm7 -- "$emulator" "${bare[@]}" -S \
			-qmp "unix:monitor$i,server=on,wait=off" >"out$i" 2>"err$i" 3>&- </dev/null &
		started+=("$!")
	done
	one_is_left()
	{
		[[ $(jobs -pr | wc -l) -eq 1 ]]
	}
	until_true one_is_left
	[[ $(cat err? | grep -c 'vm7 runs already, or is just being started') -eq 5 ]]
	until_true cpugate contract show vm7
	left=$(jobs -pr)
	kill "$left"
	wait "$left"
}

@test "a UUID is one guest's, which is said before anything starts" {
	local uuid=6b9a0c5e-3d0f-4f5e-9f53-0a1b2c3d4e5f

	gate --name vm7 -- "$emulator" "${bare[@]}" -uuid "${uuid^^}" -S
	until_true is_status prelaunch
	monitor quit
	ends 0
	gate -- "$emulator" "${bare[@]}" -uuid "$uuid"
	ends 2
	says "its UUID $uuid is that of vm7: start it with --name vm7"
	gate -- "$emulator" "${bare[@]}" -uuid "$uuid" -name vm8
	ends 2
	says "vm8 can't have the UUID $uuid, which is that of vm7"
	[[ ! -e monitor ]]
	# Without a name it is the guest's, in either spelling.
	cpugate contract forget vm7
	for uuid in "${uuid^^}" "$uuid"; do
		gate -- "$emulator" "${bare[@]}" -uuid "$uuid" -S
		until_true is_status prelaunch
		monitor quit
		ends 0
	done
	cpugate --json contract list | jq -e '.contracts | length == 1'
}

@test "a guest whose contract can't be written doesn't run" {
	local state=$XDG_STATE_HOME/cpugate/state.db

	mkdir -p "${state%/*}"
	echo 'no database' >"$state"
	gate --name vm7 -- "$emulator" "${bare[@]}" -cpu qemu64
	ends 2
	says state.db
	[[ $(<"$state") == 'no database' && ! -e monitor ]]
	rm "$state"
	gate --name 'a/b' -- "$emulator" "${bare[@]}" -cpu qemu64
	ends 2
	says 'no contract can have the name a/b'
	gate --name vm7 -- "$emulator" "${bare[@]}" -cpu qemu64 -S
	until_true is_status prelaunch
	monitor quit
	ends 0
}

@test "a state file that somebody else writes to for too long: no guest" {
	requires strace sha256sum
	make_contract web "$emulator" -M q35,accel=tcg -cpu qemu64 >web.json
	cpugate contract import ./web.json
	make_contract web "$emulator" -M q35,accel=tcg -cpu qemu64,-sse3 >web.json
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o locked -e trace=fdatasync \
		-e inject=fdatasync:delay_enter=20s:when=1 \
		"$top_builddir/cpugate" contract import ./web.json 3>&- &
	started+=("$!")
	until_true grep -q fdatasync locked
	gate --name vm7 -- "$emulator" "${bare[@]}" -cpu qemu64 \
		-fw_cfg "name=opt/x,string=mark=$BATS_TEST_NUMBER-$$"
	ends 2
	says state.db
	says 'is busy'
	no_emulator
	wait "${started[0]}"
	run cpugate contract show vm7
	status_is 2
	cpugate --json contract show web | jq -e '.features | index("pni") == null'
}

@test "a state file that can only be read: no guest that has a name" {
	unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "file systems can't be mounted"
	requires sha256sum
	make_contract vm7 "$emulator" -M q35,accel=tcg -cpu qemu64 >old.json
	run unshare -m bash -c '
		mkdir -p disk && mount -t tmpfs none disk || exit 99
		export XDG_STATE_HOME=$PWD/disk
		cpugate contract import ./old.json && mount -o remount,ro disk || exit 98
		timeout 60 cpugate run --name vm7 -- "$@" -cpu qemu64,-sse3
		echo "ended with $?"
		cpugate --json contract show vm7 >kept.json' bash "$emulator" "${bare[@]}"
	status_is 0
	output_has 'can only be read' 'ended with 2'
	jq -e --slurpfile old old.json '. == $old[0]' kept.json
	no_emulator
}

@test "a full disk: no contract, no guest" {
	unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "file systems can't be mounted"
	cpugate --emulator "$emulator" --accel tcg expand qemu64 >/dev/null
	run unshare -m bash -c '
		mkdir -p disk && mount -t tmpfs -o size=64k none disk || exit 99
		head -c 60k /dev/zero >disk/filler
		XDG_STATE_HOME=$PWD/disk timeout 20 cpugate run --name vm7 -- "$@"' bash \
		"$emulator" "${bare[@]}" -cpu qemu64
	status_is 2
	output_has state.db
	no_emulator
}

@test "a disk that gets full: the old contract, and no guest" {
	unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "file systems can't be mounted"
	requires sha256sum
	make_contract vm7 "$emulator" -M q35,accel=tcg -cpu qemu64 >old.json
	run unshare -m bash -c '
		mkdir -p disk && mount -t tmpfs -o size=512k none disk || exit 99
		export XDG_STATE_HOME=$PWD/disk
		cpugate contract import ./old.json || exit 98
		# To the last page: the file is opened with a log that has to grow.
		cat /dev/zero >disk/filler 2>/dev/null
		timeout 60 cpugate run --name vm7 -- "$@" -cpu qemu64,-sse3
		echo "ended with $?"
		rm disk/filler
		cpugate --json contract show vm7 >kept.json' bash "$emulator" "${bare[@]}"
	status_is 0
	output_has state.db 'ended with 2'
	jq -e --slurpfile old old.json '. == $old[0]' kept.json
	no_emulator
}

@test "-daemonize: it is left alone once its guest may run" {
	gate --name vm7 -- "$emulator" "${bare[@]}" -cpu qemu64 -daemonize -pidfile pid
	ends 0
	started+=("$(<pid)")
	is_status running
	run cpugate run --name vm7 -- "$emulator" "${bare[@]}"
	status_is 2
	monitor quit
}

@test "what can't be gated is refused" {
	gate -- "$emulator" "${bare[@]}" -preconfig
	ends 2
	says -preconfig
	gate -- "$emulator" "${bare[@]}" -M x-remote
	ends 2
	says 'no vCPU'
	run cpugate run
	status_is 2
	run cpugate run -- /nonexistent -cpu qemu64
	status_is 2
}
