#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2034,SC2154 # variables of helpers
# shellcheck disable=SC2016 # what is in single quotes is for jq
# Why not: of features with every stage of their way, of models by cause, of reasons in the
# manual's words. Every stage of a host is tried in tests/unit/test-trail.c.

bats_require_minimum_version 1.5.0
load helpers
load ../guest/guest

setup()
{
	setup_test
	unset CPUGATE_CACHE
	requires jq
}

requires_emulator()
{
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64
}

# explain STATUS FILTER ARGUMENT...
explain()
{
	run --separate-stderr cpugate --json explain "${@:3}"
	status_is "$1" || return
	json_has "$2"
}

# refuses STATUS TEXT ARGUMENT...: with one sentence.
refuses()
{
	run --separate-stderr cpugate explain "${@:3}"
	status_is "$1" || return
	[[ -z $output && $stderr == "cpugate: "*"$2"* && $stderr != *$'\n'* ]] ||
		refute_run "expected: $2" "$stderr"
}

# "CODE PARAGRAPH" for each of the manual's reasons.
reasons_in_manual()
{
	awk '/^# / { on = $0 == "# REASONS"; next }
		on && /^\*[a-z.-]+\*$/ { code = $0; gsub(/\*/, "", code); text = ""; next }
		on && code && /^\t/ { sub(/^\t/, ""); text = text " " $0; next }
		on && code && /^$/ { print code text; code = "" }' \
		"$top_srcdir/man/cpugate.1.scd"
}

@test "reasons: what the manual says, without any emulator" {
	local code text count=0 cpugate

	cpugate=$(command -v cpugate)
	mkdir no-qemu
	while read -r code text; do
		output=$(PATH=$PWD/no-qemu "$cpugate" --json explain "$code")
		json_has '.kind == "reason" and .code == $code and .words == $text' \
			--arg code "$code" --arg text "$text"
		count=$((count + 1))
	done < <(reasons_in_manual)
	[[ $count -ge 26 ]] || refute_run "$count reasons in the manual"
	explain 0 '.weight == "obstacle" and .remedy' missing.host
	explain 0 '.weight == "disbelief"' record.self-inconsistent
	run cpugate explain accept-only
	status_is 0
	output_has 'accept-only   no obstacle'
}

@test "what is nothing is refused, and the nearest is named" {
	refuses 2 'no reason is called missing.hst (did you mean missing.host?)' missing.hst
	refuses 2 'which feature, CPU model or reason?'
	refuses 2 'takes no argument all' avx2 --all
	requires_emulator
	refuses 2 'no feature, CPU model or reason is called avx3 (did you mean avx?)' \
		avx3 --accel tcg
	refuses 2 '(did you mean Haswell?)' Haswel --accel tcg
	refuses 2 '(did you mean accept-only?)' accept-onyl --accel tcg
	refuses 2 'no feature, CPU model or reason is called nothing-like-it' \
		nothing-like-it --accel tcg
	refuses 2 'bmi9' Haswell,+bmi9 --accel tcg
}

@test "a feature that is there, one that isn't, in any spelling" {
	requires_emulator
	explain 0 '.verdict == "yes" and .feature == "sse4.1" and (has("reasons") | not)
		and .places == ["CPUID.01H:ECX[19]"]' sse4_1 --accel tcg
	json_has '[.stages[] | .stage + " " + .state] ==
		["tcg present", "machine present", "emulator present"]'
	explain 1 '.verdict == "no" and .reasons[0].code == "missing.vmm"' intel-pt --accel tcg
	json_has '.stages[0] | .stage == "tcg" and .state == "absent"'
	# QEMU drops KVM's own without a word.
	explain 1 '.reasons[0].code == "missing.vmm" and (.places | length) == 2' \
		kvmclock --accel tcg
	explain 1 '.mitigation' md-clear --accel tcg
}

