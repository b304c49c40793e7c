#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash, fake.bash and run
# What real QEMUs of other versions and targets answered to libvirt, on hosts that we don't
# have: it must come out of cpugate as it was recorded, with the right word on how sure it is.
#
# A recording is a file of JSON documents, command and reply in turn, with an empty line
# behind each. The first process that it has is KVM's where its query-kvm says so, the second
# is TCG's.

bats_require_minimum_version 1.5.0
load helpers
load fake

setup()
{
	setup_test
	use_fake
}

# Every process of a recording as a list of [command, reply], one process a line.
processes_of()
{
	jq -c -s '[range(0; length; 2) as $i | [.[$i], .[$i + 1]]] |
		(reduce .[] as $pair ([];
			if $pair[0].execute == "qmp_capabilities"
			then . + [[$pair]]
			else .[:-1] + [.[-1] + [$pair]]
			end)) | .[]' "$1"
}

# use_recording NAME: from here on $emulator is this QEMU, and $accels is what it was recorded
# with.
use_recording()
{
	recording=$top_srcdir/../shared/data/replies/$1.replies
	[[ -r $recording ]] || skip "no recordings of others' QEMUs at hand"
	processes_of "$recording" >processes
	accels=(tcg)
	# Where there is no KVM, cpugate doesn't even ask QEMU about it.
	if [[ $(wc -l <processes) -gt 1 && -r /dev/kvm && -w /dev/kvm ]]; then
		accels=(kvm tcg)
	fi
	unset FAKE_QEMU_DIR
	export FAKE_QEMU_REPLIES=$recording
}

# recorded ACCEL COMMAND: what QEMU answered, in this process or, if nobody asked there, in
# another.
recorded()
{
	local process=0

	[[ $1 == kvm || $(wc -l <processes) -eq 1 ]] || process=1
	jq -s --arg command "$2" --argjson process $process \
		'first((.[$process], .[])[] | select(.[0].execute == $command))[1].return' processes
}

# unasked FEATURES: what libvirt didn't ask the process on stdin, with the answers that it would
# have had. FEATURES is a list for x86, else null.
unasked()
{
	jq -r --argjson features "$1" '
		def asked($type; $model): .[] | select(.[0].execute == "query-cpu-model-expansion" and
			.[0].arguments == { type: $type, model: { name: $model } })[1].return.model.props;
		def answer($type; $model; $props):
			{ execute: "query-cpu-model-expansion",
			  arguments: { type: $type, model: { name: $model } } },
			{ return: { model: { name: $model, props: $props } } };

		({ execute: "query-cpus-fast" }, { return: [] },
		(("static", "full") as $type | if $features
			then # "base" has every feature, and has it off
				answer($type; "base"; $features | map({ (.): false }) | add)
			else # under KVM, "max" is "host"
				asked($type; "host") as $props | answer($type; "max"; $props)
			end)) | tojson + "\n"' <<<"$2"
}

# complete_recording: with all that cpugate asks. What was recorded stays what it is, also that
# "base" lacks nothing.
complete_recording()
{
	local line features=null number=0

	if [[ $(recorded tcg query-target | jq -r .arch) == x86_64 ]]; then
		features=$(jq -c -s '[.[][] | select(.[0].execute == "query-cpu-model-expansion")[1]
			.return?.model.props // {} | to_entries[] |
			select(.value | type == "boolean").key] | unique' processes)
	fi
	while IFS= read -r line; do
		number=$((number + 1))
		unasked "$features" "$line" >unasked.$number
	done <processes
	awk -v RS= -v ORS='\n\n' '{ print }
		/"execute": "qmp_capabilities"/ {
			getline
			print
			number++
			while ((getline line <("unasked." number)) > 0)
				print line
		}' "$recording" >completed
	FAKE_QEMU_REPLIES=$PWD/completed
}

# same WHAT RECORDED-FILE TOLD-FILE
same()
{
	local difference

	[[ -s $2 ]] || refute_run "no $1 recorded" || return
	difference=$(diff "$2" "$3") || refute_run "$1, recorded (<) and told (>)" "$difference"
}

# machines_come_out: which machine types there are doesn't depend on the accelerator.
machines_come_out()
{
	ask --json --emulator "$emulator" --accel tcg machines
	answered || return
	jq -S 'sort_by(.name)[]' <<<"$output" >told
	recorded tcg query-machines | jq -S 'sort_by(.name)[]' >wanted
	same 'machine types' wanted told
	if [[ ${accels[*]} == *kvm* ]]; then
		default_cpus_are_right
	fi
}

# default_cpus_are_right: but their CPU may, and what isn't known isn't told.
default_cpus_are_right()
{
	local filter='map(select(has("default-cpu-type")) | { name, "default-cpu-type" }) | sort[]'

	ask --json --emulator "$emulator" --accel kvm machines
	answered || return
	jq -S "$filter" <<<"$output" >told
	recorded kvm query-machines | jq -S "$filter" >wanted
	[[ -s wanted ]] || refute_run 'no CPUs recorded' || return
	[[ $recording == *@(s390x|ppc64)* && ! -s told ]] || same 'default CPUs' wanted told
}

