# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016 # what is in single quotes is for jq
# shellcheck disable=SC2154 # set by helpers.bash and by run
# Records: what a real QEMU gave comes out of the file again, where there is no QEMU.
bats_require_minimum_version 1.5.0
load helpers

# Recorded replies of real hosts; not part of the project.
hosts=$top_srcdir/../shared/data/hosts

setup()
{
	setup_test
	no_qemu=$TEST_DIR/no-qemu
	mkdir "$no_qemu"
	cpugate=$(command -v cpugate)
}

# offline VERB...: with nothing in $PATH that could be started, and another cache.
offline()
{
	env PATH="$no_qemu" XDG_CACHE_HOME="$TEST_DIR/other-cache" "$cpugate" "$@"
}

# said FILE: a reply but for where it is from.
said()
{
	jq -S 'if type == "object" then del(.from) else . end' "$1"
}

# same VERB...: the record's answer is the live one.
same()
{
	cpugate --json --accel tcg "$@" >live.json
	offline --json --record a.json "$@" >recorded.json
	output=$(diff <(said live.json) <(said recorded.json)) || refute_run "$*"
}

requires_emulator()
{
	requires qemu-system-x86_64 jq
}

# edited SED: a record with this done to it, and a true digest. Not by jq, which rounds large
# integers.
edited()
{
	sed -E "$1"'; s/"digest":"[0-9a-f]{64}",//' a.json | tr -d '\n' >rest.json
	sed "s/^{/&\"digest\":\"$(sha256sum <rest.json | cut -d ' ' -f 1)\",/" rest.json >edited.json
}

@test "a record answers as its host does, without any QEMU" {
	requires_emulator
	cpugate expand Haswell,-avx2,+pcid --accel tcg >/dev/null
	cpugate record --accel tcg >a.json
	same machines
	for definition in max host base Haswell EPYC qemu64 Haswell,-avx2,+pcid; do
		same expand "$definition"
	done
	same models
	[[ $(jq -r .from recorded.json 2>/dev/null || jq -r .from <(offline --json \
		--record a.json expand max)) == record ]]
	[[ ! -e $TEST_DIR/other-cache ]] || refute_run "a cache was made"
}

@test "for people, too" {
	requires_emulator
	cpugate record --accel tcg >a.json
	run offline --record a.json models
	status_is 0
	output_has "usable there."
	run offline --record a.json expand max
	status_is 0
	output_has "guest gets"
	run offline --record a.json machines
	status_is 0
	run offline --record a.json emulators
	status_is 0
	output_has "$(jq -r .emulator.version a.json)"
}

@test "a record of KVM has the host" {
	requires_emulator
	requires /dev/kvm
	cpugate record --accel kvm >a.json
	cpugate --json host >host.json
	run diff <(jq -S . host.json) <(offline --json --record a.json host | jq -S .)
	status_is 0
	for definition in host max qemu64; do
		cpugate --json --accel kvm expand "$definition" >live.json
		offline --json --record a.json expand "$definition" >recorded.json
		output=$(diff <(said live.json) <(said recorded.json)) ||
			refute_run "$definition"
	done
}

@test "what it doesn't tell can't be decided, and what isn't there is named" {
	requires_emulator
	cpugate record --accel tcg --machine pc >a.json
	run offline --record a.json models --machine q35
	status_is 3
	output_has "doesn't tell what CPUs pc-q35-"
	run offline --record a.json expand max,-avx2
	status_is 3
	output_has "doesn't hold max,avx2=off"
	run offline --record a.json models --accel kvm
	status_is 3
	output_has "tells of tcg, not of kvm"
	run offline --record a.json host
	status_is 3
	run offline --record a.json models --machine pc-q3
	status_is 2
	output_has "no machine type pc-q3"
	run offline --record a.json expand Haswel
	status_is 2
	output_has "did you mean Haswell?"
	run offline --record a.json expand Haswell,+avx3
	status_is 2
	output_has "has no feature avx3 (did you mean avx?)"
	run offline --record a.json models --emulator qemu-system-x86_64
	status_is 2
	output_has "not both"
}

