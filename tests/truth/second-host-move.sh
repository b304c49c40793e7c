#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What second-host-move.bats does on each of two hosts, which see one network and one folder
# that is writable there: guests under KVM on the host "from", of which one may go to the host
# "to", and does. What comes out of it are the files $1-* and others of the folder.
set -u -o pipefail
folder=$PWD
name=$1
patience=${2-480}
declare -A addresses=([from]=192.0.2.1 [to]=192.0.2.2)

say()
{
	echo "$SECONDS s: $*"
}

# until_true COMMAND...: within the time that all of it may take, or the host is given up.
until_true()
{
	until "$@" 2>/dev/null; do
		[[ $SECONDS -lt $patience ]] || { say "never: $*"; tail -n 5 -- *-said *-complaint *-receiver *-console; exit 1; }
		sleep 0.2
	done
}

# publish FILE [NAME]: the other host and the test see all of it, or nothing.
publish()
{
	cp "$1" "$folder/.$1" && mv "$folder/.$1" "$folder/${2-$1}"
}

# ask SOCKET COMMAND: the reply.
ask()
{
	printf '%s\n' '{"execute": "qmp_capabilities"}' "{\"execute\": \"$2\"}" |
		timeout 20 socat -t 10 - "UNIX-CONNECT:$1" |
		jq -c 'select(.return) | .return' | sed -n 2p
}

# words NAME: of a guest, into $words; a monitor for cpugate and one for us.
words()
{
	words=(-nodefaults -display none -m 16 -bios "$folder/loop.bin"
		-qmp "unix:$1,server=on,wait=off" -qmp "unix:$1-look,server=on,wait=off"
		-debugcon "file:$1-console")
}

# lives CONSOLE: it has gone round since it was asked last.
lives()
{
	local now

	now=$(stat -c %s "$1") && [[ $now -gt ${seen-0} ]] && grep -q '[.]' "$1"
}

# begun NAME: it goes round; or it is over.
begun()
{
	lives "$1-console" || ! kill -0 "$started"
}

# guest NAME CPU: it runs, is called so, and goes round; its contract is there for all.
guest()
{
	words "$1"
	cpugate run --name "vm-$1" -- qemu-system-x86_64 "${words[@]}" -M "$machine,accel=kvm" \
		-cpu "$2" >"$1-said" 2>&1 &
	started=$!
	until_true begun "$1"
	kill -0 "$started" || { cat "$1-said"; exit 1; }
	cpugate contract export "vm-$1" --output "$1.json"
	publish "$1.json"
}

# may_go NAME: what is said of its going to the host "to".
may_go()
{
	cpugate --json check migration --guest "qmp:$1" --to "$folder/to.json" >"$1-verdict"
	publish "$1-verdict"
}

# goes NAME ADDRESS: how cpugate migrate ends.
goes()
{
	cpugate --json migrate --from "qmp:$1" --to "tcp:$2" --to-record "$folder/to.json" \
		--contract "$folder/$1.json" >"$1-moved" 2>"$1-complaint"
	echo $? >"$1-status"
	publish "$1-moved"
	publish "$1-complaint"
	publish "$1-status"
}

# One that fits both hosts goes; then one that has more stays. One at a time: they are busy.
leave()
{
	until_true test -e "$folder/to.json"
	say 'both are known'
	cpugate --json baseline --machine q35 from.json "$folder/to.json" >common
	cpugate --json baseline --machine q35 from.json >own
	machine=$(jq -r .machine common)
	guest fits "$(jq -r .definition common)"
	say 'one that fits both runs'
	may_go fits
	until_true test -s "$folder/address"
	goes fits "$(sed s/tcp:// "$folder/address")"
	publish fits-console fits-console-from
	say 'it went'
	guest stays "$(jq -r .definition own)"
	say 'one that has more runs'
	may_go stays
	# Nobody waits there: it doesn't come to that.
	goes stays "${addresses[to]}:9"
	ask stays-look query-migrate >stays-migration
	ask stays-look query-status >stays-state
	seen=$(stat -c %s stays-console)
	until_true lives stays-console
	publish stays-console
	publish stays-migration
	publish stays-state
	ask stays-look quit
	say 'it stayed'
}

# waits NAME: cpugate receive for a guest.
waits()
{
	words "$1"
	cpugate receive --uri "tcp:${addresses[to]}:0" --contract "$folder/$1.json" -- \
		qemu-system-x86_64 "${words[@]}" -accel kvm >"$1-out" 2>"$1-receiver"
	echo $? >"$1-received"
	publish "$1-receiver"
	publish "$1-received"
}

is_ready()
{
	grep -q 'cpugate: ready: ' fits-receiver
}

receive()
{
	until_true test -e "$folder/fits.json"
	waits fits &
	until_true is_ready
	sed -n 's/cpugate: ready: //p' fits-receiver >address
	publish address
	say "ready: $(cat address)"
	until_true lives fits-console
	ask fits-look query-status >fits-state
	seen=$(stat -c %s fits-console)
	until_true lives fits-console
	say 'it has come'
	ask fits-look quit
	wait
	publish fits-state
	publish fits-console fits-console-to
	until_true test -e "$folder/stays.json"
	waits stays
	say "not for the one that has more: $(cat stays-received)"
}

touch "$name-begun"
mkdir /tmp/there
cp cpugate /tmp/there/
cd /tmp/there || exit
export CPUGATE_REPLY_TIMEOUT=100000
export PATH=$PWD:$PATH XDG_STATE_HOME=$PWD/state CPUGATE_CACHE=$PWD/cache.db
echo "$name" >/proc/sys/kernel/hostname
ip address add "${addresses[$name]}/24" dev eth0 && ip link set eth0 up || exit
cpugate record --accel kvm --machine q35 --output "$name.json" || exit
publish "$name.json"
say 'recorded'
if [[ $name == from ]]; then
	leave
else
	receive
fi
say 'done'
