#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # what is in single quotes is for jq
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# shellcheck disable=SC2034,SC2154 # variables of helpers
# What differs between two sides is what two questions would have said, one for each side.
bats_require_minimum_version 1.5.0
load helpers
load fake
load ../truth/truth

setup()
{
	setup_test
	use_fake
}

# A QEMU 7.2 that is real, for what only a real one can tell.
use_real()
{
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64
	unset FAKE_QEMU_DIR
	emulator=$(command -v qemu-system-x86_64)
}

use_qemu_10()
{
	use_real
	second=$(unpack_qemu_10) || skip "no second QEMU: $second"
	second+=/qemu-system-x86_64
	[[ -x $second ]] || skip "no $second"
}

# compares STATUS ARG...: the reply is in $output and the text in $text, and both end so.
compares()
{
	local wanted=$1
	shift

	ask "$@"
	status_is "$wanted" || refute_ask || return
	[[ -z $stderr ]] || refute_ask 'expected no complaint' || return
	text=$output
	fits_80_columns || return
	ask --json "$@"
	status_is "$wanted" || return
	json_has "{\"0\": true, \"1\": false, \"3\": null}[\"$wanted\"] == .identical" || return
}

fits_80_columns()
{
	! grep -nE '.{81}' <<<"$text" | grep -v ':      /' ||
		refute_run 'expected lines of 80 columns at most' "$text"
}

text_has()
{
	local what

	for what; do
		[[ $text == *"$what"* ]] || refute_run "expected in the text: $what" "$text" || return
	done
}

# expanded SIDE: what cpugate expand says of a model, with the options of a side.
expanded()
{
	cpugate --json "$@" | jq -S '{requested, effective, properties}'
}

