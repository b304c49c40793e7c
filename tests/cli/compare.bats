#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash and by run
# shellcheck disable=SC2016 # what is in single quotes is for jq
# Comparing definitions, records and this host: QEMU's words in QEMU's direction, virsh's on
# request, and the same answer from a file as from the emulator.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	setup_test
	unset CPUGATE_CACHE
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64 jq
}

# compare STATUS RESULT ARGUMENT...
compare()
{
	run cpugate --json compare "${@:3}"
	status_is "$1" || return
	json_has ".result == \"$2\""
}

record()
{
	cpugate record --accel "${2-tcg}" --output "$1"
}

@test "words and direction are those of QEMU" {
	compare 0 subset Westmere Haswell --accel tcg
	json_has '."only-a" == [] and (."only-b" | index("avx2"))'
	json_has '."responsible-properties" | index("avx2") and index("model")'
	compare 1 superset Haswell Westmere --accel tcg
	json_has '."only-b" == [] and .verdict == "no"'
	compare 0 identical Haswell Haswell --accel tcg
	json_has '."responsible-properties" == []'
	compare 0 identical Haswell,+avx2 Haswell --accel tcg
	compare 1 incompatible Haswell,-avx Westmere,+3dnow --accel tcg
}

@test "not only features count" {
	compare 1 incompatible Haswell,vendor=AuthenticAMD Haswell --accel tcg
	json_has '.reasons[0].code == "identity.vendor" and ."responsible-properties" == ["vendor"]'
	compare 1 superset Haswell,level=14 Haswell --accel tcg
	json_has '.reasons[0].code == "width.level"'
	compare 0 subset Haswell Haswell,level=14 --accel tcg
	compare 1 incompatible Haswell,stepping=9 Haswell --accel tcg
	json_has '.reasons[0].code == "identity.model"'
	# What can do more anyway may have another number.
	compare 0 subset Haswell,stepping=9,-avx2 Haswell --accel tcg
}

@test "two records of identical hosts never yield no, in either direction" {
	local accel

	for accel in tcg kvm; do
		[[ $accel == tcg || (-r /dev/kvm && -w /dev/kvm) ]] || continue
		record a.json $accel
		rm -rf "$XDG_CACHE_HOME"
		record b.json $accel
		compare 0 identical a.json b.json
		compare 0 identical b.json a.json
		compare 0 identical a.json host --accel $accel
		compare 0 identical host a.json --accel $accel
	done
}

@test "a record answers as the emulator does, without it" {
	local a b

	record here.json
	for a in Westmere Haswell EPYC,-avx2 Nehalem,+aes,+avx; do
		run cpugate --json compare "$a" here.json
		[[ $status -le 1 ]] || refute_run "$a"
		b=$(jq -c '[.result, ."only-a"]' <<<"$output")
		run cpugate --json compare "$a" host --accel tcg
		[[ $b == "$(jq -c '[.result, ."only-a"]' <<<"$output")" ]] || refute_run "$a: $b"
	done
	run env PATH="$top_builddir:/nowhere" XDG_CACHE_HOME=/nowhere "$top_builddir/cpugate" \
		compare Westmere here.json
	status_is 0
	output_has 'subset: Westmere runs wherever '
}

@test "what a guest may have is what expand says" {
	local model

	record here.json
	for model in qemu64 Nehalem Haswell EPYC-v1; do
		run cpugate --json expand $model --accel tcg
		removed=$(jq -c .removed <<<"$output")
		run cpugate --json compare $model here.json
		json_has '."only-a" == $removed' --argjson removed "$removed"
	done
}

@test "--like-virsh: sentences and exit status" {
	record here.json
	run cpugate compare --like-virsh Westmere here.json
	status_is 0
	[[ $output == 'Host CPU is a superset of CPU described in Westmere' ]] || refute_run
	run cpugate compare --like-virsh Westmere Westmere --accel tcg
	status_is 0
	[[ $output == 'CPU described in Westmere is identical to host CPU' ]] || refute_run
	run cpugate compare --like-virsh Haswell Westmere --accel tcg
	status_is 1
	[[ $output == 'CPU described in Haswell is incompatible with host CPU' ]] || refute_run
	# Levels don't count there, and what is switched off is nobody's business.
	run cpugate --json compare --like-virsh Haswell,level=20 Haswell --accel tcg
	status_is 0
	json_has '.virsh == {"result": "identical", "number": 1, "compatible": true}'
	run cpugate --json compare --like-virsh Haswell,-avx2 Haswell --accel tcg
	json_has '.virsh.result == "identical"'
}

