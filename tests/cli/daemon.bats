#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# cpugated from outside: what it says, to whom, and what it puts up with.

bats_require_minimum_version 1.5.0
load helpers
load fake

setup()
{
	setup_test
	use_fake
	requires python3 socat
	cp "$emulator" qemu
	emulator=$PWD/qemu
	touch -d 2020-01-01 "$emulator"
	socket=$PWD/socket
	serving=
}

teardown()
{
	[[ -z $serving ]] || kill "$serving" 2>/dev/null || true
	wait
}

# serve [ARGUMENT...]: a cpugated at $socket, told to be patient for a second only.
serve()
{
	"$top_builddir/cpugated" --socket "$socket" --patience 1 "$@" 2>log 3>&- &
	serving=$!
	for _ in {1..200}; do
		[[ ! -S $socket ]] || return 0
		sleep 0.02
	done
	cat log >&2
	return 1
}

# stop: it ends when it is asked to, and leaves nothing behind.
stop()
{
	kill "$serving"
	wait "$serving"
	serving=
	[[ ! -e $socket ]]
	[[ ! -e $FAKE_QEMU_PIDS ]] || no_emulator_is_left
}

# client WHAT [ARGUMENT...]: see qmp.py
client()
{
	PYTHONDONTWRITEBYTECODE=1 timeout 300 python3 "$top_srcdir/tests/cli/qmp.py" "$socket" "$@"
}

@test "a session: order, ids, errors, discovery" {
	serve
	client session
	stop
}

@test "a line of socat is answered, though it says no more" {
	serve
	run socat -t 20 - "UNIX:$socket" <<<'{"execute": "qmp_capabilities"} {"execute": "machines",
		"arguments": {"emulator": "'"$emulator"'", "accel": "tcg"}, "id": "last"}'
	status_is 0
	output_has '{"QMP":' '"id": "last"' 'pc-q35-7.2'
	stop
}

@test "qmp-shell and qemu.qmp, where they are installed" {
	python3 -c 'import qemu.qmp' 2>/dev/null || skip "the Python package qemu.qmp isn't installed"
	serve
	run python3 - "$socket" <<-'END'
		import asyncio, sys
		from qemu.qmp import QMPClient
		async def main():
		    client = QMPClient('test')
		    await client.connect(sys.argv[1])
		    print(await client.execute('query-version'))
		    await client.disconnect()
		asyncio.run(main())
	END
	status_is 0
	output_has "'major'"
	stop
}

@test "clients that ask the same at once share one measurement" {
	serve
	client together 8 models "{\"emulator\": \"$emulator\", \"accel\": \"tcg\"}"
	wc -l <"$FAKE_QEMU_LOG" >shared
	stop
	rm -r "$XDG_CACHE_HOME"
	ask --emulator "$emulator" --accel tcg models
	answered
	# One more is the start beside the hash of the binary, which may come too late to be of use.
	[[ $(cat shared) -le $((started + 1)) ]] ||
		refute_ask "emulators started for 8 clients: $(cat shared)"
}

@test "the answers are those of the library" {
	local question

	serve
	cpugate --emulator "$emulator" record --accel tcg >record.json
	for question in 'models' 'machines' 'expand 486' 'expand nosuch' 'compare 486 qemu64' \
		'--json expand 486' 'emulators' 'cache why' 'explain avx2' 'hosts-for 486 record.json' \
		'baseline record.json' 'baseline nosuch.json' 'compare 486 record.json' 'host' 'cache path'; do
		set -- --emulator "$emulator" --accel tcg
		case $question in
		emulators) set -- --emulator "$emulator" ;;
		host | 'cache path') set -- ;;
		esac
		# shellcheck disable=SC2086 # words
		cpugate "$@" $question >own 2>own.err && own=0 || own=$?
		# shellcheck disable=SC2086
		CPUGATE_SOCKET=$socket cpugate "$@" $question >other 2>other.err && other=0 || other=$?
		[[ $own -eq $other ]] || refute_run "$question: exit status $own, with cpugated $other"
		diff own other && diff own.err other.err || refute_run "$question: another answer"
	done
	stop
	CPUGATE_SOCKET=$socket run cpugate models
	status_is 2
	output_has "cpugate: cpugated at $socket: No such file or directory"
}

@test "long replies come in pages" {
	serve
	client pages "$emulator"
	stop
}

@test "files are given, not opened" {
	serve
	cpugate --emulator "$emulator" record --accel tcg >record.json
	client files "$PWD/record.json"
	stop
}

