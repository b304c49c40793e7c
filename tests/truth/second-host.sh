#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What second-host.bats does in one boot of another host, in the folder that is writable
# there. What comes out of it are the files named $1-*.
# shellcheck disable=SC1091,SC2034 # truth.bash is beside this file there
set -u -o pipefail
boot=$1
folder=$PWD

# SQLite's log needs shared memory, which the folder's file system hasn't.
bring()
{
	cp cache.db* /tmp/
	export CPUGATE_CACHE=/tmp/cache.db
}

take_home()
{
	cp /tmp/cache.db* "$folder/"
}

# answer NAME ARG...
answer()
{
	local name=$1
	shift

	echo "$SECONDS s: $name"
	./cpugate --json "$@" >"$boot-$name"
}

# free NAME ARG...: the same for what should be known; how many emulators it starts all
# the same is in NAME-started. (strace makes a measurement ten times slower, which is too
# much here.)
free()
{
	local name=$1
	shift

	echo "$SECONDS s: $name"
	strace -qq -ff --seccomp-bpf -e trace=execve -o "/tmp/trace-$name" \
		./cpugate --json "$@" >"$boot-$name"
	cat "/tmp/trace-$name".* | grep -c '/qemu-system-.* = 0$' >"$boot-$name-started"
}

bring
answer host host
answer why cache why
free tcg --accel tcg expand Haswell
answer kvm --accel kvm expand EPYC,+svm
free kvm-again --accel kvm expand EPYC,+svm
if [[ $boot == second ]]; then
	echo "$SECONDS s: vCPUs"
	. ./truth.bash
	machine_types=(q35)
	emulator=$(command -v qemu-system-x86_64)
	export PATH=$folder:$PATH top_builddir=$folder
	cd /tmp || exit
	compare_models kvm 486 EPYC max >"$folder/second-truth" 2>&1 3>&1
	echo "compare_models: $?" >>"$folder/second-truth"
fi
take_home