@test "a feature that only newer emulators know" {
	requires_emulator
	cpugate --json expand base --accel tcg >/dev/null
	run cpugate --json explain amx-complex --accel tcg
	json_has '.reasons[0].code == "missing.emulator" or
		.reasons[0].code == "missing.vmm"'
	[[ $status -eq 1 ]]
	if qemu-system-x86_64 --version | grep -q ' version [4-7]'; then
		json_has '.reasons[0].code == "missing.emulator" and
			(.stages[-1] | .stage == "emulator" and .state == "absent")'
	fi
}

@test "what comes with something that can't be had isn't found, either" {
	requires_emulator
	explain 1 '.reasons | length == 1' rdctl-no --accel tcg
	# QEMU 10 has the bit, and no guest looks for it.
	json_has 'if .needs then .needs == "arch-capabilities" and
		.reasons[0].feature == "arch-capabilities" else true end'
}

@test "places are those of QEMU" {
	local name

	requires_emulator
	emulator=$(command -v qemu-system-x86_64)
	printf '%s\n' avx2 3dnow xsaveopt arat npt syscall bmi2 >names
	while read -r name; do
		cpugate --json explain "$name" --accel tcg | jq -r '.feature + " " + .places[]'
	done <names | LC_ALL=C sort >ours
	places_in_qemu tcg <names | diff ours -
}

@test "a model: causes, and versions that can be had" {
	requires_emulator
	explain 0 '.verdict == "yes" and .causes == []' qemu64 --accel tcg
	explain 1 '.kind == "model" and .verdict == "no" and ."alias-of" == "Haswell-v1"' \
		Haswell --accel tcg
	json_has '[.causes[].features[]] | index("hle") and index("rtm")'
	json_has '.versions | length >= 3 and all(.model | startswith("Haswell-v"))
		and any(.aliases == ["Haswell-noTSX"])'
	json_has '[.versions[] | select(.usable == false) | .missing | length] | . == sort'
	# All that models says is missing, once.
	cpugate --json models --accel tcg >models.json
	json_has '([.causes[].features[]] | sort) ==
		($models[0][] | select(.name == "Haswell")."unavailable-features" | sort)' \
		--slurpfile models models.json
	explain 1 '.causes[0].features == ["intel-pt"] and .definition == "qemu64,intel-pt=on"' \
		qemu64,+intel-pt --accel tcg
	explain 1 '.blockers == ["kvm"]' host --accel tcg
	explain 1 '.causes[-1].code == "start.failed"' qemu64,phys-bits=200 --accel tcg
}

@test "an old machine type, against the newest of its family" {
	requires_emulator
	cpugate --json machines | jq -e 'any(.name == "pc-q35-2.4")' >/dev/null ||
		skip "no pc-q35-2.4"
	explain 1 '."switched-off".features | index("abm")' \
		Haswell --accel tcg --machine pc-q35-2.4
	json_has '."switched-off".machine != "pc-q35-2.4"'
	explain 1 'has("switched-off") | not' Haswell --accel tcg --machine q35
}

@test "a machine type that switches a feature off" {
	local newest

	requires_emulator
	# As compat properties do, which few features have that max has.
	cat >old-avx2 <<-'END'
	#!/bin/sh
	case "$*" in
	*pc-q35-4.0*) exec qemu-system-x86_64 -global max-x86_64-cpu.avx2=off "$@" ;;
	esac
	exec qemu-system-x86_64 "$@"
	END
	chmod +x old-avx2
	newest=$(cpugate --json machines | jq -r '.[] | select(.alias == "q35").name')
	cpugate --json machines | jq -e 'any(.name == "pc-q35-4.0")' >/dev/null ||
		skip "no pc-q35-4.0"
	explain 0 '.stages[] | select(.stage == "machine") | .state == "absent" and
		(.words | contains("pc-q35-4.0 only if it is named"))' avx2 \
		--emulator ./old-avx2 --accel tcg --machine pc-q35-4.0
	output_has "$newest"
}

