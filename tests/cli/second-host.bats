#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# A cache that meets another host: another kernel, CPU and KVM, booted for real. It is
# warmed here ("first"), goes to a second host, from there to that host with another
# module parameter ("third"), and on to one whose CPU lacks a feature besides ("fourth").
# The boots are made once, by setup_file; the tests look at what came out of them.

load helpers
load ../truth/starts

# boot NAME [OPTION...]: tests/truth/second-host.sh there, or why not. What fails there is
# for the tests to see.
boot()
{
	local name=$1 status=0
	shift

	env -u XDG_CACHE_HOME "$top_srcdir/../shared/tools/second-host" -t 240 -w "$PWD" "$@" -- \
		bash ./second-host.sh "$name" >"$name-said" 2>&1 || status=$?
	[[ $status -ne 125 ]] || { echo "no $name host: $(tail -n 1 "$name-said")"; return 1; }
}

# Prints why there is nothing to look at.
prepare()
{
	[[ -x $top_srcdir/../shared/tools/second-host ]] || { echo 'no second-host'; return; }
	# The host is the same for both builds, and slow.
	[[ ${SANITIZERS-} != yes ]] || { echo 'runs in the build without sanitizers'; return; }
	command -v jq strace qemu-system-x86_64 >/dev/null || { echo 'something is missing'; return; }

	cp "$top_builddir/cpugate" "$top_srcdir"/tests/truth/{second-host.sh,truth.bash} .
	mkdir -p tests/truth
	cp "$top_builddir/tests/truth/vcpu" tests/truth/
	./cpugate --json probe >first-probe
	./cpugate --json host >first-host
	./cpugate --json --accel tcg expand Haswell >first-tcg
	[[ ! -w /dev/kvm ]] || ./cpugate --json --accel kvm expand EPYC,+svm >first-kvm
	boot second || return 0
	boot third -p kvm_amd.nested=0 || return 0
	boot fourth -p kvm_amd.nested=0 -c EPYC-Milan,-avx2 || return 0
}

setup_file()
{
	unset QEMU_MODULE_DIR CPUGATE_HOST_ROOT
	PATH=$top_builddir:$PATH
	export CPUGATE_CACHE=$BATS_FILE_TMPDIR/cache.db
	cd "$BATS_FILE_TMPDIR" || return
	prepare >no-host
}

setup()
{
	setup_test
	cd "$BATS_FILE_TMPDIR" || return
	[[ ! -s no-host ]] || skip "$(cat no-host)"
}

# parts BOOT: what `cache why` names there as the reason to measure U again. (Facts that
# weren't asked for in each boot have changed since longer ago.)
parts()
{
	jq -r '.remeasure[] | select(.fact == "unsupported").changed[].part' "$1-why" | sort
}

# differing HOST HOST: the parts in which two hosts differ, as they themselves say.
differing()
{
	jq -nr --slurpfile a "$1-host" --slurpfile b "$2-host" \
		'$a[0].parts as $a | $b[0].parts as $b |
		 $a + $b | keys[] | select($a[.] != $b[.])'
}

# only_parts BOOT REGEX: nothing else has changed there.
only_parts()
{
	run parts "$1"
	[[ -n $output ]] && ! grep -vE "^($2)\$" <<<"$output" ||
		refute_run "expected to have changed: only $2" || return
}

# from_is FILE measurement|cache
from_is()
{
	output=$(cat "$1" "${1%%-*}-said")
	[[ $(jq -r .from "$1") == "$2" ]] || refute_run "$1 should be from $2" || return
}

starts_none()
{
	[[ $(cat "$1-started") -eq 0 ]] || refute_run "$1 started $(cat "$1-started") emulators" ||
		return
}

@test "other hosts take over what TCG can do, and start no emulator for it" {
	local boot

	for boot in second third fourth; do
		from_is $boot-tcg cache
		starts_none $boot-tcg
		diff <(jq -S 'del(.from)' first-tcg) <(jq -S 'del(.from)' $boot-tcg)
		jq -e 'all(.remeasure[]; .accel == "kvm")' $boot-why
	done
}

@test "there all that differs is what has changed" {
	requires /dev/kvm
	run differing first second
	[[ -n $output ]]
	echo "# differs from here: ${output//$'\n'/ }" >&3
	diff <(differing first second) <(parts second | cut -d. -f1 | sort -u)
}

@test "there KVM is measured again, once, and differs" {
	from_is second-kvm measurement
	from_is second-kvm-again cache
	starts_none second-kvm-again
	diff <(jq -S 'del(.from)' second-kvm) <(jq -S 'del(.from)' second-kvm-again)
	requires /dev/kvm
	run diff <(jq .removed first-kvm) <(jq .removed second-kvm)
	status_is 1
}

@test "there too models are what their vCPUs are" {
	[[ $(jq -r '.parts."kvm-backend"' second-host) == kvm_amd ]]
	cat second-truth
	grep '^#' second-truth >&3
	grep -qx 'compare_models: 0' second-truth
}

@test "a module parameter there changes itself and what KVM supports, nothing else" {
	run parts third
	output_has kvm-parameters.kvm_amd.nested kvm-cpuid.
	only_parts third 'kvm-parameters\.kvm_amd\.nested|kvm-(cpuid|capabilities|msrs)\..*'
}

@test "with the parameter KVM is measured again: nested SVM is gone" {
	from_is third-kvm measurement
	from_is third-kvm-again cache
	jq -e '.effective | index("svm")' second-kvm
	jq -e '.removed | index("svm")' third-kvm
}

@test "a CPU without a feature there changes CPUID, nothing else" {
	run parts fourth
	output_has cpuid.cpu.0x7.0.ebx kvm-cpuid.0x7.0.ebx
	only_parts fourth '(kvm-)?cpuid\..*'
}

@test "without the feature KVM is measured again: it is gone" {
	from_is fourth-kvm measurement
	from_is fourth-kvm-again cache
	jq -e '.effective | index("avx2")' third-kvm
	jq -e '.removed | index("avx2")' fourth-kvm
}

@test "back home all is known as before" {
	export CPUGATE_CACHE=$PWD/cache.db
	cd "$TEST_DIR/work"
	counts --accel tcg expand Haswell
	started_is 0
	requires /dev/kvm
	counts --accel kvm expand EPYC,+svm
	started_is 0
	diff <(jq -S 'del(.from)' "$BATS_FILE_TMPDIR/first-kvm") <(jq -S 'del(.from)' answer)
}
