#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2154 # variables of helpers
# The last word has the guest: firmware of our own runs CPUID, and every bit that features
# stand for is what cpugate's answer and the rules in cpumodels/visible.h say. And QEMU
# has each feature where cpumodels/leaves.c has it.

load helpers
load ../truth/truth
load ../guest/guest

machine_types=(pc q35 pc-q35-4.0 pc-i440fx-2.4 isapc microvm)
models=(486 n270 qemu64 Haswell Skylake-Server EPYC Opteron_G5 max)

setup_file()
{
	command -v jq qemu-system-x86_64 >/dev/null || return 0
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
	# All tests share one cache: what isn't about it needn't be measured twice.
	mkdir -p "$BATS_FILE_TMPDIR/cache"
}

setup()
{
	setup_test
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	accel=tcg
}

# Every name but those of KVM's leaf, which TCG drops, and those of MSRs.
check_leaves()
{
	vocabulary "$emulator" >names
	places <names >table
	run grep -- ' -$' table
	status_is 1
	grep CPUID table | grep -vF 'CPUID.40000001H:EAX' >ours
	places_in_qemu tcg <names >theirs
	diff -U0 ours theirs
	echo "# $(wc -l <names) names; $(wc -l <ours) bits of CPUID as QEMU has them" >&3
}

check_msrs()
{
	vocabulary "$emulator" >names
	places <names | grep MSR | bits_of_controls >ours
	msrs_in_qemu <names >theirs
	diff -U0 ours theirs
	echo "# $(wc -l <ours) bits of MSRs as QEMU names them" >&3
	[[ $(wc -l <ours) -ge 100 ]]
}

check_pairs()
{
	local compared

	compare_pairs "${machine_types[@]}" -- "${models[@]}"
	[[ $compared -ge 40 ]]
}

# topology SMP THREADS: so many are in a package, and that's what it shows.
topology()
{
	agrees q35 Haswell "$1" "$2"
	agrees q35 EPYC "$1" "$2"
}

check_topology()
{
	topology 2,sockets=2,cores=1,threads=1 1
	topology 2,sockets=1,cores=2,threads=1 2
	topology 2,sockets=1,cores=1,threads=2 2
	topology 8,sockets=2,cores=2,threads=2 4
	agrees q35 Haswell,vendor=CentaurHauls 2,cores=2 2
	agrees q35 486,vendor=AuthenticAMD 2,cores=2 2
	agrees q35 486,vendor=AuthenticAMD,xlevel=0x80000000 2,cores=2 2

	# Without the rule.
	run agrees_with . q35 Haswell 2,sockets=1,cores=2,threads=1 1
	status_is 1
	output_has '+CPUID.01H:EDX[28] ht'
	output_lacks cmp-legacy
	run agrees_with . q35 EPYC 2,sockets=1,cores=2,threads=1 1
	status_is 1
	output_has '+CPUID.01H:EDX[28] ht' '+CPUID.80000001H:ECX[1] cmp-legacy'

	# What plain numbers mean is up to the machine type.
	agrees pc Haswell 2 2
	agrees pc-q35-4.0 Haswell 2 1
}

# check_dies THREADS: two dies of one core each are so many threads, and raise the
# highest leaf; on AMD's CPUs only those of old machine types.
check_dies()
{
	local dies=2,sockets=1,dies=2,cores=1,threads=1

	agrees q35 Haswell $dies "$1,dies"
	agrees q35 Haswell,level=13 $dies "$1,dies" && return 1
	agrees q35 Haswell,level=14 $dies "$1,dies"
	agrees q35 EPYC $dies "$1,dies"
	agrees pc-q35-4.0 EPYC $dies "$1,dies"
	run agrees_with . q35 Haswell $dies "$1"
	status_is 1
	output_has '+level 0x1f'
}

# hidden FILTER NAME... -- MACHINE CPU: these are effective, and no guest sees them;
# whoever believes an answer changed by the filter misses them.
hidden()
{
	local filter=$1 names=()
	shift

	while [[ $1 != -- ]]; do
		names+=("$1")
		shift
	done
	shift
	agrees "$@"
	for name in "${names[@]}"; do
		jq -e --arg name "$name" '.effective | index($name)' answer >/dev/null
	done
	run agrees_with "$filter" "$@"
	status_is 1
	for name in "${names[@]}"; do
		output_has "] $name"
	done
}

