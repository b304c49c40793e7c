#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # what is for jq; variables of helpers
# shellcheck disable=SC2001,SC2030,SC2031,SC2086,SC2206 # command lines are words
# QEMU command lines: what is read from them is what QEMU reads, what is said about them is
# what it does, and pinned they mean the same guest to another QEMU.
bats_require_minimum_version 1.5.0

load helpers
load fake
load ../truth/truth

setup_file()
{
	command -v jq qemu-system-x86_64 >/dev/null || return 0
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
}

use_qemu_10()
{
	[[ $QEMU_10 != missing* ]] || skip "no second QEMU (${QEMU_10#*: })"
	emulator_10=$QEMU_10/qemu-system-x86_64
}

# read_as MACHINE ACCEL DEFINITION ARGUMENT...: how the fake's command line is read.
read_as()
{
	ask --json check launch -- "$emulator" "${@:4}"
	[[ $status -ne 2 ]] || refute_ask "not answered: ${*:4}" || return
	json_has '.machine == $m and .accel == $a and .definition == $d' \
		--arg m "$1" --arg a "$2" --arg d "$3" || refute_ask "${*:4}" || return
}

# decides STATUS CODE WORDS ARGUMENT...
decides()
{
	ask --json check launch -- "$emulator" "${@:4}"
	status_is "$1" || refute_ask "${*:4}" || return
	json_has '.reasons | any(.code == $c and (.words | contains($w)))' --arg c "$2" --arg w "$3"
}

@test "the last word on each thing counts, in every spelling" {
	use_fake
	read_as pc-q35-7.2 tcg 486 -M q35 -cpu 486
	read_as pc-q35-7.2 tcg 486 --machine q35 --cpu 486
	read_as pc-q35-7.2 tcg 486 -machine type=q35 -cpu qemu64 -cpu 486
	read_as pc-q35-7.2 tcg 486 -M pc,accel=tcg -M type=q35,smm=off -cpu 486
	read_as pc-q35-7.2 tcg 486 -M smm=off -accel tcg,thread=single -M q35 -cpu 486
	read_as pc-i440fx-7.2 tcg qemu64
	read_as pc-i440fx-7.2 tcg qemu64 -m 64 disk.img '' -S -daemonize -incoming defer
	read_as pc-i440fx-7.2 tcg 486,avx=on,pni=off -cpu 486,-sse3,+avx
	read_as pc-i440fx-7.2 tcg 486 -accel nosuch -accel tcg -cpu 486
	read_as pc-i440fx-7.2 tcg 486 -machine accel=hvf:tcg -cpu 486
}

@test "values are no options, whatever they look like" {
	use_fake
	read_as pc-i440fx-7.2 tcg 486 -cpu 486 -name -cpu -append -M -kernel --accel
	read_as pc-i440fx-7.2 tcg 486 -name guest=a,,-cpu -cpu 486 -fw_cfg name=opt/a,string=-M
	read_as pc-i440fx-7.2 tcg 486 -cpu 486 -device virtio-rng-pci,id=x-cpu -drive file=a,,b
}

@test "-global of a CPU type is an override before those of -cpu" {
	use_fake
	read_as pc-i440fx-7.2 tcg 486,avx=off -cpu 486 -global x86_64-cpu.avx=off
	read_as pc-i440fx-7.2 tcg 486,avx=off -global 486-x86_64-cpu.avx=off -cpu 486
	read_as pc-i440fx-7.2 tcg 486,avx=on -global 486-x86_64-cpu.avx=off -cpu 486,avx=on
	read_as pc-i440fx-7.2 tcg 486 -global Haswell-x86_64-cpu.avx=off -cpu 486
	read_as pc-i440fx-7.2 tcg 486,avx=off \
		-global driver=x86_64-cpu,property=avx,value=off -cpu 486
	read_as pc-i440fx-7.2 tcg 486 -global PIIX4_PM.disable_s3=1 -cpu 486
	decides 3 launch.unread 'no words for' -global x86_64-cpu.vendor=a,b -cpu 486
}

@test "-readconfig counts where it stands" {
	use_fake
	printf '%s\n' '# a comment' '' '[machine]' '  type = "q35"' '  accel = "tcg"' \
		'[smp-opts]' '  cpus = "2"' '[global]' '  driver = "x86_64-cpu"' \
		'  property = "avx"' '  value = "off"' '[drive "a"]' '  file = "x"' >conf
	read_as pc-q35-7.2 tcg 486,avx=off -M pc -readconfig conf -cpu 486
	json_has '.vcpus.cpus == 2'
	read_as pc-i440fx-7.2 tcg 486,avx=off -readconfig conf -M pc -cpu 486
	decides 1 launch.refused 'no such file' -readconfig nothing
	echo 'type = "q35"' >bad
	decides 1 launch.refused 'before the first group' -readconfig bad
	mkfifo pipe
	decides 3 launch.unread 'no regular file' -readconfig pipe
}

