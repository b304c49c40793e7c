#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test has a shell of its own; set by helpers
# cpugate run and its QEMU, killed (SIGKILL) at each step. Whichever it is: no emulator is left
# that isn't watched over, the contract is the old or the new one, and a guest that ran an
# instruction has the new one.
#
# A step is a system call. RUN_KILLS is how many of them are tried in each test, spread over all
# (6); "all" for every one.
bats_require_minimum_version 1.5.0

load helpers
load contracts
load ../truth/truth
load ../guest/guest

# What leaves a trace: over the monitor, on the disk, or as a process.
traces=sendto,sendmsg,write,pwrite64,fsync,fdatasync,ftruncate,unlink,clone,clone3,vfork,waitid

setup()
{
	setup_test
	started=()
	requires qemu-system-x86_64 jq sha256sum strace
	requires_guest
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
	emulator=$(command -v qemu-system-x86_64)
	mark=mark=$BATS_TEST_NUMBER-$$
	line=(-nodefaults -display none -m 16 -M pc,accel=tcg -cpu qemu64 -bios "$firmware"
		-debugcon file:console -fw_cfg "name=opt/x,string=$mark" -pidfile pid)
	# strace beside it, so that it is our child as ever. $STEP is where it is killed.
	cat >mortal <<-EOT
		#!/bin/sh
		case "\$*" in
		*-readconfig*)
			exec strace -D -f -qq -o steps -e trace="\$CALLS" \\
				\${STEP:+-e inject="\$CALLS:signal=KILL:when=\$STEP"} $emulator "\$@" ;;
		esac
		exec $emulator "\$@"
	EOT
	chmod +x mortal
	make_contract vm7 "$emulator" -M pc,accel=tcg -cpu qemu64,-sse3 >old.json
	cpugate contract import ./old.json
	mv "$XDG_STATE_HOME" before
	# What is measured once is measured by then.
	step=0
	start cpugate run --name vm7 -- "$emulator" "${line[@]}"
	finish
	calls=$traces
	[[ ${RUN_KILLS-} != all ]] || calls=all
}

teardown()
{
	local pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[[ ! -s pid ]] || kill -KILL "$(<pid)" 2>/dev/null || true
}

no_emulator()
{
	! pgrep -f "$mark" >/dev/null
}

has_ended()
{
	! kill -0 "$pid" 2>/dev/null
}

has_spoken()
{
	grep -qx end console 2>/dev/null
}

# within SECONDS COMMAND...: it becomes true.
within()
{
	local i seconds=$1
	shift

	for ((i = 0; i < 50 * seconds; i++)); do
		! "$@" || return 0
		sleep 0.02
	done
	echo "step ${step-0}, never: $*"
	cat err
	return 1
}

spoken_or_ended()
{
	has_spoken || has_ended
}

# start COMMAND...: beginning with the old contract; until its guest has said all or it has ended.
start()
{
	rm -rf console pid steps "$XDG_STATE_HOME"
	cp -a before "$XDG_STATE_HOME"
	"$@" >out 2>err 3>&- </dev/null &
	pid=$!
	started=("$pid")
	within 60 spoken_or_ended
}

# finish: the guest goes on until it is ended; $end is how $pid ended.
finish()
{
	end=0
	if has_spoken && [[ -s pid ]]; then
		kill "$(<pid)" 2>/dev/null || true
	fi
	wait "$pid" 2>/dev/null || end=$?
}

# One that wasn't killed is one whose guest has come to its end.
was_killed()
{
	[[ $end -ne 137 ]] || killed=$((killed + 1))
	[[ $end -eq 137 ]] || has_spoken || {
		echo "step $step of $total ended with $end"
		cat err
		return 1
	}
}

