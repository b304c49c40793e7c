#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # what is for jq; variables of helpers
# What cpugated has to live through: many clients, bad ones, full disks, kills, and a host that
# changes. Small here; DAEMON_REQUESTS (5000), DAEMON_KILLS (12) and DAEMON_CROWD (2000) make it
# large, DAEMON_SECONDS is then how long it may take (300).

bats_require_minimum_version 1.5.0
load helpers
load fake
load daemon

# kept: a contract "web", in web.json as well.
kept()
{
	fault promise "{\"emulator\": \"$emulator\"}" >web.json
}

@test "every question that changes nothing, from 200 clients: the library's answers, and memory stays" {
	cpugate --emulator "$emulator" record --accel tcg >record.json
	cpugate --emulator "$emulator" record --accel tcg --machine q35 >other.json
	serve --patience 60
	kept
	# All that is remembered is remembered, of as many clients.
	script load.py "$top_builddir/tests/cli/embedded" "$emulator" 200 5000
	sleep 1
	before=$(memory)
	open=$(descriptors)
	seconds=${DAEMON_SECONDS:-300}
	run script load.py "$top_builddir/tests/cli/embedded" "$emulator" 200 "${DAEMON_REQUESTS:-5000}"
	status_is 0
	output_has 'wrong 0'
	descriptors_are "$open"
	after=$(memory)
	echo "# $output; memory $before KiB before, $after after" >&3
	# A sanitizer keeps what was freed.
	[[ ${SANITIZERS-no} == yes || $((after - before)) -lt 2048 ]] ||
		refute_run "grew from $before to $after KiB"
	stop
}

@test "who doesn't read, or not fast enough, is dropped; the others are answered" {
	serve
	fault deaf "$emulator"
	fault slow
	grep -q "dropped: it doesn't read its answers" log
	grep -q "dropped: it began a message and didn't end it" log
	stop
}

@test "any bytes" {
	serve
	fault noise 5
	stop
}

@test "more clients than there are descriptors" {
	requires prlimit
	serve
	prlimit --pid "$serving" --nofile=128:128
	run fault crowd 400
	status_is 0
	output_has 'greeted 63 '
	stop
	grep -q 'turned away' log
}

@test "a crowd: one user's clients are turned away, those that are in are answered" {
	local count=${DAEMON_CROWD:-2000}

	[[ $(ulimit -Hn) == unlimited || $(ulimit -Hn) -gt $((count + 64)) ]] ||
		skip "$(ulimit -Hn) descriptors are not enough for $count clients"
	serve --patience 60
	run fault crowd "$count"
	status_is 0
	echo "# $output" >&3
	output_has 'greeted 599 ' "turned away $((count - 599)) "
	stop
	[[ $(grep -c 'turned away' log) -le 2 ]]
}

@test "killed at any time under load: cache and contracts are good, and no emulator is left" {
	requires python3
	python3 -c 'import sqlite3' 2>/dev/null || skip "Python has no sqlite3"
	: >"$FAKE_QEMU_PIDS"
	seconds=${DAEMON_SECONDS:-300}
	run fault killed "$top_builddir/cpugated" "$emulator" "${DAEMON_KILLS:-12}"
	status_is 0
	echo "# $output" >&3
	no_emulator_is_left
	ask --emulator "$emulator" --accel tcg models
	answered
}

# connected ARGUMENT...: asked of the cpugated that serves, as `ask` does.
connected()
{
	CPUGATE_SOCKET=$socket ask --emulator "$emulator" --accel tcg "$@"
}

# same ARGUMENT...: it answers what the library answers that has no cache, and nothing is wrong.
same()
{
	connected --json "$@"
	status_is 0 || refute_ask 'expected an answer' || return
	answer_itself >of-daemon
	XDG_CACHE_HOME=$PWD/none ask --json --emulator "$emulator" --accel tcg "$@"
	answered || return
	rm -r none
	answer_itself | diff of-daemon - || refute_ask 'another answer than of the library'
}

@test "a full disk: answers are right; with room again they are kept" {
	requires_mounts
	requires nsenter
	mkdir disk
	within=(env "CPUGATE_CACHE=$PWD/disk/cache.db" unshare -m bash -c
		'mount -t tmpfs -o size=1m none disk && exec "$@"' bash)
	serve
	same expand 486
	nsenter -t "$serving" -m sh -c "cat /dev/zero >'$PWD/disk/filler'" 2>/dev/null || true
	same models
	same --machine q35 expand Haswell
	same expand 486
	[[ $(nsenter -t "$serving" -m df --output=avail "$PWD/disk" | tail -n 1) -eq 0 ]]
	nsenter -t "$serving" -m rm "$PWD/disk/filler"
	same models
	same --machine q35 expand Haswell
	# What the daemon starts meanwhile of its own accord is in another log.
	FAKE_QEMU_LOG=$PWD/own nsenter -t "$serving" -m env "CPUGATE_CACHE=$PWD/disk/cache.db" \
		"$top_builddir/cpugate" --emulator "$emulator" --accel tcg --machine q35 expand Haswell >/dev/null
	[[ ! -e own ]]
	stop
}

@test "the cache is deleted under it: the same answers, and a cache again" {
	serve
	same models
	rm -r "$XDG_CACHE_HOME"
	same models
	same --machine q35 models
	rm -r "$XDG_CACHE_HOME"
	mkdir -p "$XDG_CACHE_HOME/cpugate"
	same models
	same expand 486
	stop
	# What it had begun of its own accord when it was stopped is begun again by who asks next.
	ask --json cache list
	answered
	json_has 'any(.[]; .kind == "models") and any(.[]; .kind == "requested")'
}

# jump SECONDS: the clock of the cpugated that serves shows another time, by so much.
jump()
{
	echo "$1" >clock.new
	mv clock.new clock
}

@test "the clock jumps: the same answers, a replaced emulator is noticed, nobody is dropped" {
	requires "${CC:-cc}"
	"${CC:-cc}" -shared -fPIC -o wall-clock.so "$top_srcdir/tests/cli/wall-clock.c"
	jump 0
	within=(env "LD_PRELOAD=$PWD/wall-clock.so" "WALL_CLOCK=$PWD/clock"
		"ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0")
	serve
	same models
	for seconds_off in 1500000000 -1500000000 3600 0; do
		jump "$seconds_off"
		same models
		same --machine q35 expand 486
		cp "$emulator" new
		echo >>new
		mv new "$emulator"
		connected --json expand 486
		json_has '.emulator.sha256 == $sum' --arg sum "$(sha256sum <"$emulator" | cut -d ' ' -f 1)"
		fault answered
	done
	run ! grep -q dropped log
	stop
}

@test "what the kernel announces is measured again before the next answer" {
	local uevent

	[[ $EUID -eq 0 ]] || skip 'takes root to have the kernel announce something'
	requires /dev/kvm
	for uevent in /sys/class/misc/kvm /sys/devices/system/cpu/cpu0 /sys/module/kvm; do
		[[ ! -w $uevent/uevent ]] || events+=("$uevent/uevent")
	done
	[[ ${events[0]-} == /sys/class/misc/* ]] || skip "/sys can't be written"
	mkdir -p root/{proc/sys/kernel,sys,dev}
	cp -a /dev/kvm root/dev/kvm || skip "devices can't be made"
	echo 6.1.0-1-test >root/proc/sys/kernel/osrelease
	export CPUGATE_HOST_ROOT=$PWD/root
	serve
	run fault announced "$emulator" "$PWD/root" "${events[@]}"
	status_is 0
	echo "# $output" >&3
	run ! grep -q 'not every change' log
	stop
}
