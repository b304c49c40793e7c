#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by helpers.bash and by run
# Exports of a real QEMU's answers under TCG, which are the same on every x86 host. What
# each format looks like is tried in unit/test-exports.c.
load helpers

setup()
{
	setup_test
	requires qemu-system-x86_64 jq
}

export_as()
{
	run cpugate export --accel tcg --emulator qemu-system-x86_64 --format "$@"
}

@test "a definition is given to each program in its own words" {
	local definition=qemu64,+lahf_lm,-svm

	export_as qemu "$definition"
	status_is 0
	[[ $output == qemu64,lahf-lm=on,svm=off ]]
	export_as nova "$definition"
	status_is 0
	output_has '[libvirt]' 'cpu_mode = custom' 'cpu_models = qemu64' 'lahf_lm' '-svm'
	export_as proxmox --name pool-1 "$definition"
	status_is 0
	output_has 'cpu-model: pool-1' $'\tflags +lahf-lm;-svm' $'\treported-model qemu64'
	export_as libvirt "$definition"
	status_is 0
	output_has "check='full'" "<feature policy='require' name='lahf_lm'/>" \
		"<feature policy='disable' name='svm'/>"
}

@test "a version that has a name goes by its name where versions aren't known" {
	export_as proxmox Westmere-v1
	status_is 0
	output_has 'reported-model Westmere'
	output_lacks Westmere-v1
	export_as qemu Westmere-v1
	[[ $output == Westmere-v1 ]]
}

@test "without a definition it is the best that the host can give, and starts" {
	export_as qemu
	status_is 0
	run timeout 20 qemu-system-x86_64 -accel tcg -cpu "$output,enforce" -m 16 -nodefaults \
		-display none -S -monitor stdio <<<quit
	status_is 0
}

@test "the host as metrics and as labels" {
	export_as prometheus
	status_is 0
	output_has 'cpugate_cpu_model_usable{model="qemu64"} 1' 'accel="tcg"'
	export_as nfd
	status_is 0
	[[ ${#lines[@]} -le 12 ]]
	output_has feature.node.kubernetes.io/cpugate-class= cpugate-accel=tcg
}

@test "in JSON the text is a member" {
	export_as qemu --json qemu64
	status_is 0
	json_has '.format == "qemu" and .definition == "qemu64" and .text == "qemu64\n"'
}

@test "what can't be had, can't be said or isn't asked right is refused with a sentence" {
	export_as qemu Haswell,+avx512f
	status_is 2
	output_has "cpugate: Haswell with these changes can't be had here: no" avx512f
	export_as libvirt qemu64,level=5
	status_is 2
	output_has "can't say level=5"
	export_as proxmox --name 'a b' qemu64
	status_is 2
	output_has "'a b' can't be the name"
	export_as nfd qemu64
	status_is 2
	output_has 'nfd is about this host'
	export_as yaml qemu64
	status_is 2
	output_has 'yaml is none of libvirt, nfd, nova, prometheus, proxmox and qemu'
	run cpugate export qemu64
	status_is 2
	output_has 'which format'
}

# libvirt has its own idea of what is in a model: what it gets from us must be all that it
# needs to agree with QEMU.
@test "libvirt takes our <cpu> for this host" {
	requires virsh
	virsh -c qemu:///system version >/dev/null 2>&1 || skip "libvirt doesn't run"
	export_as libvirt
	status_is 0
	cat >cpu.xml <<<"$output"
	run virsh -c qemu:///system hypervisor-cpu-compare --virttype qemu --error cpu.xml
	status_is 0
}