# nothing_is_left: what has to be true whatever was killed, and when; is the new contract $kept?
nothing_is_left()
{
	within 20 no_emulator
	kept=$(cpugate --json contract show vm7 | jq -r '.features | index("pni") != null')
	case $kept in
	false) [[ ! -s console ]] || { echo "step $step: it ran under the old contract"; return 1; } ;;
	true) new=$((new + 1)) ;;
	*)
		echo "step $step: no contract"
		return 1
		;;
	esac
}

# spread <STEPS: those that are to be tried.
spread()
{
	awk -v of="${RUN_KILLS:-6}" '
	{ step[NR] = $0 }
	END {
		if (of == "all" || of > NR)
			of = NR
		for (i = 1; i <= of; i++)
			print step[int(i * NR / of)]
	}'
}

# calls_made <TRACE: each call with its number among those of its name, as strace counts.
calls_made()
{
	sed -n 's/^\([a-z][a-z0-9_]*\)(.*/\1/p' | awk '{ print $1 ":signal=KILL:when=" ++count[$1] }'
}

told()
{
	echo "# $1: killed at $killed of $total steps, $new times with the new contract on the disk" >&3
	[[ $killed -ge $((tried - 1 - tried / 4)) ]]
}

none_or_spoken()
{
	no_emulator || has_spoken
}

# kill_cpugate ARG...: at steps of its own, with these behind the command line.
kill_cpugate()
{
	local tried=0 killed=0 new=0 total step=0

	start strace -qq -o steps -e trace="$calls" "$top_builddir/cpugate" run --name vm7 -- \
		"$emulator" "${line[@]}" "$@"
	calls_made <steps >made
	total=$(wc -l <made)
	finish
	within 20 no_emulator
	[[ $total -ge 20 ]]
	for step in $(spread <made); do
		start strace -qq -o steps -e trace="$calls" -e inject="$step" \
			"$top_builddir/cpugate" run --name vm7 -- "$emulator" "${line[@]}" "$@"
		# A guest that was let go as a daemon is nobody's child.
		[[ "$*" != *-daemonize* ]] || within 30 none_or_spoken
		finish
		was_killed
		nothing_is_left
		tried=$((tried + 1))
	done
	told "cpugate ${*:-run}"
}

# kill_qemu CALLS SENTENCE ARG...: at those of its calls.
kill_qemu()
{
	local tried=0 killed=0 new=0 total step=0 sentence=$2
	export CALLS=$1 STEP=

	shift 2
	start "$top_builddir/cpugate" run --name vm7 -- ./mortal "${line[@]}" "$@"
	within 30 has_spoken
	total=$(grep -c "$CALLS(" steps)
	finish
	within 20 no_emulator
	for STEP in $(seq 1 "$total" | spread); do
		step=$STEP
		start "$top_builddir/cpugate" run --name vm7 -- ./mortal "${line[@]}" "$@"
		[[ "$*" != *-daemonize* ]] || within 30 none_or_spoken
		finish
		nothing_is_left
		! has_spoken || continue
		# Once the gate is open there is nothing to be said.
		[[ -s console || $kept == true ]] || grep -qE "$sentence" err || {
			echo "step $step of $total, ended with $end:"
			cat err
			return 1
		}
		[[ $kept == true || $end -ne 0 ]]
		tried=$((tried + 1))
		killed=$tried
	done
	told "QEMU at $CALLS ${*-}"
}

@test "cpugate is killed" {
	kill_cpugate
}

@test "cpugate is killed whose QEMU goes to the background" {
	kill_cpugate -daemonize
}

@test "QEMU is killed at its replies" {
	kill_qemu sendmsg 'ended with signal SIGKILL (before its guest ran|when its guest was told to run)'
}

# It reads byte by byte.
@test "QEMU is killed in the middle of commands" {
	kill_qemu recvmsg 'ended with signal SIGKILL (before its guest ran|when its guest was told to run)'
}

@test "QEMU is killed that goes to the background" {
	kill_qemu sendmsg 'ended (with .* )?(before its guest ran|when its guest was told to run)' -daemonize
}