check_levels()
{
	hidden '.properties.level = 13' avx2 bmi1 xsaveopt -- q35 Haswell,level=5
	hidden '.properties.level = 13' xsaveopt -- q35 Haswell,level=7
	hidden '.properties.xlevel = 2147483658' npt -- q35 EPYC,svm=on,xlevel=0x80000008
	hidden '.properties.xlevel = 2147483656' lm syscall -- q35 Haswell,xlevel=0
	agrees q35 Haswell,level=1
	agrees q35 max,level-func7=0
}

check_gates()
{
	# A leaf without its feature.
	hidden '.effective += ["xsave"]' xsaveopt -- q35 Haswell,xsave=off

	# An MSR without its feature: nobody reads it. Where TCG keeps the bits they are
	# still effective.
	ask q35 base,level=7,arch-capabilities=on,rdctl-no=on >answer
	jq -e '.requested | index("rdctl-no") and index("arch-capabilities")' answer
	jq -e '.effective | index("arch-capabilities") | not' answer
	guest q35 base,level=7,arch-capabilities=on,rdctl-no=on 1 1 answer
}

# Only a CPU that is forced to keep it has pdcm here.
check_pdcm()
{
	local cpu=Haswell,pdcm=on,x-force-features=on forced='.effective = .requested'

	run agrees_with "$forced" q35 "$cpu,pmu=on"
	status_is 0
	run agrees_with "$forced" q35 "$cpu,pmu=off"
	status_is 0
	jq -e '.effective | index("pdcm")' answer
	run agrees_with "$forced | .properties.pmu = true" q35 "$cpu,pmu=off"
	status_is 1
	output_has '-CPUID.01H:ECX[15] pdcm'
	[[ ${#lines[@]} -eq 2 ]] # it is read twice
}

check_aliases()
{
	agrees q35 EPYC,vendor=GenuineIntel
	agrees q35 EPYC,vendor=HygonGenuine
	agrees q35 Haswell,vendor=AuthenticAMD
	run agrees_with '.properties.vendor = "AuthenticAMD"' q35 Haswell
	status_is 1
	output_has '-CPUID.80000001H:EDX[0] (' '-CPUID.80000001H:EDX[24] ('
}

# word PASS LEAF COLUMN: a register that the guest said, as a number.
word()
{
	awk -v pass="$1" -v leaf="$2" -v column="$3" '
	$1 == pass && $2 == leaf && $3 == "00000000" { print "0x" $column }' words
}

# changes FROM TO LEAF COLUMN BITS: just these bits are otherwise in another pass.
changes()
{
	[[ $(($(word "$1" "$3" "$4") ^ $(word "$2" "$3" "$4"))) -eq $(($5)) ]]
}

# What these expect is what cg_visible_dynamic() says, which the comparisons rely on.
check_dynamic()
{
	local syscall=0

	guest q35 Haswell,pku=on >words
	changes g x 00000001 6 '1 << 27'
	changes g x 00000001 7 '1 << 9'
	changes g x 00000007 6 '1 << 4'
	changes g x 80000001 7 0
	# In real mode. QEMU 7.2 shows it there too.
	[[ $emulator != "$QEMU_10"/* ]] || syscall='1 << 11'
	changes r g 80000001 7 "$syscall"
	changes r g 00000001 7 0
	agrees q35 Haswell,pku=on
	agrees q35 Haswell,lm=off

	guest q35 EPYC >words
	changes g x 80000001 7 0
	changes r g 80000001 7 0
}

@test "features are where QEMU has them in CPUID" {
	use_installed
	check_leaves
}

@test "features are where QEMU has them in MSRs" {
	use_installed
	check_msrs
}

@test "KVM's features are where QEMU has them" {
	use_installed
	requires /dev/kvm
	vocabulary "$emulator" | grep kvm >names
	places <names >ours
	places_in_qemu kvm <names | diff -U0 ours -
}

@test "KVM's features are where a second QEMU has them" {
	use_qemu_10
	requires /dev/kvm
	vocabulary "$emulator" | grep kvm >names
	places <names >ours
	places_in_qemu kvm <names | diff -U0 ours -
}

@test "features are where a second QEMU has them in CPUID" {
	use_qemu_10
	check_leaves
}

@test "features are where a second QEMU has them in MSRs" {
	use_qemu_10
	check_msrs
}

@test "a guest sees what is predicted" {
	use_installed
	requires_guest
	check_pairs
}

@test "a guest of a second QEMU sees what is predicted" {
	use_qemu_10
	requires_guest
	check_pairs
}

@test "KVM: a guest sees what is predicted" {
	use_installed
	requires_guest
	requires /dev/kvm
	[[ -e /sys/module/kvm_intel || -e /sys/module/kvm_amd ]] ||
		skip 'this KVM shows guests the CPUID of the host'
	accel=kvm
	compare_pairs pc q35 -- qemu64 Haswell EPYC host max
}

@test "threads of a package show as ht, and cmp-legacy on AMD" {
	use_installed
	requires_guest
	check_topology
	check_dies 1
}

@test "threads of a package show on a second QEMU, and dies count" {
	use_qemu_10
	requires_guest
	check_topology
	check_dies 2
}

@test "what is above the highest leaf is hidden" {
	use_installed
	requires_guest
	check_levels
}

@test "what is above a second QEMU's highest leaf is hidden" {
	use_qemu_10
	requires_guest
	check_levels
	hidden '.properties."level-func7" = 1' cmpccxadd fsrs -- q35 max,level-func7=0
}

@test "children go with their parent" {
	use_installed
	requires_guest
	check_gates
}

@test "children of a second QEMU go with their parent" {
	use_qemu_10
	requires_guest
	check_gates
	jq -e '.effective | index("rdctl-no")' answer
}

@test "pdcm is hidden without a pmu" {
	use_installed
	requires_guest
	check_pdcm
	use_qemu_10
	check_pdcm
}

@test "AMD's copies of bits are where the vendor is AMD" {
	use_installed
	requires_guest
	check_aliases
	use_qemu_10
	check_aliases
}

@test "the bits that a running guest changes are these" {
	use_installed
	requires_guest
	check_dynamic
}

@test "the bits that a guest of a second QEMU changes are these" {
	use_qemu_10
	requires_guest
	check_dynamic
}

# sees FILTER TEXT...: with the filter's change in the answer the comparison fails and
# says so.
sees()
{
	run agrees_with "$1" q35 Haswell
	status_is 1
	shift
	output_has "$@"
}

@test "these comparisons notice a wrong answer" {
	use_installed
	requires_guest
	run agrees_with . q35 Haswell
	status_is 0
	[[ -z $output ]]

	sees '.effective -= ["avx2"]' '+CPUID.(EAX=07H,ECX=0):EBX[5] avx2'
	sees '.effective += ["rtm"]' '-CPUID.(EAX=07H,ECX=0):EBX[11] rtm'
	sees '.effective -= ["xsave"]' '+CPUID.01H:ECX[26] xsave'
	sees '.requested -= ["avx"]' '+CPUID.(EAX=0DH,ECX=0):EAX[2] (no name)'
	sees '.effective += ["pku"]' '-CPUID.(EAX=0DH,ECX=0):EAX[9] (no name)'
	sees '.properties.level = 12' '-level 0xc' '+level 0xd'
	sees '.properties."level-func7" = 1' '-level-func7 0x1'
	sees '.properties.xlevel = 2147483652' '+xlevel 0x80000008'
	sees '.properties.vendor = "AuthenticAMD"' "+vendor 'GenuineIntel'"
	sees '.properties.model = 61' '+family, model, stepping 0x306c4'
	sees '.properties."model-id" = "Haswell"' "-model-id 'Haswell'"
	sees '.properties."phys-bits" = 46' '-phys-bits 0x2e'
	run agrees_with '.effective += ["avx3"]' q35 Haswell
	status_is 2
	run agrees_with 'del(.properties.level)' q35 Haswell
	status_is 2
	run agrees q35 Haswell,enforce
	status_is 1
	output_has "doesn't support requested features"
}

@test "the comparisons of places notice a wrong one" {
	use_installed
	# QEMU switches on another feature than the table is asked for.
	printf '%s\n' bmi1 avx2 hle >names
	printf '%s\n' bmi1 avx2 rtm | places | sed 's/^rtm/hle/' >ours
	places_in_qemu tcg <names >theirs
	run diff ours theirs
	status_is 1
	output_has '< hle CPUID.(EAX=07H,ECX=0):EBX[11]'
	output_has '> hle CPUID.(EAX=07H,ECX=0):EBX[4]'
	output_lacks bmi1 avx2

	printf '%s\n' vmx-ept rdctl-no vmx-cr3-load-noexit >names
	places <names | bits_of_controls >ours
	msrs_in_qemu <names | diff ours -
	sed -i 's/\[0\]/[1]/' ours
	run diff ours <(msrs_in_qemu <names)
	status_is 1
	output_has '< rdctl-no MSR 10AH[1]'
	output_lacks vmx
}
