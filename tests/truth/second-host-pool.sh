#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What second-host-pool.bats does on each host of a pool, in the folder that is writable
# there: write a record of the host $1 into $1-$2.json, measured now, and then start what
# the files "definitions" and "machines" say, line by line. What is known in the end is in
# the record $1-told.json.
set -u -o pipefail
folder=$PWD
name=$1

echo "$name" >/proc/sys/kernel/hostname
mkdir /tmp/there
cp cpugate /tmp/there/
cd /tmp/there || exit
export CPUGATE_CACHE=/tmp/there/cache.db
./cpugate record --accel kvm --output record.json || exit
cp record.json "$folder/$name-$2.json"
[[ -e $folder/definitions ]] || exit 0
: >"$folder/$name-expanded"

# started DEFINITION MACHINE: QEMU has a vCPU of it, and took nothing away.
started()
{
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"quit"}' |
		timeout 100 qemu-system-x86_64 -nodefaults -display none -S -m 16 \
			-machine "$2,accel=kvm" -cpu "$1,enforce" -qmp stdio
}

while read -r definition && read -r machine <&3; do
	echo "$SECONDS s: $definition"
	started "$definition" "$machine" && echo started
	./cpugate --json expand "$definition" --accel kvm --machine "$machine" \
		>>"$folder/$name-expanded"
done <"$folder/definitions" 3<"$folder/machines"
./cpugate record --accel kvm --output record.json && cp record.json "$folder/$name-told.json"