@test "machine types that were measured are in it, all of them with --all" {
	requires_emulator
	cpugate models --machine q35 --accel tcg >/dev/null # not enough for a record
	cpugate probe --machine microvm --accel tcg >/dev/null
	cpugate record --accel tcg >a.json
	run jq -r '[.classes[].machines[]] | map(sub("-[0-9.]+$"; "")) | sort | join(" ")' a.json
	[[ $output == "microvm pc-i440fx" ]] || refute_run "two machine types"
	run cpugate record --all --machine pc
	status_is 2
}

# The least time that an answer from a record takes, in microseconds, of ten.
quickest_answer()
{
	local best=1000000 start took

	for _ in 1 2 3 4 5 6 7 8 9 10; do
		start=${EPOCHREALTIME/[^0-9]/}
		cpugate --json emulators --record "$1" >/dev/null
		took=$((${EPOCHREALTIME/[^0-9]/} - start))
		[[ $took -ge $best ]] || best=$took
	done
	echo "$best"
}

@test "a record of all machine types is complete, small and quick to load" {
	requires_emulator
	cpugate record --all --accel tcg >a.json
	run jq '([.machines[].name] - ["none"] | sort) == ([.classes[].machines[]] | sort)' a.json
	[[ $output == true ]] || refute_run "every machine type"
	[[ $(stat -c %s a.json) -le $((400 * 1024)) ]] || refute_run "$(stat -c %s a.json) bytes"
	# 10 ms to load it, and what it takes to start a program on a busy machine.
	if [[ ${SANITIZERS-no} == no ]]; then
		output=$(quickest_answer a.json)
		[[ $output -le 25000 ]] || refute_run "microseconds"
	fi
	same models --machine q35
	same expand EPYC --machine pc-i440fx-2.4
}

@test "equal facts make equal records, in a file or on standard output" {
	requires_emulator
	cpugate record --accel tcg >a.json
	cpugate record --accel tcg --output b.json
	cmp a.json b.json
	cpugate --json record --accel tcg | cmp - a.json
	offline record --record a.json | cmp - a.json
	sed 's/,"/,\n  "/g' a.json >printed-anew.json
	offline record --record printed-anew.json | cmp - a.json
	ln -s b.json link.json
	echo old >b.json
	cpugate record --accel tcg --output link.json
	[[ -L link.json ]] || refute_run "a link was replaced"
	cmp a.json b.json
	mkfifo pipe
	cmp pipe a.json &
	cpugate record --accel tcg --output pipe
	wait $!
	[[ -p pipe ]] || refute_run "a pipe was replaced"
	run ls
	output_lacks ".tmp"
	run cpugate record --record a.json --output /nowhere/a.json
	status_is 2
	run cpugate models --output a.json
	status_is 2
	output_has "takes no argument output"
}

@test "what is damaged, newer or inconsistent is refused with a sentence" {
	requires_emulator
	cpugate record --accel tcg >a.json
	size=$(stat -c %s a.json)
	for length in 0 1 100 $((size / 2)) $((size - 2)); do
		head -c "$length" a.json >broken.json
		run offline --record broken.json models
		status_is 2
		output_has "broken.json: "
	done
	sed 's/"features":\["/&x/' a.json >broken.json
	run offline --record broken.json models
	status_is 2
	output_has "the record is damaged: its digest is another one"
	edited 's/"cpugate-record":1/"cpugate-record":2/'
	run offline --record edited.json models
	status_is 2
	output_has "a record of version 2"
	edited 's/"requested":\[[0-9]+,/"requested":[99999,/'
	run offline --record edited.json models
	status_is 2
	output_has "features that aren't there"
	edited 's/"measured":/"news":1,&/'
	run offline --record edited.json models
	status_is 2
	output_has "member news, which version 1 doesn't know"
	edited ''
	run offline --record edited.json models
	status_is 0
}

