#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash and by run
# shellcheck disable=SC2016 # what is in single quotes is for jq
# Comparing definitions, records, this host, guests that run and libvirt's XML: QEMU's words in
# QEMU's direction, virsh's on request, and the same answer from a file as from the emulator.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	setup_test
	unset CPUGATE_CACHE
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64 jq
}

teardown()
{
	[[ ! -e pids ]] || xargs kill <pids 2>/dev/null || true
}

# guest SOCKET CPU [OPTION...]: one that is paused before its first instruction.
guest()
{
	qemu-system-x86_64 -nodefaults -no-user-config -display none -S -m 16 \
		-machine "${MACHINE-pc},accel=tcg" -cpu "$2" "${@:3}" \
		-qmp "unix:$1,server=on,wait=off" >/dev/null 2>&1 3>&- &
	echo $! >>pids
	wait_for_socket "$1"
}

# listens SOCKET SHELL-COMMAND: something that isn't QEMU.
listens()
{
	echo "$2" >"$1.sh"
	socat "UNIX-LISTEN:$1,fork" "EXEC:bash $1.sh" >/dev/null 2>&1 3>&- &
	echo $! >>pids
	wait_for_socket "$1"
}

# status_of SOCKET: the guest's state, asked by another client.
status_of()
{
	{
		printf '{"execute":"%s"}\n' qmp_capabilities query-status
		sleep 0.5
	} | socat - "UNIX:$1" | jq -r 'select(.return.status).return | "\(.status) \(.running)"'
}

requires_xml()
{
	echo '<cpu><model>486</model></cpu>' >probe.xml
	run cpugate compare probe.xml probe.xml --accel tcg
	[[ $output != *"without libxml2"* ]] || skip "built without libxml2"
}

# cpu_xml MODEL [POLICY:FEATURE...]: libvirt's <cpu>.
cpu_xml()
{
	local feature

	echo "<cpu mode='custom' match='${MATCH-exact}'><model>$1</model>${VENDOR+<vendor>$VENDOR</vendor>}"
	for feature in "${@:2}"; do
		echo "<feature policy='${feature%%:*}' name='${feature#*:}'/>"
	done
	echo "</cpu>"
}