@test "what a record doesn't tell is undecided" {
	record here.json
	run --separate-stderr cpugate compare Haswell here.json --machine pc-q35-2.4
	status_is 3
	[[ $stderr == *"doesn't tell what Haswell on pc-q35-2.4 asks for"* ]] || refute_run "$stderr"
}

@test "wrong questions are refused, with a sentence" {
	local try

	record here.json
	for try in 'Haswell' 'Nope here.json' 'Haswell,avx3=on here.json' 'qmp:sock here.json' \
		'./missing.json here.json' 'Haswell here.json --machine nope' 'Haswell, here.json,'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr cpugate compare $try
		status_is 2 || refute_run "$try"
		[[ -z $output && $stderr == 'cpugate: '* && $stderr != *$'\n'* ]] ||
			refute_run "$try" "$stderr"
	done
	run cpugate compare Haswell,avx3=on here.json
	output_has 'did you mean avx'
}

@test "hosts-for: a verdict each, best first" {
	record one.json
	cpugate record --accel tcg --machine q35 --output two.json
	run cpugate --json hosts-for Westmere one.json two.json
	status_is 0
	json_has '.verdict == "yes" and [.hosts[].verdict] == ["yes", "yes"]'
	run cpugate --json hosts-for Haswell one.json two.json
	status_is 1
	json_has '.hosts | all(.verdict == "no" and .reasons[0].code == "missing.vmm" and
		(.reasons | map(.feature) | index("pcid")) and (.reasons | all(.remedy and .words)))'
	run cpugate hosts-for Westmere one.json two.json
	output_has 'HOST' 'features to spare' '2 of 2 hosts can take it.'
	# The machine type is part of the guest, and one emulator may be too old.
	run cpugate --json hosts-for Westmere one.json --machine pc-i440fx-99.0
	status_is 2
	output_has 'no host has machine type pc-i440fx-99.0'
	for try in 'Nope one.json' 'Haswell,avx3=on one.json' 'host one.json' Haswell; do
		# shellcheck disable=SC2086
		run cpugate hosts-for $try
		status_is 2 || refute_run "$try"
	done
}

# edited SED FROM TO: a record with this done to it, whose digests are right again.
edited()
{
	local fingerprint

	sed -E "$1"'; s/"digest":"[0-9a-f]{64}",//' "$2" >rest
	fingerprint=$(jq -cSj .host.parts rest | sha256sum | cut -d ' ' -f 1)
	sed -E "s/(\"fingerprint\":\")[0-9a-f]{64}/\1$fingerprint/" rest | tr -d '\n' >rest2
	sed "s/^{/&\"digest\":\"$(sha256sum <rest2 | cut -d ' ' -f 1)\",/" rest2 >"$3"
}

# code_is CODE: the reason why the host can't give a guest 3dnow.
code_is()
{
	run cpugate --json hosts-for 486,+3dnow host.json
	json_has '[.hosts[0].reasons[] | select(.feature == "3dnow").code] == [$code]' --arg code "$1"
}

@test "where a feature is lost: in the CPU, in KVM or in QEMU" {
	local edx='"0x80000001.edx":"0x[0-9a-f]*"'

	requires /dev/kvm
	record real.json kvm
	# What no CPU has had for years, no CPU has here; then the CPU's own bits are all set, and then
	# KVM's as well.
	edited '' real.json host.json
	code_is missing.host
	edited "s/$edx/\"0x80000001.edx\":\"0xffffffff\"/" real.json host.json
	code_is missing.kernel-filter
	edited "s/$edx/\"0x80000001.edx\":\"0xffffffff\"/g" real.json host.json
	code_is missing.vmm
}
