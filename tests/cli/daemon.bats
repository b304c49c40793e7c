#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2154 # variables of helpers
# cpugated from outside: what it says, to whom, and what it puts up with. Of an emulator that is replaced
# it is asked DAEMON_STALE times (3000), but no longer than DAEMON_SECONDS (60).

bats_require_minimum_version 1.5.0
load helpers
load fake
load daemon

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

# QEMU's own clients; PYTHONPATH may say where they are.
requires_qemu_qmp()
{
	python3 -c 'import qemu.qmp' 2>/dev/null || skip "the Python package qemu.qmp isn't installed"
}

@test "the Python package qemu.qmp" {
	requires_qemu_qmp
	serve
	run timeout 60 python3 - "$socket" "$emulator" <<-'END'
		import asyncio, sys
		from qemu.qmp import ExecuteError, QMPClient
		async def main():
		    client = QMPClient('test')
		    await client.connect(sys.argv[1])
		    about = {'emulator': sys.argv[2], 'accel': 'tcg'}
		    print(await client.execute('query-version'))
		    models = await client.execute('query-cpu-definitions', about)
		    print([model['name'] for model in models])
		    try:
		        await client.execute('expand', dict(about, definition='nosuch'))
		    except ExecuteError as error:
		        print('refused:', error)
		    print(await client.execute('query-target', about))
		    await client.disconnect()
		asyncio.run(main())
	END
	status_is 0
	output_has "'major'" "'486'" 'refused: ' nosuch "{'arch': 'x86_64'}"
	stop
}

@test "qmp-shell" {
	requires_qemu_qmp
	python3 -c 'import qemu.qmp.qmp_shell' 2>/dev/null || skip 'qmp-shell is not in that package'
	serve
	HOME=$PWD run timeout 60 python3 -m qemu.qmp.qmp_shell "$socket" <<-END
		query-target emulator=$emulator accel=tcg
		nosuch
		compare a=Haswell b=qemu64 emulator=$emulator accel=tcg
	END
	status_is 0
	output_has 'Welcome to the QMP low-level shell!' 'Connected to QEMU 0.1.0' '"arch": "x86_64"' \
		CommandNotFound '"result": "'
	stop
}

@test "a reader of lines like libvirt's, and one that stops at 64 KiB" {
	serve
	client line_reader "$emulator"
	client short_lines "$emulator"
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
	script faults.py promise "{\"emulator\": \"$emulator\"}" >web.json
	: >saved
	for question in 'models' 'machines' 'expand 486' 'expand nosuch' 'compare 486 qemu64' \
		'--json expand 486' 'emulators' 'cache why' 'explain avx2' 'hosts-for 486 record.json' \
		'baseline record.json' 'baseline nosuch.json' 'compare 486 record.json' 'host' 'cache path' \
		'check restore --contract web --to record.json' 'check restore --contract ./web.json --to host' \
		'check restore --contract nobody' 'check migration --guest web --to record.json' \
		'contract list' 'contract verify' 'contract impact --to record.json'; do
		set -- --emulator "$emulator" --accel tcg
		case $question in
		emulators) set -- --emulator "$emulator" ;;
		host | 'cache path' | contract*) set -- ;;
		esac
		# shellcheck disable=SC2086 # words
		cpugate "$@" $question >own 2>own.err && own=0 || own=$?
		# shellcheck disable=SC2086
		CPUGATE_SOCKET=$socket cpugate "$@" $question >other 2>other.err && other=0 || other=$?
		[[ $own -eq $other ]] || refute_run "$question: exit status $own, with cpugated $other"
		diff own other && diff own.err other.err || refute_run "$question: another answer"
	done
	CPUGATE_SOCKET=$socket run cpugate check restore --contract web saved
	status_is 2
	output_has 'saved: a saved guest is looked at where it is'
	stop
	CPUGATE_SOCKET=$socket run cpugate models
	status_is 2
	output_has "cpugate: cpugated at $socket: No such file or directory"
}

@test "warnings are told to who asks, as without it, and logged once" {
	: >file
	within=(env "CPUGATE_CACHE=$PWD/file/cache.db")
	serve
	for question in 'models' 'models' 'expand 486' '--machine q35 expand 486' 'cache why'; do
		# shellcheck disable=SC2086 # words
		CPUGATE_CACHE=$PWD/file/cache.db ask --emulator "$emulator" --accel tcg $question
		own=$status:$stderr
		# shellcheck disable=SC2086
		CPUGATE_SOCKET=$socket ask --emulator "$emulator" --accel tcg $question
		[[ $own == "$status:$stderr" && $own == *warning:* ]] || refute_ask "$question: $own"
	done
	[[ $(sort log | uniq -d | wc -l) -eq 0 ]] || refute_run "$(cat log)"
	stop
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
	seconds=$((${DAEMON_SECONDS:-60} + 120))
	run client stale "$emulator" "${DAEMON_STALE:-3000}" 0.7 "${DAEMON_SECONDS:-60}"
	status_is 0
	output_has 'stale 0'
	echo "# $output" >&3
	stop
}

@test "a question about no emulator has none measured" {
	mkdir bin
	cp "$emulator" bin/qemu-system-x86_64
	PATH=$PWD/bin:$PATH serve
	client quiet
	[[ ! -e $FAKE_QEMU_LOG ]]
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

@test "others may ask, and nothing more" {
	requires setpriv
	[[ $EUID -eq 0 ]] || skip 'takes root to be somebody else'
	chmod 755 . ..
	chmod 755 "$TEST_DIR" "$BATS_TEST_TMPDIR"/.. "$BATS_TEST_TMPDIR"/../.. || true
	serve
	setpriv --reuid=65534 --clear-groups test -w "$socket" || skip "nobody can't reach this folder"
	cp "$top_srcdir/tests/cli/qmp.py" .
	nobody=(setpriv --reuid=65534 --clear-groups env PYTHONDONTWRITEBYTECODE=1)
	python=
	for candidate in "$(python3 -c 'import sys; print(sys.executable)')" /usr/bin/python3; do
		! "${nobody[@]}" "$candidate" -c 'import json' 2>/dev/null || python=$candidate
	done
	[[ -n $python ]] || skip "nobody can't start Python"
	"${nobody[@]}" "$python" qmp.py "$socket" rights "$emulator" ||
		refute_run 'see above'
	stop
}

@test "started as an init system does it" {
	client launch "$top_builddir/cpugated"
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