@test "vCPUs are counted as QEMU counts them" {
	local try

	use_fake
	while read -r -a try; do
		ask --json check launch -- "$emulator" -cpu 486 "${try[@]:2}"
		json_has ".vcpus == {cpus: ${try[0]}, maxcpus: ${try[1]}}" || refute_ask "${try[*]}"
	done <<-'EOF'
		1 1
		4 4 -smp 4
		4 8 -smp cpus=4,maxcpus=8
		8 8 -smp sockets=2,cores=2,threads=2
		2 2 -smp 4 -smp 2
		2 6 -smp 2 -M smp.maxcpus=6
		8 8 -smp 8,sockets=2
	EOF
	decides 1 launch.refused 'multiply' -smp 3,sockets=2
	decides 1 launch.refused 'less than cpus' -smp 4,maxcpus=2
	decides 1 launch.refused 'no number' -smp two
	decides 1 topology.maxcpus '' -smp 100000
}

@test "what QEMU refuses is a no, what isn't looked at is undecided" {
	use_fake
	decides 1 launch.refused 'requires an argument' -m 64 -cpu
	decides 1 launch.refused "don't go together" -accel tcg -machine accel=tcg
	decides 1 launch.refused 'two spellings' -M kernel_irqchip=on,kernel-irqchip=on
	decides 1 launch.refused "expected '='" -M q35,foo
	decides 1 launch.refused 'inconsistently' -M smp=2 -smp 3
	decides 1 launch.refused 'no UUID' -uuid 1234
	decides 1 launch.refused 'no guest' -version
	decides 1 launch.refused 'no guest' -cpu help
	decides 1 launch.refused 'no guest' -M q35,help
	decides 1 launch.refused 'no option -shim' -shim x
	decides 1 machine.absent q36 -M q36
	decides 1 launch.refused 'no CPU' -M none
	decides 3 launch.unread frobnicate --frobnicate x -cpu 486
	decides 3 launch.unread 'known as -' - -cpu 486
	decides 3 launch.unread 'vCPU of its own' -cpu 486 -device 486-x86_64-cpu,id=a
	decides 3 launch.unread 'vCPU of its own' -cpu 486 -device '{"driver":"486-x86_64-cpu"}'
	decides 3 launch.unread confidential -M q35,confidential-guest-support=sev0 -cpu 486
	decides 3 launch.unread 'accelerator xen' -accel xen -cpu 486
	decides 3 launch.unread 'some QEMUs' -smp 1,cores=0
	decides 3 launch.unread 'such a topology' -smp 2,clusters=2 -cpu 486
	ask check launch --
	refused 'which verb' || refused 'QEMU ARGUMENT' || refused check
	ask check launch -- ./nothing
	refused nothing
	ask check launch --accel nosuch -- "$emulator"
	refused nosuch
}

@test "a warm answer starts no QEMU, and is the cold one" {
	use_fake
	ask --json check launch -- "$emulator" -M q35 -cpu 486
	status_is 0
	started_is some
	answer_itself >cold
	ask --json check launch -- "$emulator" -cpu 486 -m 1G -M type=q35
	started_is 0
	answer_itself | diff cold -
	ask --json pin -- "$emulator" -M q35 -cpu 486
	answered
	started_is 0
}

@test "a record answers, whatever the emulator is called" {
	use_fake
	cpugate record --emulator "$emulator" --machine q35 --accel tcg --output record.json
	ask --json check launch --record record.json -- qemu -M q35 -cpu 486
	status_is 0
	started_is 0
	json_has '.machine == "pc-q35-7.2" and .from == "record"'
	ask --json check launch --record record.json -- qemu -M q35 -cpu Haswell
	status_is 1
	ask --json check launch --record record.json -- qemu -M pc-q35-99 -cpu 486
	json_has '.reasons[0].code | IN("machine.absent", "launch.unread", "start.failed")'
	ask --json check launch --record nothing.json -- qemu
	refused nothing.json
}