# domain_xml TYPE ARCH MACHINE <CPU
domain_xml()
{
	echo "<domain type='$1'><name>d</name><os><type arch='$2' machine='$3'>hvm</type></os>"
	cat
	echo "</domain>"
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
	for try in 'Haswell' 'Nope here.json' 'Haswell,avx3=on here.json' 'qmp:sock here.json' 'qmp: here.json' \
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

# What of Haswell QEMU 7.2 and 10.0 can't do without KVM, and then what makes it whole.
lacks=hle,invpcid,pcid,rtm,tsc-deadline,x2apic

@test "a guest that runs is what it has, and isn't touched" {
	local definition=Haswell,-${lacks//,/,-}

	requires socat
	guest sock "$definition" -smp 2
	compare 0 identical qmp:sock "$definition"
	json_has '.a | .guest == "qmp:sock" and .model == "Haswell" and .vcpus == 2 and
		.accel == "tcg" and (.machine | startswith("pc-i440fx-")) and .version'
	compare 0 identical "$definition" qmp:sock
	compare 0 identical qmp:sock qmp:sock
	compare 0 subset qmp:sock Haswell,vendor=GenuineIntel
	compare 1 incompatible qmp:sock Haswell,vendor=AuthenticAMD
	compare 1 superset qmp:sock "$definition,-avx2"
	json_has '."only-a" == ["avx2"] and .reasons[0].feature == "avx2"'
	record here.json
	compare 0 subset qmp:sock here.json
	compare 1 superset here.json qmp:sock
	compare 0 subset qmp:sock host # under the guest's accelerator
	run cpugate compare qmp:sock here.json
	output_has 'subset: qmp:sock runs wherever '
	# It waits as it did, and the next client is served.
	[[ $(status_of sock) == 'prelaunch false' ]]
}

@test "the vCPUs of a guest must be alike" {
	MACHINE=q35 guest sock Haswell -smp 1,maxcpus=2 \
		-device Haswell-x86_64-cpu,avx2=off,socket-id=0,core-id=1,thread-id=0
	run --separate-stderr cpugate compare qmp:sock Haswell
	status_is 3
	[[ $stderr == *"vCPU 0 and vCPU 1 differ in avx2"* ]] || refute_run "$stderr"
}

@test "monitors that don't answer, or not as QEMU does, take a sentence and their time" {
	local sentence

	requires socat
	record here.json
	guest sock qemu64
	(sleep 3) | socat - UNIX:sock >/dev/null 2>&1 3>&- & # the one client
	sleep 0.2
	listens deaf 'sleep 3'
	listens other 'echo 220 ready'
	listens closed true
	listens wrong 'echo "{\"QMP\":{}}"; read -r; echo "{\"return\":{},\"id\":7}"'
	export CPUGATE_REPLY_TIMEOUT=200
	while IFS='|' read -r socket sentence; do
		run --separate-stderr cpugate compare "qmp:$socket" here.json
		status_is 2 || refute_run "$socket"
		[[ $stderr == "cpugate: "*"$socket"*"$sentence"* && $stderr != *$'\n'* ]] ||
			refute_run "$stderr"
	done <<-END
		sock|one client at a time
		deaf|no answer within 200 ms
		other|not a QMP message
		closed|the connection ended
		wrong|a reply to no command of ours
		here.json|onnect
		/nowhere/sock|No such file
		$(printf %0200d 0)|1 to 107 bytes
	END
}

@test "hosts-for takes a guest that runs and libvirt's XML" {
	requires_xml
	record one.json
	guest sock Haswell,vendor=AuthenticAMD
	run cpugate --json hosts-for qmp:sock one.json host
	status_is 0
	json_has '.verdict == "yes" and .guest == "qmp:sock" and .accel == "tcg" and (.hosts | length) == 2'
	cpu_xml Westmere >cpu.xml
	run cpugate --json hosts-for cpu.xml one.json
	status_is 0
	json_has '.guest == "Westmere"'
	cpu_xml Haswell | domain_xml qemu x86_64 pc >domain.xml
	run cpugate --json hosts-for domain.xml host
	status_is 1
	json_has '.hosts[0].reasons | map(.feature) | index("pcid")'
	for guest in one.json host ./none.xml qmp:none; do
		run cpugate hosts-for "$guest" one.json
		status_is 2 || refute_run "$guest"
	done
}

@test "libvirt's XML is what it says, on either side" {
	local xml

	requires_xml
	record here.json
	cpu_xml Haswell disable:hle disable:rtm optional:avx512f >cpu.xml
	domain_xml qemu x86_64 pc <cpu.xml >domain.xml
	for xml in cpu.xml domain.xml; do
		compare 0 identical $xml Haswell,-hle,-rtm --accel tcg
		compare 0 identical Haswell,-hle,-rtm $xml --accel tcg
		compare 0 identical $xml $xml --accel tcg
		compare 0 subset $xml Haswell --accel tcg
		run cpugate --json compare $xml here.json
		json_has '."only-a" == ["invpcid", "pcid", "tsc-deadline", "x2apic"] and
			.a == {"definition": "Haswell,hle=off,rtm=off", "file": $xml}' --arg xml "$xml"
	done
	run cpugate compare cpu.xml Haswell --accel tcg
	output_has 'subset: cpu.xml runs wherever Haswell does'
	# libvirt's names, and its frequency of the TSC.
	cpu_xml Haswell require:nodeid_msr disable:hle >cpu.xml
	compare 0 identical cpu.xml Haswell,nodeid-msr=on,-hle --accel tcg
	{ cpu_xml Haswell && echo "<clock><timer name='tsc' frequency='2000000000'/></clock>"; } |
		domain_xml qemu x86_64 pc >domain.xml
	compare 1 incompatible domain.xml Haswell,tsc-frequency=1000000000 --accel tcg
	json_has '.reasons[0].code == "time.tsc"'
	# A pipe is read once.
	run cpugate compare <(cpu_xml Westmere) <(cat here.json)
	status_is 0
	output_has 'subset: /dev/fd/'
}

@test "capabilities and domcapabilities are of hosts" {
	requires_xml
	record here.json
	echo '<capabilities><host><cpu><arch>x86_64</arch><model>Westmere</model><vendor>Intel</vendor>
		<feature name="avx"/></cpu></host></capabilities>' >cap.xml
	echo '<domainCapabilities><domain>qemu</domain><machine>pc-q35-99.0</machine><arch>x86_64</arch>
		<cpu><mode name="host-model" supported="yes"><model>Haswell</model>
		<vendor>Intel</vendor><feature policy="disable" name="pcid"/></mode>
		<mode name="custom" supported="yes"><model usable="yes">Westmere</model>
		<model usable="no">Broadwell</model>
		<blockers model="Broadwell"><feature name="hle"/></blockers></mode></cpu>
		</domainCapabilities>' >dom.xml
	compare 0 subset cap.xml here.json
	compare 0 identical cap.xml Westmere,+avx --accel tcg
	compare 0 subset cap.xml dom.xml
	compare 0 subset Westmere dom.xml
	json_has '.b | .host == "dom" and .honesty == "partial" and .accel == "tcg"'
	run cpugate --json compare Haswell dom.xml
	json_has '."only-a" == ["hle", "pcid"] and .verdict == "no"'
	# Of what nobody spoke it isn't known.
	run cpugate --json compare Westmere,+sha-ni dom.xml
	status_is 3
	json_has '.verdict == "undecided" and [.reasons[].code] == ["record.untold"]'
	compare 1 incompatible dom.xml here.json
	json_has '."only-a" == ["invpcid", "rtm", "tsc-deadline", "x2apic"]'
	compare 0 identical dom.xml dom.xml
	run cpugate --json hosts-for Haswell,-hle,-pcid dom.xml here.json
	json_has '[.hosts[] | [.host, .verdict]] | .[0] == ["dom", "yes"] and .[1][1] == "no"'
	run cpugate --json baseline here.json dom.xml
	status_is 0
	json_has '.hosts == 2 and (.features > 30)'
}

@test "--like-virsh: libvirt's policies, in libvirt's order" {
	requires_xml
	echo '<capabilities><host><cpu><arch>x86_64</arch><model>Westmere</model><vendor>Intel</vendor>
		</cpu></host></capabilities>' >host.xml
	# like_virsh RESULT MESSAGE MODEL [POLICY:FEATURE...]
	like_virsh()
	{
		cpu_xml "${@:3}" >cpu.xml
		run cpugate --json compare --like-virsh cpu.xml host.xml --accel tcg
		json_has '.virsh.result == $result and (.virsh.message // "") == $message' \
			--arg result "$1" --arg message "$2" || refute_run "$*" || return
		[[ $1 == incompatible ]] || { status_is 0; return; }
		status_is 1
	}
	like_virsh identical '' Westmere
	like_virsh superset '' Nehalem
	like_virsh incompatible 'Host CPU does not provide required features: avx' Westmere require:avx
	like_virsh identical '' Westmere force:avx
	like_virsh identical '' Westmere optional:avx
	like_virsh identical '' Westmere optional:aes
	like_virsh identical '' Westmere disable:aes
	like_virsh identical '' Westmere disable:avx
	like_virsh identical '' Westmere force:aes
	like_virsh incompatible 'Host CPU provides forbidden features: aes' Nehalem forbid:aes
	like_virsh incompatible 'Host CPU does not provide required features: avx2' \
		Westmere require:avx2 forbid:avx
	like_virsh incompatible 'Host CPU provides forbidden features: aes' \
		Westmere require:avx2 forbid:aes
	VENDOR=Intel like_virsh identical '' Westmere
	VENDOR=AMD like_virsh incompatible \
		'host CPU vendor does not match required CPU vendor AuthenticAMD' Westmere forbid:aes
	MATCH=strict like_virsh identical '' Westmere
	MATCH=minimum like_virsh superset '' Nehalem
	MATCH=strict like_virsh identical '' Nehalem require:aes require:pclmuldq require:arat
	MATCH=strict like_virsh incompatible \
		'Host CPU does not strictly match guest CPU: Extra features: aes, arat, pclmulqdq' Nehalem
	run cpugate compare --like-virsh cpu.xml host.xml --accel tcg
	status_is 1
	[[ $output == 'CPU described in cpu.xml is incompatible with host CPU' ]] || refute_run
}

@test "bad XML is refused, with a sentence" {
	local sentence file

	requires_xml
	record here.json
	echo '<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><cpu><model>&b;</model></cpu>' >bomb.xml
	echo '<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/hostname">]><cpu><model>&e;</model></cpu>' >entity.xml
	echo '<cpu>' >big.xml
	truncate -s 100M big.xml
	{ printf '<cpu>%.0s' {1..500} && printf '</cpu>%.0s' {1..500}; } >deep.xml
	cpu_xml Haswell require:avx3 >on.xml
	cpu_xml Haswell disable:avx3 >off.xml
	cpu_xml Nope >model.xml
	cpu_xml z14 | domain_xml qemu s390x s390-ccw-virtio >s390x.xml
	cpu_xml Haswell | domain_xml kvm x86_64 pc >kvm.xml
	cpu_xml Haswell | domain_xml xen x86_64 pc >xen.xml
	domain_xml qemu x86_64 pc </dev/null >none.xml
	echo "<cpu mode='host-model'/>" >host-model.xml
	echo '<pool/>' >pool.xml
	cpu_xml Haswell | head -c 40 >cut.xml
	while IFS='|' read -r file sentence; do
		run --separate-stderr cpugate compare "$file.xml" here.json
		status_is 2 || refute_run "$file"
		[[ $stderr == "cpugate: $file.xml"*"$sentence"* && $stderr != *$'\n'* ]] ||
			refute_run "$file" "$stderr"
		run cpugate compare here.json "$file.xml"
		status_is 2 || refute_run "$file"
	done <<-END
		bomb|document type
		entity|document type
		big|104857600 bytes, more than
		deep|nested
		on|knows no avx3 (did you mean avx?)
		off|knows no avx3 (did you mean avx?)
		model|has no CPU model Nope
		s390x|is about s390x, here.json about x86_64
		kvm|is about kvm, here.json about tcg
		xen|isn't QEMU's
		none|no <cpu>
		host-model|another CPU on each host
		pool|isn't one of libvirt's
		cut|not XML
	END
	run cpugate compare on.xml Haswell --accel tcg
	status_is 2
	output_has 'on.xml: ' 'avx3 (did you mean avx?)'
}

@test "records of different targets can't be compared" {
	record here.json
	edited 's/"target":"x86_64"/"target":"s390x"/' here.json there.json
	run --separate-stderr cpugate compare here.json there.json
	status_is 2
	[[ $stderr == *'here.json is about x86_64, there.json about s390x'* ]] || refute_run "$stderr"
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
