# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Guests that are really moved, whatever cpugate says, and what becomes of them.
#
# $installed and $newer are the two QEMUs, $newer_modules the second one's modules.

firmware=$top_builddir/tests/guest/watch.bin

# with_qemu old|new COMMAND...: $qemu is that QEMU.
with_qemu()
{
	if [[ $1 == old ]]; then
		qemu=$installed "${@:2}"
	else
		qemu=$newer QEMU_MODULE_DIR=$newer_modules "${@:2}"
	fi
}

# start NAME MACHINE CPU SMP [ARGUMENT...]: in the background; its monitor is NAME.qmp, what
# it says is NAME.out.
start()
{
	local data=()

	# Firmware of devices, where the QEMU isn't installed.
	[[ $qemu != "$newer" ]] || data=(-L "${newer%/bin/*}/share/qemu" -L "${newer%/bin/*}/share/seabios")
	: >"$1.out"
	timeout 90 "$qemu" "${data[@]}" -nodefaults -no-user-config -no-reboot -display none \
		-m 16 -machine "$2" -cpu "$3" -smp "$4" -bios "$firmware" \
		-debugcon "file:$1.out" -qmp "unix:$1.qmp,server=on,wait=off" "${@:5}" \
		>"$1.log" 2>&1 3>&- &
	echo $! >>pids
	started=$!
}

# qmp SOCKET COMMAND...: the replies.
qmp()
{
	{
		echo '{"execute":"qmp_capabilities"}'
		printf '%s\n' "${@:2}"
	} | timeout 10 socat -t1 - "UNIX:$1" 2>/dev/null
}

# until SECONDS COMMAND...: status 1 if it never succeeds.
until_true()
{
	local end=$((SECONDS + $1))

	while ! "${@:2}"; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.1
	done
}

is_there()
{
	[[ -S $1 ]]
}

# rounds FILE N: it has gone round so often, or has died of an instruction.
rounds()
{
	[[ $(grep -c '^end' "$1") -ge $2 ]] || grep -q '^ud' "$1"
}

# last_round FILE: its last whole one. Of an Intel CPU TCG shows SYSCALL (80000001H:EDX[11])
# since QEMU 10.0 in long mode only, where this guest isn't.
last_round()
{
	awk '/^w / { round = round $0 "\n"; next } /^end/ { whole = round; round = "" }
		END { printf "%s", whole }' "$1" |
		sed -E '/^w 80000001 /s/[0189](..)$/s\1/'
}

migration_status()
{
	qmp "$1" '{"execute":"query-migrate"}' | jq -r 'select(.return.status?).return.status' | tail -1
}

is_over()
{
	[[ $(migration_status from.qmp) == @(completed|failed|cancelled) ]]
}

# verdict TO MACHINE CPU|own SMP: the reply into "reply".
verdict()
{
	local cpu=()

	[[ $3 == own ]] || cpu=(--cpu "$3")
	cpugate --json check migration --guest qmp:from.qmp --to host --emulator "$qemu" \
		--machine "$2" "${cpu[@]}" --smp "$4" >reply 2>complaint
	[[ $? -ne 2 ]] || { cat complaint >&2; return 1; }
}

# go MACHINE CPU SMP: force it there; $outcome is "same", "changed", "ud", "refused" (the
# destination doesn't start) or "lost" (it is dead, or not going on).
go()
{
	local caps='{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"return-path","state":true}]}}'

	start to "$1" "$2" "$3" -incoming defer
	until_true 20 is_there to.qmp || { outcome=refused; return; }
	kill -0 "$started" 2>/dev/null || { outcome=refused; return; }
	qmp to.qmp "$caps" "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"unix:$PWD/stream\"}}" >to.said
	kill -0 "$started" 2>/dev/null && until_true 5 is_there stream || { outcome=refused; return; }
	qmp from.qmp "$caps" "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:$PWD/stream\"}}" >from.said
	until_true 20 is_over || true
	# What it began before it left is of no account.
	until_true 15 rounds to.out 2 || { outcome=lost; return; }
	if grep -q '^ud' to.out; then
		outcome=ud
	elif diff <(last_round from.out) <(last_round to.out) >difference; then
		outcome=same
	else
		outcome=changed
	fi
}

# move FROM TO MACHINE-FROM MACHINE-TO CPU-FROM CPU-TO SMP-FROM SMP-TO: $answer, $codes and
# $outcome; in a folder of its own.
move()
{
	local cpu=$6

	with_qemu "$1" start from "$3,accel=tcg" "$5" "$7" || return
	until_true 30 rounds from.out 2 || { outcome='no guest'; answer=none; return; }
	with_qemu "$2" verdict "$2" "$4" "$6" "$8" || return
	answer=$(jq -r .verdict reply)
	codes=$(jq -r '[.reasons[]?.code | select(startswith("advisory") or . == "machine.deprecated" | not)] | unique | join(",")' reply)
	# With its own CPU: as cpugate says if it may go, else as it was.
	if [[ $cpu == own ]]; then
		cpu=$5
		[[ $answer != yes ]] || cpu=$(jq -r .cpu reply)
	fi
	with_qemu "$2" go "$4,accel=tcg" "$cpu" "$8"
	kill $(<pids) 2>/dev/null
	wait 2>/dev/null
}

# Each in a process of its own; a line into "table".
try_move()
{
	local dir

	dir=$(printf 'pair%03d' "$1")
	mkdir -p "$dir" && cd "$dir" || return
	answer='' codes='' outcome=''
	move "${@:2}" >said 2>&1 || true
	printf '%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n' "${@:2}" "${answer:-failed}" "$codes" "$outcome" >>../table
}
