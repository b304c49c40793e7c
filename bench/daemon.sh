#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What bench/daemon talks to: a cpugated with a cache of its own, and records of the installed emulator.
set -eu

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; wait; rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work XDG_STATE_HOME=$work
PATH=$top_builddir:$PATH
command -v "qemu-system-$(uname -m)" >/dev/null || {
	echo 'cpugated: an emulator is missing'
	exit 0
}
mkdir "$work/records"
for machine in q35 pc; do
	cpugate record --machine "$machine" --accel tcg --output "$work/records/$machine.json" || :
done
cpugated --socket "$work/socket" 2>"$work/log" &
server=$!
for ((i = 0; i < 100; i++)); do
	[[ ! -S $work/socket ]] || break
	sleep 0.1
done
"$top_builddir/bench/daemon" "$work/socket" "$work/records"