@test "a record explains what its host explains" {
	local subject cpugate

	requires_emulator
	cpugate=$(command -v cpugate)
	cpugate record --accel tcg --output a.json
	mkdir no-qemu
	for subject in avx2 intel-pt kvmclock Haswell qemu64; do
		cpugate --json explain "$subject" --accel tcg >live || true
		PATH=$PWD/no-qemu "$cpugate" --json explain "$subject" --record a.json \
			>recorded || true
		output=$(diff <(jq -S 'del(.from, .causes[]?.host, .causes[]?.words,
			.causes[]?.remedy, .reasons)' live) \
			<(jq -S 'del(.from, .causes[]?.host, .causes[]?.words,
			.causes[]?.remedy, .reasons)' recorded)) || refute_run "$subject"
		[[ $(jq -r .from recorded) == record ]]
	done
	explain 1 '.reasons[0].host' intel-pt --record a.json
	refuses 2 'not both' avx2 --record a.json --emulator qemu-system-x86_64
}

@test "other verbs give the same reasons" {
	local accel accels=(tcg)

	requires_emulator
	[[ ! -r /dev/kvm || ! -w /dev/kvm ]] || accels+=(kvm)
	for accel in "${accels[@]}"; do
		cpugate record --accel "$accel" --output "$accel.json"
		cpugate --json explain EPYC-Rome --record "$accel.json" |
			jq -r '.causes[] | .code as $c | .features[] | $c + " " + .' |
			sort >ours
		cpugate --json hosts-for EPYC-Rome "$accel.json" |
			jq -r '.hosts[].reasons[] | .code + " " + .feature' | sort |
			diff ours -
	done
}

@test "what others tell of a host explains little, and says so" {
	cat >told.json <<-'END'
	{"return": {"model": {"name": "base", "props": {
		"aes": true, "avx2": false, "vendor": "GenuineIntel", "level": 13,
		"family": 6, "model": 42, "stepping": 7, "xlevel": 2147483656}}}}
	END
	explain 0 '.honesty == "partial"' aes --record told.json
	explain 1 '.reasons[0].code == "missing.unsupported"' avx2 --record told.json
	explain 3 '.verdict == "undecided" and .reasons[0].code == "record.untold"' \
		avx512f --record told.json
	refuses 3 'tells of a host and of no emulator' Haswell --record told.json
}

@test "KVM: stages of this host, and a word on the kernel's command line" {
	local bit

	requires_emulator
	requires /dev/kvm
	explain 0 '[.stages[] | select(.stage == "kvm").state] == ["present"]' fxsr --accel kvm
	# What both have, and what KVM doesn't offer.
	mkdir -p root/proc root/dev
	cp /proc/cpuinfo root/proc
	ln -s /dev/kvm root/dev/kvm
	echo 'quiet clearcpuid=erms' >root/proc/cmdline
	export CPUGATE_HOST_ROOT=$PWD/root
	run cpugate --json explain erms --accel kvm
	bit=$(jq -r '.stages[] | select(.stage == "kvm" or .stage == "cpu").state' <<<"$output" |
		tr '\n' ' ')
	json_has '.stages[] | select(.stage == "kernel").words | contains("clearcpuid=erms")'
	[[ $bit == 'present absent ' ]] || skip "erms is $bit here"
	status_is 1
	json_has '.reasons[0] | .code == "missing.module-param" and
		(.remedy | contains("without clearcpuid=erms"))'
}

@test "for people: 80 columns, no colours in a pipe" {
	local subject line

	requires_emulator
	for subject in intel-pt vmx-exit-load-perf-global-ctrl kvmclock Haswell \
		Icelake-Server missing.kernel-filter record.self-inconsistent; do
		run cpugate explain "$subject" --accel tcg
		[[ $status -le 1 ]]
		output_lacks $'\033'
		for line in "${lines[@]}"; do
			# What the answer is about is one line, however long the kernel's name.
			[[ ${#line} -le 80 || $line == qemu-system-* ]] ||
				refute_run "${#line} columns: $line"
		done
	done
	run cpugate explain intel-pt --accel tcg
	output_has 'intel-pt   CPUID.(EAX=07H,ECX=0):EBX[25]' "no: intel-pt can't be had" \
		'tcg        absent'
}
