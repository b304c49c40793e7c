#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What bench/move measures with: a record and a contract of the emulator that is installed.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work XDG_STATE_HOME=$work
PATH=$top_builddir:$PATH
cd "$work"
command -v jq >/dev/null && emulator=$(command -v "qemu-system-$(uname -m)") || {
	echo 'check migration: jq or an emulator is missing'
	exit 0
}
. "$top_srcdir/tests/truth/contract.bash"
machine=$(cpugate --json machines | jq -r '.[] | select(.alias == "q35").name')
contract "$machine" Nehalem >contract.json
cpugate record --machine "$machine" --accel tcg --output record.json
cpugate check migration --guest contract.json --to host >/dev/null
echo
"$top_builddir/bench/move" "$top_builddir/cpugate" ./record.json ./contract.json

# Guests that go.
firmware=$top_builddir/tests/guest/plain.bin
[[ -s $firmware ]] || exit 0
for accel in tcg kvm; do
	[[ $accel != kvm || -w /dev/kvm ]] || continue
	echo
	"$top_builddir/bench/migrate" "$top_builddir/cpugate" "$emulator" "$firmware" "$accel"
done
