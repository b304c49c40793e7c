#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2154 # variables of helpers
# The product's promise: the effective set is that of the vCPU that a guest gets, and what
# is called usable starts. The other side of the comparison are real vCPUs.

load helpers
load ../truth/truth

setup_file()
{
	command -v jq qemu-system-x86_64 >/dev/null || return 0
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
}

# Definitions with overrides: E is asked for exactly this string, and the same U is taken
# off.
custom=('Haswell,-aes,+avx512f' 'EPYC,-svm,+x2apic,+vmx' '486,+sse2,rdctl-no=on')

@test "TCG: models are what their vCPUs are" {
	use_installed
	compare_models tcg
}

@test "KVM: models are what their vCPUs are" {
	use_installed
	requires /dev/kvm
	compare_models kvm
}

@test "a definition of one's own is what its vCPU is" {
	use_installed
	machine_types=(q35)
	compare_models tcg "${custom[@]}"
	if [[ -w /dev/kvm ]]; then
		compare_models kvm "${custom[@]}"
	fi
}

@test "TCG: models of a second QEMU are what their vCPUs are" {
	use_qemu_10
	compare_models tcg
}

@test "KVM: models of a second QEMU are what their vCPUs are" {
	use_qemu_10
	requires /dev/kvm
	compare_models kvm
}

@test "these comparisons notice a wrong answer" {
	local compared unstartable

	use_installed
	vocabulary "$emulator" >names
	expand q35 tcg Haswell
	same_as_vcpu q35 tcg Haswell

	run same_as_vcpu q35 tcg Haswell,popcnt=off
	status_is 1
	output_has 'effective set' -popcnt

	run same_as_vcpu q35 tcg qemu64
	status_is 1
	output_has 'usable is wrong'

	jq '.usable = true' answer >wrong
	mv wrong answer
	run same_as_vcpu q35 tcg Haswell
	status_is 1
	output_has 'usable is wrong'
}