@test "no answer is stale while the emulator is replaced" {
	serve
	touch -d 2020-01-01 "$emulator"
	run client stale "$emulator" 3000 0.7
	status_is 0
	output_has 'stale 0'
	stop
}

@test "a replaced emulator is told to everybody" {
	serve
	client changed "$emulator"
	stop
}

@test "a changed host is told to everybody" {
	mkdir -p root/{proc/sys/kernel,sys,dev}
	echo 6.1.0-1-test >root/proc/sys/kernel/osrelease
	export CPUGATE_HOST_ROOT=$PWD/root
	serve
	client host_changed "$emulator" "$PWD/root"
	stop
}

@test "many clients with mixed questions get the right answers, and memory stays" {
	serve
	client load "$emulator" 50 3000 # all that is remembered is remembered
	before=$(awk '/^VmRSS/ { print $2 }' "/proc/$serving/status")
	descriptors=$(ls "/proc/$serving/fd" | wc -l)
	run client load "$emulator" 200 10000
	status_is 0
	output_has 'wrong 0'
	after=$(awk '/^VmRSS/ { print $2 }' "/proc/$serving/status")
	sleep 0.5
	# A sanitizer keeps what was freed.
	[[ ${SANITIZERS-no} == yes || $((after - before)) -lt 2048 ]] ||
		refute_run "grew from $before to $after KiB"
	[[ $(ls "/proc/$serving/fd" | wc -l) -le $((descriptors + 1)) ]]
	stop
}

@test "who doesn't read, or not fast enough, is dropped; the others are answered" {
	serve
	client deaf "$emulator"
	client slow
	grep -q "dropped: it doesn't read its answers" log
	grep -q "dropped: it began a message and didn't end it" log
	stop
}

@test "any bytes" {
	serve
	client noise 5
	stop
}

@test "too many clients" {
	requires prlimit
	serve
	prlimit --pid "$serving" --nofile=128:128
	client crowd 400
	stop
	grep -q 'turned away' log
}

@test "others may ask, and nothing more" {
	requires setpriv
	[[ $EUID -eq 0 ]] || skip 'takes root to be somebody else'
	chmod 755 . ..
	chmod 755 "$TEST_DIR" "$BATS_TEST_TMPDIR"/.. || true
	serve
	setpriv --reuid=65534 --clear-groups test -w "$socket" || skip "nobody can't reach this folder"
	cp "$top_srcdir/tests/cli/qmp.py" .
	setpriv --reuid=65534 --clear-groups env PYTHONDONTWRITEBYTECODE=1 \
		"$(python3 -c 'import sys; print(sys.executable)')" qmp.py "$socket" rights "$emulator" ||
		refute_run 'see above'
	stop
}

@test "started as an init system does it" {
	client launch "$top_builddir/cpugated"
}

@test "killed at any time, it leaves a good cache and no emulator" {
	client killed "$top_builddir/cpugated" "$emulator" 10
	no_emulator_is_left
	ask --emulator "$emulator" --accel tcg models
	answered
}

@test "a second one doesn't take the socket, and one that was killed doesn't keep it" {
	serve
	run "$top_builddir/cpugated" --socket "$socket"
	status_is 2
	output_has 'served already'
	kill -9 "$serving"
	wait "$serving" || true
	serve
	client session
	stop
}

@test "figures for Prometheus" {
	serve --metrics "$PWD/cpugated.prom"
	for _ in {1..100}; do
		[[ ! -s cpugated.prom ]] || break
		sleep 0.05
	done
	grep -qx 'cpugated_requests_total{answered="cache"} 0' cpugated.prom
	[[ $(grep -vc '^#' cpugated.prom) -lt 20 ]]
	stop
}

@test "wrong usage" {
	run "$top_builddir/cpugated" --nosuch
	status_is 2
	run "$top_builddir/cpugated" --patience 0
	status_is 2
	output_has 'not 1 to 3600 seconds: 0'
	run "$top_builddir/cpugated" word
	status_is 2
	run "$top_builddir/cpugated" --socket "$PWD/no/such/folder/socket"
	status_is 2
	output_has 'No such file or directory'
	touch file
	run "$top_builddir/cpugated" --socket "$PWD/file"
	status_is 2
	output_has 'no socket'
	[[ -e file ]]
	run "$top_builddir/cpugated" --socket "$PWD/$(printf 'x%.0s' {1..200})"
	status_is 2
}