# agrees_with_expand MODEL FROM-OPTIONS -- TO-OPTIONS: the row of the reply in "reply" is what one
# gets from the two answers about the model.
agrees_with_expand()
{
	local model=$1 from=()
	shift

	while [[ $1 != -- ]]; do
		from+=("$1")
		shift
	done
	shift
	expanded expand "$model" "${from[@]}" >from.json
	expanded expand "$model" "$@" >to.json
	jq -n --arg model "$model" --slurpfile from from.json --slurpfile to to.json '
		$from[0] as $f | $to[0] as $t |
		def delta($a; $b): {gained: ($b - $a | sort), lost: ($a - $b | sort)};
		{model: $model,
		 requested: delta($f.requested; $t.requested),
		 effective: delta($f.effective; $t.effective),
		 properties: [$f.properties | keys[] | . as $k |
			select($t.properties | has($k)) |
			select($f.properties[$k] != $t.properties[$k]) |
			{name: $k, from: $f.properties[$k], to: $t.properties[$k]}]} |
		if [.. | arrays | length] | add == 0 then empty else . end' >expected
	jq --arg model "$model" '.changed[] | select(.model == $model) |
		def whole: {gained: (.gained + (.["unknown-to-from"] // []) | sort),
			    lost: (.lost + (.["unknown-to-to"] // []) | sort)};
		.requested |= whole | .effective |= whole' reply >row
	diff <(jq -S . expected) <(jq -S . row) || refute_run "$model: (<) by expand, (>) by diff"
}

# host NAME [RELEASE]: a root that has this machine's KVM and another kernel; $host is its fingerprint.
host()
{
	mkdir -p "$1/proc/sys/kernel"
	ln -sfn /sys "$1/sys"
	ln -sfn /dev "$1/dev"
	ln -sfn /proc/cpuinfo "$1/proc/cpuinfo"
	echo "6.1.0-$1" >"$1/proc/sys/kernel/osrelease"
	echo "#1 SMP $1" >"$1/proc/sys/kernel/version"
	export CPUGATE_HOST_ROOT=$PWD/$1
	host=$(cpugate --json host | jq -r .fingerprint)
}

# transcripts NAME SED-SCRIPT [FILE-PATTERN]: what QEMU says from now on.
transcripts()
{
	cp -r "$top_srcdir/tests/fake-qemu/qemu-7.2" "$1"
	chmod -R u+w "$1"
	# shellcheck disable=SC2086 # a pattern
	sed -i "$2" "$1"/${3-*}
	export FAKE_QEMU_DIR=$PWD/$1
}

# two_hosts: $old was measured, then $new, this host, which can give avx2 and bmi1 as well.
two_hosts()
{
	requires /dev/kvm
	host old
	old=$host
	cpugate --emulator "$emulator" --accel kvm probe >/dev/null
	host new
	new=$host
	transcripts more 's/"avx2", //g; s/"bmi1", //g' '*kvm*'
	cpugate --emulator "$emulator" --accel kvm probe >/dev/null
}

@test "a side is identical with itself" {
	compares 0 --emulator "$emulator" --accel tcg diff machine=pc machine=pc-i440fx-7.2
	[[ ${text##*$'\n'} == 'identical: 13 models' ]]
	json_has '.models | all(.[]; . == [])'
	json_has '.changed == [] and .undecided == [] and .compared == 13'
	json_has '.from.machine == "pc-i440fx-7.2" and .to.machine == .from.machine'
}

@test "what is known is compared without a start, what isn't is measured" {
	ask --emulator "$emulator" --accel tcg diff machine=pc machine=isapc
	status_is 1
	started_is some
	ask --json --emulator "$emulator" --accel tcg diff machine=isapc machine=pc
	status_is 1
	started_is 0
	json_has '.from.from == "cache" and .to.from == "cache"'
	ask --json --emulator "$emulator" --accel tcg diff machine=microvm machine=pc
	json_has '.from.from == "measurement" and .to.from == "cache"'
}

@test "without a cache there is an answer too" {
	export CPUGATE_CACHE=/proc/nowhere/cache.db
	ask --json --emulator "$emulator" --accel tcg diff machine=isapc machine=pc
	status_is 1
	json_has '.compared == 13 and .undecided == []'
	[[ $stderr == 'cpugate: warning: '* ]] || refute_ask 'expected a warning'
}

@test "a side takes from the options what it doesn't say" {
	compares 1 --emulator "$emulator" --accel tcg --machine isapc diff accel=tcg machine=pc
	json_has '.from.machine == "isapc" and .to.machine == "pc-i440fx-7.2"'
	json_has '[.from, .to | .accel] == ["tcg", "tcg"]'
}

@test "the other way round everything is the other way round" {
	cpugate --json --emulator "$emulator" --accel tcg diff machine=isapc machine=microvm >there || true
	cpugate --json --emulator "$emulator" --accel tcg diff machine=microvm machine=isapc >back || true
	jq -S '.models.realiased[] |= {model, from: .to, to: .from} |
		.changed[] |= (
			.requested |= {gained: .lost, lost: .gained} |
			.effective |= {gained: .lost, lost: .gained} |
			.properties[] |= {name, from: .to, to: .from}) |
		{changed, models, compared}' back >turned
	jq -S '{changed, models, compared}' there | diff - turned
	jq -e '.changed | length > 0' there
}

@test "renamed, added, removed, deprecated models and aliases that moved" {
	transcripts next 's/"Haswell-v4"/"Hasnew-v4"/g; s/"alias-of": "EPYC-v1"/"alias-of": "EPYC-v3"/
		s/"deprecated": false/"deprecated": true/'
	cp "$emulator" next-qemu
	echo >>next-qemu
	echo "FAKE_QEMU_DIR=$PWD/next" >next-qemu.env
	export FAKE_QEMU_DIR=$top_srcdir/tests/fake-qemu/qemu-7.2

	compares 1 --accel tcg diff emulator="$emulator" emulator=./next-qemu
	json_has '.models.renamed == [{from: "Haswell-v4", to: "Hasnew-v4"}]'
	json_has '.models.added == [] and .models.removed == []'
	json_has '.models.deprecated | index("486-v1")'
	json_has '.models.undeprecated == []'
	json_has '.models.realiased == [{model: "EPYC", from: "EPYC-v1", to: "EPYC-v3"}]'
	text_has 'Haswell-v4 -> Hasnew-v4' 'EPYC: -v1->-v3' ' 1 renamed'

	compares 1 --accel tcg diff emulator=./next-qemu emulator="$emulator"
	json_has '.models.undeprecated | index("486-v1")'
	json_has '.models.deprecated == []'
}

@test "models with equal requests on one side only aren't guessed to be renamed" {
	transcripts next 's/"486"/"586"/g; s/"486-v1"/"586-v1"/g'
	cp "$emulator" next-qemu
	echo >>next-qemu
	echo "FAKE_QEMU_DIR=$PWD/next" >next-qemu.env
	export FAKE_QEMU_DIR=$top_srcdir/tests/fake-qemu/qemu-7.2

	compares 1 --accel tcg diff emulator="$emulator" emulator=./next-qemu
	json_has '.models.renamed == []'
	json_has '.models.removed == ["486", "486-v1"] and .models.added == ["586", "586-v1"]'
}

@test "a host of before: by fingerprint and by generation" {
	local past

	two_hosts
	for past in "host=${old:0:6}" "host=$old" "host=${old^^}" generation=1; do
		for now in host=now "host=${new:0:8}" generation=0 machine=pc; do
			compares 1 --emulator "$emulator" diff "$past" "$now"
			json_has '.from.host == $old and .to.host == $new' --arg old "$old" --arg new "$new"
			json_has '[.changed[].effective.gained] | unique == [["avx2", "bmi1"]]'
			json_has '[.changed[] | .requested | .gained + .lost] | add == []'
			json_has '[.changed[].model] | index("Haswell") and index("EPYC-v3")'
			json_has '[.["host-changed"][].part] == ["kernel.release", "kernel.version"]'
			text_has 'effective +avx2 +bmi1' 'Linux 6.1.0-old' "${old:0:8}"
			started_is 0
		done
	done
	compares 0 --emulator "$emulator" diff host=now generation=0
	compares 0 --emulator "$emulator" diff "host=$old" generation=1
}

@test "other hosts need no KVM here, nor an emulator that starts" {
	two_hosts
	mkdir -p none/proc
	export CPUGATE_HOST_ROOT=$PWD/none
	compares 1 --emulator "$emulator" diff "host=$old" "host=$new"
	started_is 0
	json_has '[.from, .to | .kernel] == ["Linux 6.1.0-old", "Linux 6.1.0-new"]'
	ask --emulator "$emulator" diff "host=$old" host=now
	refused 'TO: no KVM here'
}

@test "what the cache doesn't know of a host is said, not measured here" {
	two_hosts
	compares 3 --emulator "$emulator" diff "host=$old,machine=isapc" host=now
	json_has '.from.missing and (.to | has("missing") | not) and (has("changed") | not)'
	text_has 'cannot decide: FROM: isapc was never measured'
	started_is 0

	# The models are the emulator's, so they may have been measured on this host instead.
	ask --emulator "$emulator" --machine isapc --accel kvm probe
	compares 1 --emulator "$emulator" --machine isapc diff "host=$old" host=now
	json_has '.undecided == ["host", "max"] and .compared == 13'
	text_has '2 undecided'

	compares 3 --emulator "$emulator" diff generation=0 generation=2
	json_has '.to.missing | test("generation=2")'
	cp "$emulator" other
	echo >>other
	compares 3 --emulator ./other diff "host=$old" host=now
	text_has 'was never measured with this emulator'
}

@test "nothing else differs but some models aren't known: cannot decide" {
	requires /dev/kvm
	host old
	cpugate --emulator "$emulator" --accel kvm probe >/dev/null
	host new
	compares 3 --emulator "$emulator" --machine isapc diff generation=1 generation=0
	json_has '.changed == [] and .undecided == ["host", "max"]'
}

@test "a target that doesn't name its features: cannot decide, but for one and the same side" {
	local recorded

	transcripts mute ''
	for recorded in mute/*_tcg_globals.qmp; do
		cp "$recorded" "${recorded/globals/plain}"
	done
	export FAKE_QEMU_MODE=error@query-cpu-model-expansion
	cp "$emulator" same
	echo >>same
	compares 3 --accel tcg diff emulator="$emulator" emulator=./same
	json_has '.from.honesty == "names-only" and .unknown == null'
	json_has '.changed == [] and (.undecided | length) == 13'
	compares 1 --emulator "$emulator" --accel tcg diff machine=pc machine=isapc
	json_has '(.undecided | length) == 13 and (.models.realiased | length) > 0'
	compares 0 --emulator "$emulator" --accel tcg diff machine=pc machine=pc-i440fx-7.2
	json_has '.undecided == [] and .compared == 13'
}

@test "where QEMU contradicts itself, what it says of each model counts" {
	requires /dev/kvm
	host old
	FAKE_QEMU_MODE=liar:qemu64 cpugate --emulator "$emulator" --accel kvm probe >/dev/null
	host new
	compares 1 --emulator "$emulator" diff generation=1 host=now
	json_has '[.changed[] | {model, gained: .effective.gained, requested}] |
		map(.model) == ["qemu64", "qemu64-v1"] and
		all(.gained == ["mmx"] and .requested == {gained: [], lost: []})'
	json_has '.from.honesty == "partial" and .to.honesty == "exact"'
}

@test "wrong sides: one sentence each" {
	local side words

	while IFS='|' read -r side words; do
		ask --emulator "$emulator" diff "$side" machine=pc
		refused "$words"
		started_is 0 || [[ $side == machine=* || $side == accel=tcg,machine=* ]]
	done <<-'END'
		|FROM: "" is not KEY=VALUE
		pc|FROM: "pc" is not KEY=VALUE
		machine=pc,|FROM: "" is not KEY=VALUE
		=pc|FROM: no key : emulator, machine, accel, host or generation
		mashine=pc|FROM: no key mashine
		machine=pc,machine=q35|FROM: machine= is there twice
		machine=|FROM: machine= needs a value
		machine=nosuch,accel=tcg|FROM: 
		accel=hvf|FROM: no accelerator hvf
		emulator=/nowhere/qemu|FROM: emulator /nowhere/qemu
		host=xyz|host=xyz: now, or how a fingerprint begins
		host=0123456789|FROM: no host 0123456789 in the cache
		generation=-1|FROM: generation=-1
		generation=1x|FROM: generation=1x
		generation=99999999999999999999|FROM: generation=9
		host=now,generation=1|FROM: host= or generation=, not both
		accel=tcg,host=now|FROM: under tcg nothing depends on the host
		accel=tcg,generation=0|FROM: under tcg nothing depends on the host
	END
	ask --emulator "$emulator" diff machine=pc machine=q35,nosuch=1
	refused 'TO: no key nosuch'
	ask --emulator "$emulator" diff machine=pc
	refused 'Two sides'
	ask --emulator "$emulator" diff
	refused 'Two sides'
	ask --emulator "$emulator" diff machine=pc machine=q35 machine=isapc
	refused 'one word too many: machine=isapc'
}

@test "a prefix that several hosts have is refused, with what they are" {
	local number digit hosts=()

	requires /dev/kvm
	for number in {1..17}; do # so two of them begin with the same digit
		host "$number"
		cpugate --emulator "$emulator" --accel kvm models >/dev/null
		hosts+=("$host")
	done
	for digit in {0..9} {a..f}; do
		printf '%s\n' "${hosts[@]}" | grep -o "^$digit...." >alike || continue
		[[ $(wc -l <alike) -gt 1 ]] || continue
		ask --emulator "$emulator" diff "host=$digit" host=now
		# shellcheck disable=SC2046 # a word each
		refused "host=$digit may be" $(cat alike)
		return
	done
	false
}

@test "real machine types: what expand says of both" {
	local model

	use_real
	cpugate --json --accel tcg diff machine=pc-i440fx-2.4 machine=none >reply || [[ $? -eq 1 ]]
	for model in Haswell Skylake-Server EPYC qemu64 486 max; do
		agrees_with_expand "$model" --accel tcg --machine pc-i440fx-2.4 -- \
			--accel tcg --machine none
	done
	# Of 17 that notes on QEMU 7.2 count for Haswell, one is a feature.
	jq -e '.changed[] | select(.model == "Haswell") | .requested.gained == ["abm"] and
		(.properties | length) >= 16' reply
	compares 1 --accel tcg diff machine=pc-i440fx-2.4 machine=none
	text_has 'requested and effective +abm' 'all '
}

@test "two emulators: the same requests, another effect, names that one doesn't know" {
	local model

	use_qemu_10
	compares 1 --accel tcg --machine pc-q35-7.2 diff emulator="$emulator" emulator="$second"
	echo "$output" >reply
	json_has '.from.emulator.version | startswith("7.2.")' || skip 'not 7.2 here'
	json_has '.to.emulator.version | startswith("10.0.")' || skip 'not 10.0 there'
	# QEMU's own promise: a model asks for the same on the same machine type.
	json_has '[.changed[] | select(.model | . != "host" and . != "max") |
		.requested | .gained, .lost | .[]] == []'
	json_has '.changed[] | select(.model == "Haswell") | .effective ==
		{gained: ["x2apic"], lost: []}'
	json_has '[.changed[].effective.gained[]] | unique |
		contains(["3dnowprefetch", "rdseed", "sha-ni", "x2apic"])'
	json_has '.unknown.features | (.["unknown-to-from"] | length) == 63 and .["unknown-to-to"] == []'
	json_has '.unknown as $u | all(.changed[].effective;
		(.["unknown-to-from"] // []) - $u.features["unknown-to-from"] == [] and
		.gained - $u.features["unknown-to-from"] == .gained)'
	json_has '.changed[] | select(.model == "max") | .requested["unknown-to-from"] | length > 0'
	json_has '.models.added | index("GraniteRapids")'
	json_has '.models.removed == [] and .models.renamed == []'
	text_has 'marked *' '*'
	for model in Haswell Icelake-Server-v4 EPYC-Milan max Conroe; do
		agrees_with_expand "$model" --accel tcg --machine pc-q35-7.2 -- \
			--accel tcg --machine pc-q35-7.2 --emulator "$second"
	done
}

@test "every example of cpugate-diff(1) works" {
	local command count=0

	use_real
	while IFS= read -r command; do
		[[ $command != *kvm* || -w /dev/kvm ]] || continue
		run --separate-stderr bash -o pipefail -c "$command"
		[[ $status -ne 2 || $stderr == *'no KVM here'* ]] || refute_ask "$command"
		count=$((count + 1))
	done < <(awk '/^# / { on = $0 == "# EXAMPLES" } on && /^\$ / { print substr($0, 3) }' \
		"$top_srcdir/man/cpugate-diff.1.scd")
	[[ $count -gt 5 ]]
}