@test "files that are no record, too" {
	local file

	printf '{"return":{"model":{"name":"host","props":' >deep.json
	head -c 100000 /dev/zero | tr '\0' '[' >>deep.json
	head -c 17000000 /dev/zero | tr '\0' ' ' >large.json
	echo '<?xml version="1.0"?><domain/>' >domain.xml
	echo '{"cpugate-record":"1"}' >text.json
	printf '\377\376' >bytes.json
	for file in deep.json large.json domain.xml text.json bytes.json /dev/null /nowhere .; do
		run offline --record "$file" models
		status_is 2
		[[ ${#lines[@]} -eq 1 ]] || refute_run "one sentence about $file"
		output_has "$file: "
	done
}

@test "QEMU's reply for a host is a record of that host's own CPU" {
	requires jq
	cat >node-1.json <<-'EOF'
		{"return":{"model":{"name":"base","props":{"avx":true,"sse4_1":true,"vmx":false,
		"vendor":"GenuineIntel","xlevel":2147483656,"lbr-fmt":18446744073709551552,
		"kvm":true}}},"id":"libvirt-1"}

		{"return":[],"id":"libvirt-2"}
	EOF
	run --separate-stderr offline --json --record node-1.json expand host
	status_is 0
	json_has '.effective == ["avx", "sse4.1"] and .removed == [] and .honesty == "partial"
		and .from == "record" and .properties["lbr-fmt"] != null'
	run offline --record node-1.json expand Haswell
	status_is 3
	output_has "cpugate record --from"
}

@test "with an emulator's models it is a record of all of them" {
	requires_emulator
	requires /dev/kvm
	cat >node-1.json <<-'EOF'
		{"model":{"name":"host","props":{"fpu":true,"vme":false,"vendor":"CentaurHauls",
		"xlevel":0}}}
	EOF
	cpugate record --from node-1.json --accel kvm >b.json
	cpugate record --accel kvm >a.json
	offline record --from node-1.json --record a.json | cmp - b.json
	run --separate-stderr offline --json --record b.json expand 486
	status_is 0
	json_has '.properties.vendor == "CentaurHauls" and .honesty == "partial"
		and .usable == false and (.removed | index("vme")) and .untold == (.removed - ["vme"])'
	[[ $(jq -r .name b.json) == node-1 ]]
	run offline record --from node-1.json --record a.json --all
	status_is 2
}

@test "libvirt's domcapabilities with an emulator's models are a record" {
	requires_emulator
	requires /dev/kvm
	cat >node-2.xml <<-'EOF'
		<domainCapabilities>
		  <path>/usr/bin/qemu-system-x86_64</path>
		  <domain>kvm</domain>
		  <machine>pc</machine>
		  <arch>x86_64</arch>
		  <cpu>
		    <mode name='host-model' supported='yes'>
		      <model fallback='forbid'>Westmere</model>
		      <vendor>Intel</vendor>
		      <feature policy='require' name='avx'/>
		      <feature policy='disable' name='aes'/>
		    </mode>
		    <mode name='custom' supported='yes'>
		      <model usable='yes' vendor='Intel'>Nehalem</model>
		      <model usable='no' vendor='AMD'>EPYC</model>
		      <blockers model='EPYC'><feature name='sha-ni'/></blockers>
		    </mode>
		  </cpu>
		</domainCapabilities>
	EOF
	run offline --record node-2.xml models
	[[ $output != *"without libxml2"* ]] || skip "built without libxml2"
	status_is 3
	cpugate record --accel kvm --from node-2.xml >b.json
	run --separate-stderr offline --json --record b.json expand Westmere
	status_is 0
	json_has '.removed == ["aes"] and .usable == false'
	run --separate-stderr offline --json --record b.json expand EPYC
	json_has '(.removed | index("sha-ni")) and (.untold | index("sha-ni") | not)'
	run --separate-stderr offline --json --record b.json expand Nehalem
	json_has '.removed == [] and .usable == null'
}

@test "real hosts that others recorded" {
	local file count=0

	requires jq
	[[ -d $hosts ]] || skip "no recorded hosts"
	for file in "$hosts"/*.json; do
		run --separate-stderr offline --json --record "$file" expand host
		status_is 0
		json_has '(.effective | length) > 30 and .removed == [] and .honesty == "partial"'
		count=$((count + 1))
	done
	[[ $count -ge 26 ]] || refute_run "$count hosts"
}

@test "every member of a record is in cpugate-record(5)" {
	local member

	requires_emulator
	cpugate expand Haswell,-avx2 --accel tcg >/dev/null
	cpugate record --accel tcg >a.json
	while IFS= read -r member; do
		grep -qE -- "\\*$member\\*" "$top_srcdir/man/cpugate-record.5.scd" ||
			refute_run "not in the manual: $member"
	done < <(jq -r 'keys[], (.classes[] | keys[]), (.emulator | keys[]),
		(.models[] | keys[]), (.requested[] | keys[])' a.json | sort -u)
}