# models_come_out ACCEL: every record with every member. Names in unavailable-features are a
# set, in which "" stands for bits that have no name. The answer stays in the file models.
models_come_out()
{
	local as_set='if has("unavailable-features")
		then ."unavailable-features" |= (unique - [""]) else . end'

	ask --json --emulator "$emulator" --accel "$1" models
	answered || return
	echo "$output" >models
	jq -S ".[] | del(.usable) | $as_set" models >told
	recorded "$1" query-cpu-definitions | jq -S ".[] | $as_set" >wanted
	same "models under $1" wanted told
}

# usable_is FILTER: of each model in the file models.
usable_is()
{
	local wrong

	wrong=$(jq -c "[.[] | select(has(\"usable\") and .usable == ($1) | not)]" models)
	[[ $wrong == '[]' ]] || refute_run 'usable is wrong' "$wrong"
}

# Nobody started a vCPU, so nothing was shown to be usable; what lacks something was shown not
# to be.
nothing_is_called_usable()
{
	usable_is 'if (."unavailable-features" // []) == [] then null else false end'
}

# honesty_is ACCEL WORD
honesty_is()
{
	ask --emulator "$emulator" --accel "$1" models
	answered || return
	[[ ${lines[0]} == *" $2" ]] || refute_ask "expected honesty: $2"
}

# comes_out HONESTY [ACCEL]: all of the recording, with this honesty under all accelerators or
# one of them.
comes_out()
{
	local accel

	machines_come_out
	for accel in "${accels[@]}"; do
		models_come_out "$accel"
		nothing_is_called_usable
		[[ ${2-$accel} != "$accel" ]] || honesty_is "$accel" "$1"
	done
}

# comes_out_exactly: all of the recording, on a host where a vCPU of the largest model starts.
comes_out_exactly()
{
	local accel

	complete_recording
	machines_come_out
	for accel in "${accels[@]}"; do
		models_come_out "$accel"
		usable_is '."unavailable-features" == []'
		honesty_is "$accel" exact
	done
}

@test "these comparisons notice a wrong answer" {
	use_recording caps_7.2.0_x86_64
	recorded tcg query-cpu-definitions >right
	[[ $(jq length right) -eq 132 ]]
	jq '.[7]."unavailable-features" += ["mmx"]' right >wrong
	run same models right wrong
	status_is 1
	run same models /dev/null /dev/null
	status_is 1

	echo '[{"unavailable-features": [], "usable": null}]' >models
	nothing_is_called_usable
	for model in '"unavailable-features": [], "usable": true' '"usable": true' '"usable": false' \
		'"unavailable-features": ["x"], "usable": null' '"unavailable-features": []'; do
		echo "[{$model}]" >models
		run nothing_is_called_usable
		status_is 1
	done
}

@test "x86_64 6.2" {
	use_recording caps_6.2.0_x86_64
	comes_out_exactly
}

@test "x86_64 7.2" {
	use_recording caps_7.2.0_x86_64
	comes_out_exactly
}

@test "x86_64 8.2" {
	use_recording caps_8.2.0_x86_64
	comes_out_exactly
}

@test "x86_64 9.1" {
	use_recording caps_9.1.0_x86_64
	comes_out_exactly
}

@test "x86_64 10.0 on a host with SEV" {
	use_recording caps_10.0.0_x86_64+amdsev
	comes_out_exactly
}

@test "s390x 9.1" {
	use_recording caps_9.1.0_s390x
	comes_out_exactly
}

@test "aarch64 8.2 names some features, but not what a model lacks" {
	use_recording caps_8.2.0_aarch64
	complete_recording
	comes_out partial
	ask --json --emulator "$emulator" --accel tcg expand max
	answered
	json_has '.honesty == "partial" and .usable == null and .effective == null and
		.removed == null and (.requested | index("sve") != null)'
}

@test "ppc64 7.1 names no features" {
	use_recording caps_7.1.0_ppc64
	comes_out names-only
	ask --emulator "$emulator" --accel tcg expand power9
	refused "$emulator" 'consist of'
}

@test "riscv64 9.1: what it was asked names no features" {
	use_recording caps_9.1.0_riscv64
	comes_out names-only
	ask --emulator "$emulator" --accel kvm models
	refused kvm
}

# A QEMU that refuses to expand what we ask for: one that was built without "base", a KVM of
# s390x without CPU models. Here it refuses what libvirt didn't ask.

@test "x86_64 that expands too little: the models are those that it has" {
	use_recording caps_7.2.0_x86_64
	comes_out partial kvm
}

@test "s390x that expands too little: the models are those that it has" {
	use_recording caps_9.1.0_s390x
	comes_out partial kvm
}

@test "a target that defines no CPU models" {
	use_recording caps_9.1.0_riscv64
	jq -c 'del(.[] | select(.[0].execute == "query-cpu-definitions"))' processes |
		jq '.[][]' | awk '{ print } /^}/ { print "" }' >without
	FAKE_QEMU_REPLIES=$PWD/without
	machines_come_out
	ask --json --emulator "$emulator" --accel tcg models
	answered
	json_has '. == []'
	honesty_is tcg none
	ask --emulator "$emulator" --accel tcg expand rv64
	refused rv64
}
