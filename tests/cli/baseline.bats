#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash and by run
# shellcheck disable=SC2016 # what is in single quotes is for jq
# Baselines: what is printed really starts, on everything that it is said to run on; what is
# lost and why; and what is refused.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	setup_test
	unset CPUGATE_CACHE
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64 jq
}

# baseline STATUS ARGUMENT...
baseline()
{
	run --separate-stderr cpugate --json baseline "${@:2}"
	status_is "$1"
}

told()
{
	jq -r "$1" <<<"$output"
}

# starts ACCEL: QEMU takes the definition of the answer, and removes nothing.
starts()
{
	local definition machine

	definition=$(told .definition)
	machine=$(told .machine)
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"quit"}' |
		timeout 60 qemu-system-x86_64 -nodefaults -display none -S -m 16 \
			-machine "$machine,accel=$1" -cpu "$definition,enforce" -qmp stdio \
			>qemu-said 2>&1 || refute_run "$definition doesn't start" "$(<qemu-said)"
}

# What a guest finds is what cpugate expand, which asks QEMU, says of the definition.
is_what_a_guest_finds()
{
	local effective

	effective=$(told '.effective | @json')
	cpugate --json expand "$(told .definition)" --machine "$(told .machine)" --accel tcg |
		jq -e --argjson effective "$effective" \
			'.removed == [] and .effective - .hidden == $effective' >/dev/null ||
		refute_run "not what expand says of $(told .definition)"
}

@test "it really starts, with enforce, and is what a guest finds" {
	local options

	cpugate record --all --accel tcg --output all.json
	for options in '' --named --nested '--level x86-64-v1' '--level x86-64-v2' \
		'--level x86-64-v3' '--machine q35' '--machine microvm' '--machine pc-i440fx-2.4' \
		'--machine pc-q35-4.0 --named'; do
		# shellcheck disable=SC2086 # several words
		baseline 0 $options all.json || refute_run "$options"
		json_has '.verdict == "yes" and .features == (.effective | length)'
		starts tcg
		is_what_a_guest_finds
	done
}

@test "under KVM, too" {
	requires /dev/kvm
	cpugate record --accel kvm --output host.json
	for options in '' --named; do
		# shellcheck disable=SC2086
		baseline 0 $options host.json
		starts kvm
	done
	baseline 0 host --accel kvm
	starts kvm
}

@test "addresses are no wider than on the narrowest host" {
	requires /dev/kvm
	cpugate record --accel kvm --output host.json
	sed -E 's/("0x80000008.eax":"0x[0-9a-f]*)[0-9a-f]{2}"/\127"/g; s/"digest":"[0-9a-f]{64}",//' \
		host.json >narrow
	fingerprint=$(jq -cSj .host.parts narrow | sha256sum | cut -d ' ' -f 1)
	sed -E "s/\"fingerprint\":\"[0-9a-f]{64}/\"fingerprint\":\"$fingerprint/" narrow | tr -d '\n' >rest
	sed "s/^{/&\"digest\":\"$(sha256sum <rest | cut -d ' ' -f 1)\",/" rest >narrow.json
	baseline 0 host.json
	json_has '.model.props | has("phys-bits") | not'
	baseline 0 host.json narrow.json
	json_has '.model.props."phys-bits" == 39'
	starts kvm
}

@test "a level is that level" {
	cpugate record --accel tcg --output here.json
	baseline 0 --level x86-64-v2 here.json
	json_has '.effective | contains(["cx16", "lahf-lm", "pni", "popcnt", "sse4.1", "sse4.2", "ssse3"])
		and index("avx") == null'
	baseline 0 --level x86-64-v3 here.json
	json_has '.effective | contains(["abm", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"])'
	# TCG has no AVX-512: refused with the features and the host that lacks them.
	baseline 1 --level x86-64-v4 here.json
	json_has '.verdict == "no" and (has("definition") | not)'
	json_has '[.reasons[] | select(.code == "missing.vmm") | .feature] ==
		["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"]'
}

@test "--named has no changes" {
	cpugate record --accel tcg --output here.json
	baseline 0 --named here.json
	json_has '.model.props == {} and .definition == .model.name and (.definition | test("-v[0-9]+$"))'
}

@test "guests of guests have to be asked for" {
	cpugate record --accel tcg --output here.json
	baseline 0 here.json
	json_has '.model.props.svm != true'
	baseline 0 --nested here.json
	json_has '.effective | index("svm")'
}