@test "hostile command lines are answered in time" {
	use_fake
	ask check launch -- "$emulator" -cpu 486
	mapfile -t many < <(yes -- -device | head -10000)
	ask --json check launch -- "$emulator" "${many[@]}" -cpu 486
	[[ $status -ne 2 || -n $stderr ]]
	mapfile -t many < <(yes '' | head -10000)
	ask --json check launch -- "$emulator" "${many[@]}" -cpu 486
	status_is 0
	long=$(head -c 120000 /dev/zero | tr '\0' ,)
	ask --json check launch -- "$emulator" -M "$long" -cpu 486
	status_is 1
	ask --json check launch -- "$emulator" -name "$long" -cpu 486
	status_is 0
	long=$(head -c 120000 /dev/zero | tr '\0' .)
	ask --json check launch -- "$emulator" -M "a$long=1" -cpu 486
	status_is 1
	ask --json check launch -- "$emulator" -cpu "486,$long"
	status_is 3 || status_is 1
	ask --json check launch -- "$emulator" -cpu ''
	status_is 1
	ask --json check launch -- ''
	status_is 1
	ask check launch -- "$emulator" -cpu $'\xff'
	refused UTF-8
}

@test "what is missing is said feature by feature" {
	use_fake
	ask --json check launch -- "$emulator" -cpu Haswell
	status_is 1
	json_has '.verdict == "no" and (.reasons | all(.code == "missing.vmm")) and
		([.reasons[].feature] == .removed)'
	ask check launch -- "$emulator" -cpu Haswell
	output_has 'no: Haswell on pc-i440fx-7.2, tcg' missing.vmm
}

