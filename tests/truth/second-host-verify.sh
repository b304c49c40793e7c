#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What second-host-verify.bats does in one boot of another host, in the folder that is
# writable there: vCPUs and guests of the emulator $2 under KVM, in a sample of $3 that
# begins at $4. What comes out of it are the files named $1-*.
# shellcheck disable=SC1091,SC2034 # what is beside this file there
set -u -o pipefail
folder=$PWD
name=$folder/$1
sample=$3
seed=$4

# A disk of its own: SQLite's log needs shared memory, and much is read often.
cp -r . /tmp/there
cd /tmp/there || exit
emulator=$(realpath "$(command -v "$2")")
export PATH=$PWD:$PATH top_builddir=$PWD CPUGATE_CACHE=/tmp/cache.db
. ./truth.bash
. ./guest.bash

cpugate --json host >"$name-host"
echo "$SECONDS s: verify"
cpugate --json verify --emulator "$emulator" --accel kvm --sample "$sample" --seed "$seed" \
	>"$name-verify" 2>"$name-complaint"
echo "$?" >"$name-status"

echo "$SECONDS s: guests"
accel=kvm
compare_pairs pc q35 -- 486 qemu64 Haswell EPYC Opteron_G5 max host >guests 2>&1 3>&1
echo "compare_pairs: $?" >>guests
cp guests "$name-guests"

# several CPU THREADS: two vCPUs, with so many in a package.
several()
{
	agrees q35 "$1" "2,sockets=$((3 - $2)),cores=$2,threads=1" "$2"
	echo "several $*: $?"
}

echo "$SECONDS s: several vCPUs"
for cpu in 486 EPYC,-apic EPYC Haswell; do
	several "$cpu" 1
	several "$cpu" 2
done >several-said 2>&1
cp several-said "$name-several"
echo "$SECONDS s"