# Records of the hosts that others recorded, in files of their names.
record_others()
{
	local file folder=$top_srcdir/../shared/data/hosts

	[[ -d $folder ]] || skip "no recordings of others' hosts at hand"
	for file in "$folder"/*.json; do
		cpugate record --from "$file" --output "$(basename "$file")" ||
			skip "records can't be made of them here"
	done
	mapfile -t intel < <(grep -l GenuineIntel ./*.json)
	mapfile -t amd < <(grep -l AuthenticAMD ./*.json)
	[[ ${#intel[@]} -gt 15 && ${#amd[@]} -gt 4 ]] || refute_run "few hosts"
}

# takes_it FILE...: by the verdict for each, which is found in another way.
takes_it()
{
	cpugate --json hosts-for "$(told .definition)" --machine "$(told .machine)" "$@" |
		jq -e '.hosts | all(.verdict == "yes")' >/dev/null ||
		refute_run "not everywhere: $(told .definition)"
}

@test "real hosts: it runs on every member, whatever their order" {
	local round count first hosts

	record_others
	for round in {1..12}; do
		count=$((1 + round))
		mapfile -t hosts < <(printf '%s\n' "${intel[@]}" |
			shuf --random-source=<(yes "$round") -n "$count")
		baseline 0 "${hosts[@]}"
		takes_it "${hosts[@]}"
		first=$(told '[.definition, .effective] | @json')
		mapfile -t hosts < <(printf '%s\n' "${hosts[@]}" |
			shuf --random-source=<(yes $((round + 1))))
		baseline 0 "${hosts[@]}"
		[[ $first == "$(told '[.definition, .effective] | @json')" ]] ||
			refute_run "another order, another answer" "$first"
	done
	baseline 0 "${amd[@]}"
	takes_it "${amd[@]}"
	baseline 0 "${intel[@]}"
	takes_it "${intel[@]}"
}

@test "real hosts: every lost feature names the hosts that cost it" {
	record_others
	baseline 0 "${intel[@]}"
	json_has '.lost | length > 20 and all(.hosts | length > 0)'
	json_has '[.lost[].feature] - .effective == [.lost[].feature]'
	json_has '.lost[] | select(.feature == "avx") |
		.hosts == ["Core-i5-650", "Xeon-E7-4830", "Xeon-E7540", "Xeon-W3520"]'
	json_has '.lost[] | select(.feature == "spec-ctrl") | .mitigation'
	json_has '.warnings | any(contains("spec-ctrl"))'
	run cpugate baseline "${intel[@]}"
	status_is 0
	output_has 'runs on all 21 hosts' '! mitigation' 'because of Xeon-W3520'
}

@test "real hosts: leaving one out, and splitting them" {
	local all without

	record_others
	baseline 0 "${intel[@]}"
	all=$(told .features)
	without=$(told '.without.hosts[0]')
	json_has '.without.features > .features'
	expected=$(told .without.features)
	baseline 0 --without "$without" "${intel[@]}"
	json_has '.features == $expected and .hosts == 20' --argjson expected "$expected"

	baseline 0 --partition 3 "${intel[@]}"
	json_has '.partition.groups | length == 3 and ([.[].hosts | length] | add) == 21'
	json_has '([.partition.groups[] | .features * (.hosts | length)] | add) > 21 * $all' \
		--argjson all "$all"
	baseline 0 --partition 99 "${intel[@]:0:4}"
	json_has '.partition | .exact and (.groups | length) <= 4'
}

@test "real hosts: vendors are kept apart unless asked" {
	record_others
	baseline 1 "${intel[0]}" "${amd[0]}"
	json_has '[.reasons[].code] | unique == ["identity.vendor"]'
	run cpugate baseline "${intel[0]}" "${amd[0]}"
	status_is 1
	output_has 'no: ' GenuineIntel AuthenticAMD
	baseline 0 --cross-vendor "${intel[0]}" "${amd[0]}"
	json_has '.model.props.vendor == "AuthenticAMD"'
}

@test "it needs neither QEMU nor a cache" {
	cpugate record --accel tcg --output here.json
	run env PATH=/nowhere XDG_CACHE_HOME=/nowhere HOME=/nowhere "$top_builddir/cpugate" \
		baseline here.json here.json
	status_is 0
	output_has 'runs on all 2 hosts'
}

@test "wrong questions are refused, with a sentence" {
	local try

	cpugate record --accel tcg --output here.json
	echo '{}' >empty.json
	for try in '' missing.json empty.json '--level v2 here.json' '--partition 0 here.json' \
		'--without nobody here.json' '--machine nope here.json'; do
		# shellcheck disable=SC2086
		run --separate-stderr cpugate baseline $try
		status_is 2 || refute_run "$try"
		[[ -z $output && $stderr == 'cpugate: '* && $stderr != *$'\n'* ]] ||
			refute_run "$try" "$stderr"
	done
	if [[ -r /dev/kvm && -w /dev/kvm ]]; then
		cpugate record --accel kvm --output kvm.json
		run cpugate baseline here.json kvm.json
		status_is 2
		output_has 'a guest runs under one accelerator'
	fi
}

# Recorded replies of real hosts; not part of the project.
@test "what others tell of hosts is enough: models are those of the emulator here" {
	local hosts=$top_srcdir/../shared/data/hosts name

	[[ -d $hosts ]] || skip "no recorded hosts"
	[[ -w /dev/kvm ]] || skip "no KVM"
	for name in Xeon-E5-2650-v3 Core-i7-7700 Cooperlake; do
		cpugate record --from "$hosts/$name.json" --output "$name.json"
	done
	baseline 0 Xeon-E5-2650-v3.json Core-i7-7700.json Cooperlake.json
	json_has '.model.name != null and (.effective | length) > 40'
	json_has '.warnings[0] | contains("don\u0027t tell")'
	told 'del(.hosts?)' >recorded
	baseline 0 "$hosts"/{Xeon-E5-2650-v3,Core-i7-7700,Cooperlake}.json
	told 'del(.hosts?)' | diff recorded -
}