@test "why a feature is missing is what explain says" {
	local said

	requires jq qemu-system-x86_64 /dev/kvm
	ask --json check launch -- qemu-system-x86_64 -accel kvm -cpu Haswell,+avx512f
	[[ $status -ne 0 ]] || skip 'this host has all of it'
	said=$(jq -c '[.reasons[] | select(.feature)] | group_by(.code) |
		map({code: .[0].code, features: (map(.feature) | sort)})' <<<"$output")
	ask --json explain --accel kvm Haswell,+avx512f
	[[ $said == "$(jq -c '[.causes[] | {code, features: (.features | sort)}] | sort_by(.code)' \
		<<<"$output")" ]] || refute_ask "check launch: $said"
	[[ $said == *missing.* ]]
}

@test "a pinned command line differs in the machine type and the CPU only" {
	requires jq qemu-system-x86_64
	use_fake
	emulator=qemu-system-x86_64
	ask --json pin -- "$emulator" -M smm=off,type=q35 -name "it's" -cpu qemu64 -cpu Haswell,-hle x.img
	answered
	json_has '.long.argv[1:3] == ["-M", "smm=off,type=pc-q35-7.2"] and
		.long.argv[3:7] == ["-name", "it'"'"'s", "-cpu", "qemu64"] and
		.long.argv[-1] == "x.img" and .short.argv[8] == "Haswell-v1,hle=off"'
	json_has '.long.cpu | startswith("Haswell-v1,") and endswith(",enforce=on") and
		contains(",hle=off,") and contains(",avx2=on,") and contains(",rtm=off,")'
	argv=$(jq -c .long.argv <<<"$output")
	ask pin -- "$emulator" -M smm=off,type=q35 -name "it's" -cpu qemu64 -cpu Haswell,-hle x.img
	[[ $(eval "set -- $output"; jq -nc '$ARGS.positional' --args -- "$@") == "$argv" ]]
	ask pin --both -- "$emulator"
	[[ ${lines[0]} == "$emulator -machine pc-i440fx-7.2 -cpu qemu64-v1" ]]
	[[ ${lines[1]} == "$emulator -machine pc-i440fx-7.2 -cpu qemu64-v1,"* ]]
	ask pin --short -- "$emulator"
	[[ $output == "$emulator -machine pc-i440fx-7.2 -cpu qemu64-v1" ]]
}

@test "pinning a pinned command line changes nothing" {
	requires jq qemu-system-x86_64
	use_fake
	emulator=qemu-system-x86_64
	ask --json pin -- "$emulator" -M q35 -cpu Haswell,-hle,+sse4a
	mapfile -t again < <(jq -r '.long.argv[]' <<<"$output")
	first=$(jq -c .long.argv <<<"$output")
	ask --json pin -- "${again[@]}"
	[[ $(jq -c .long.argv <<<"$output") == "$first" ]]
}

# real ARGUMENT...: "MACHINE ACCEL MODEL FEATURES" of the vCPU that a QEMU really gives, into
# $real; empty if it doesn't start.
real()
{
	{
		echo '{"execute": "qmp_capabilities"}'
		echo '{"execute": "qom-get", "arguments": {"path": "/machine", "property": "type"}}'
		echo '{"execute": "query-kvm"}'
		for feature in type avx popcnt x2apic sse4.2; do
			echo '{"execute": "qom-get", "arguments": {"path":
				"/machine/unattached/device[0]", "property": "'$feature'"}}'
		done
		echo '{"execute": "quit"}'
	} >qmp
	real=$(timeout 10 "$@" -S -display none -net none -qmp stdio <qmp 2>/dev/null | jq -rs '
		[.[] | select(has("return")).return] | select(length > 6) |
		[(.[1] | rtrimstr("-machine")), (if .[2].enabled then "kvm" else "tcg" end),
		(.[3] | rtrimstr("-x86_64-cpu")), (.[4:8] | map(tostring))] |
		flatten | join(" ")') || true
}

# pick WORD...: one of them, into $picked.
pick()
{
	local words=("$@")

	picked=${words[RANDOM % $#]}
}

@test "what is read from random command lines is what a started QEMU says" {
	local round line=() accels compared=0

	requires jq qemu-system-x86_64
	printf '[machine]\n type = "pc"\n[global]\n driver = "x86_64-cpu"\n property = "popcnt"\n value = "off"\n' >conf
	accels=('' '-accel tcg' '-accel nosuch --accel tcg,thread=single' '-M accel=nosuch:tcg')
	[[ ! -w /dev/kvm ]] || accels+=('-enable-kvm' '-M accel=kvm:tcg' '-accel kvm -accel tcg')
	RANDOM=7
	for round in {1..30}; do
		line=(qemu-system-x86_64)
		pick '' '-M q35' '--machine pc' '-machine type=q35,usb=off' '-M q35 -M type=pc' \
			'-M pc-q35-6.1 -machine usb=off' '-M pc-i440fx-2.4' '-readconfig conf'
		line+=($picked)
		pick "${accels[@]}"
		line+=($picked)
		pick '-name -cpu' '-name guest=a,,-M' '-boot order=c' '-smbios type=1,serial=-cpu' \
			'-smp 2 -m 64' '-fw_cfg name=opt/a,string=-accel' '-nodefaults' '-vga none --no-reboot'
		line+=($picked)
		pick '' '-cpu kvm64,+x2apic' '-cpu Nehalem,-popcnt -cpu kvm64' '--cpu Nehalem,sse4_2=off,+avx' \
			'-global x86_64-cpu.popcnt=off -cpu Nehalem' '-cpu qemu64 -global Nehalem-x86_64-cpu.sse4.2=off' \
			'-cpu Nehalem -global driver=Nehalem-x86_64-cpu,property=sse4.2,value=off'
		line+=($picked)
		real "${line[@]}"
		run --separate-stderr cpugate --json check launch -- "${line[@]}"
		if [[ -z $real ]]; then
			[[ $status -ne 0 ]] || refute_ask "doesn't start: ${line[*]}"
			continue
		fi
		said=$(jq -r '[.machine, .accel, (.definition | split(",")[0]),
			(.effective as $e | "avx", "popcnt", "x2apic", "sse4.2" | IN($e[]) | tostring)] |
			join(" ")' <<<"$output")
		[[ $said == "$real" ]] || refute_ask "${line[*]}" "said $said" "real $real"
		compared=$((compared + 1))
	done
	echo "# $compared of 30 command lines compared"
	[[ $compared -ge 20 ]]
}

# enforces: for each of 20 command lines, does $emulator with "enforce" do what was said?
enforces()
{
	local line compared=0

	for line in '-cpu qemu64' '-cpu Haswell' '-cpu Nehalem -M q35' '-cpu Nehalem,+avx512f' \
		'-cpu Nehalem,+hle' '-cpu EPYC' '-M pc-i440fx-2.4 -cpu Haswell' '-cpu max' '-cpu host' \
		'-cpu nosuch' '-cpu qemu64,nosuch=on' '-M nosuch' '-smp 3,cores=2' '-smp 2000' \
		'-cpu Haswell -global x86_64-cpu.hle=off' '-cpu 486,+kvmclock' '-M microvm -cpu qemu64' \
		'-cpu Conroe,level=5' '-M isapc -cpu 486' '-no-hpet -cpu qemu64'; do
		run --separate-stderr cpugate --json check launch --accel tcg -- "$emulator" $line
		enforced=$(sed 's/-cpu [^ ]*/&,enforce/' <<<"$line")
		real "$emulator" $enforced
		[[ $status -eq $([[ -n $real ]] && echo 0 || echo 1) ]] || refute_ask "$line"
		compared=$((compared + 1))
	done
	[[ $compared -eq 20 ]]
}

@test "the verdict is what QEMU does with enforce" {
	requires jq qemu-system-x86_64
	emulator=qemu-system-x86_64
	enforces
}

@test "the verdict is what a second QEMU does with enforce" {
	requires jq qemu-system-x86_64
	use_qemu_10
	emulator=$emulator_10
	export QEMU_MODULE_DIR=$QEMU_10/../lib/x86_64-linux-gnu/qemu
	enforces
}

# verifies: the same for what is picked from all machine types, models and overrides.
verifies()
{
	run --separate-stderr cpugate --json verify --launch --emulator "$emulator" \
		--sample 100 --seed 20261121
	status_is 0
	jq -r '"# QEMU \(.emulator.version): \(.compared) verdicts compared, \(.mismatched) wrong, " +
		"\(."not-started") not started, \(.skipped) skipped"' <<<"$output" >&3
	json_has '.compared >= 95 and .mismatched == 0 and ."not-started" < .compared'
}

@test "verdicts of all kinds are what QEMU does with enforce" {
	requires jq qemu-system-x86_64
	emulator=qemu-system-x86_64
	verifies
}

@test "verdicts of all kinds are what a second QEMU does with enforce" {
	requires jq qemu-system-x86_64
	use_qemu_10
	emulator=$emulator_10
	export QEMU_MODULE_DIR=$QEMU_10/../lib/x86_64-linux-gnu/qemu
	verifies
}

@test "comparing verdicts notices a wrong one" {
	requires jq qemu-system-x86_64
	printf '%s\n' '#!/bin/bash' 'exec qemu-system-x86_64 "${@/,enforce=on/}"' >liar
	chmod +x liar
	run --separate-stderr cpugate --json verify --launch --emulator ./liar --machine pc \
		--accel tcg --sample 20 --seed 1
	status_is 1
	json_has '.compared == 20 and .mismatched > 10 and (.mismatches |
		all(.started == "yes, though the verdict is no" or
			.started == "yes, though the verdict is undecided"))'
}

@test "a machine type without vCPUs starts with any model that there is" {
	requires jq qemu-system-x86_64
	emulator=qemu-system-x86_64
	has_machine "$emulator" x-remote || skip 'no x-remote'
	decides 0 advisory 'no vCPU' -M x-remote -cpu Haswell
	decides 0 advisory 'no vCPU' -M x-remote
	json_has '.vcpus.cpus == 0'
	decides 1 start.failed 'no CPU model' -M x-remote -cpu nosuch
}

@test "a pinned CPU is the same on two QEMUs, bool for bool" {
	local line machine cpu compared=0

	requires jq qemu-system-x86_64
	use_qemu_10
	emulator=$(command -v qemu-system-x86_64)
	vocabulary "$emulator" >names
	for line in '-M pc-q35-7.2 -cpu Haswell' '-cpu EPYC -M pc-i440fx-7.1' '-cpu qemu64,+avx -M pc-q35-6.0' \
		'-cpu Haswell,-xsave,rdctl-no=on -M pc-q35-7.2' '-M pc-i440fx-2.12 -cpu Nehalem,level=5' \
		'-M pc-q35-7.2 -cpu max' '-M pc-q35-7.2 -cpu EPYC-Rome,vendor=GenuineIntel,model-id=x'; do
		cpugate --json pin --accel tcg -- "$emulator" $line >pinned
		machine=$(jq -r .machine pinned)
		cpu=$(jq -r .long.cpu pinned)
		vcpu "$machine" tcg "$cpu" <names >first || refute_run "not on the first: $line" "$cpu"
		(
			emulator=$emulator_10
			export QEMU_MODULE_DIR=$QEMU_10/../lib/x86_64-linux-gnu/qemu
			vcpu "$machine" tcg "$cpu" <names >second
		) 2>/dev/null || continue # not every QEMU accepts it
		diff first second || refute_run "$line"
		# What the guest got without it, less what it can't find.
		cpugate --json check launch --accel tcg -- "$emulator" $line >checked || true
		jq -r '.effective[]' checked | LC_ALL=C sort >had
		[[ -z $(LC_ALL=C comm -13 had <(LC_ALL=C sort first)) ]] || refute_run "more than before: $line"
		compared=$((compared + 1))
	done
	[[ $compared -ge 6 ]]
}
