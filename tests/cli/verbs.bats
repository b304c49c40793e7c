#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash, fake.bash and run
# Each verb on a recorded QEMU 7.2: what the text looks like, what the JSON has, what a
# question costs the first and the second time, and how the program ends.

bats_require_minimum_version 1.5.0
load helpers
load fake

# The names are short, so that lines are as long as they are on purpose; and the host is one
# without KVM, wherever the test runs.
setup()
{
	setup_test
	use_fake
	ln -s "$emulator" qemu
	emulator=./qemu
	mkdir -p host/proc/sys/kernel
	echo 6.1.0-13-amd64 >host/proc/sys/kernel/osrelease
	export CPUGATE_HOST_ROOT=$PWD/host
}

# ask_fake VERB-OR-OPTION...: a question to it.
ask_fake()
{
	ask --emulator "$emulator" "$@"
}

# costs FIRST VERB-OR-OPTION...: the same question twice. The first time it takes so many
# starts, the second none, and the answer is the same.
costs()
{
	local first=$1
	shift

	ask_fake --json "$@"
	answered || return
	started_is "$first" || return
	answer_itself >first
	ask_fake --json "$@"
	answered || return
	started_is 0 || return
	answer_itself | diff first - || refute_ask 'another answer than before' || return
}

# told FILTER: the JSON of the last answer.
told()
{
	jq -r "$1" <<<"$output"
}

# shape_is SHAPE: the members of an object with their types: {"name":"string",...}.
shape_is()
{
	local shape

	shape=$(jq -c -S 'map_values(type)' <<<"$output")
	[[ $shape == "$(jq -c -S . <<<"$1")" ]] || refute_ask "expected other members than" "$shape"
}

# Lists of features are sorted, without repetitions.
sorted='(. == unique)'

@test "--help has every verb, --version the version" {
	ask --help
	answered
	output_has 'usage: cpugate ' models 'cache why' --emulator 'Exit status'
	ask --version
	answered
	[[ $output =~ ^cpugate\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || refute_ask 'expected a version'
	started_is 0
}

# every_verb: all that can be asked, one a line.
every_verb()
{
	printf '%s\n' --help models 'models --machine q35' 'expand Haswell' 'expand 486' \
		'expand Haswell,+avx512f,-hle' machines emulators host probe 'probe --all' \
		'cache path' 'cache why' 'cache prune' 'diff machine=q35 machine=pc-i440fx-2.4'
}

# ask_words WORDS: with the emulator where the verb takes one.
ask_words()
{
	local words

	read -ra words <<<"$1"
	case $1 in
	--help | host | cache*) ask "${words[@]}" ;;
	*) ask_fake "${words[@]}" ;;
	esac
}

@test "without a terminal lines fit 80 columns, and have no colours" {
	local words line

	while read -r words; do
		ask_words "$words"
		[[ $words == 'cache why' || $words == diff* ]] || answered
		[[ $output != *$'\e'* ]] || refute_ask "a colour: $words"
		for line in "${lines[@]}"; do
			[[ ${#line} -le 80 ]] || refute_ask "longer than 80: $words" "$line"
		done
	done < <(every_verb)
}

# on_terminal COLUMNS ARG...: what a terminal of this width would get.
on_terminal()
{
	local columns=$1
	shift

	requires script
	run script -qec "stty cols $columns; $(printf '%q ' cpugate --emulator "$emulator" "$@")" /dev/null
	status_is 0
	output=${output//$'\r'/}
}

@test "colours are for terminals, unless NO_COLOR is set" {
	unset NO_COLOR
	on_terminal 80 models
	output_has $'\e[32myes' $'\e[31mno' $'\e[1mMODEL'
	export NO_COLOR=1
	on_terminal 80 models
	[[ $output != *$'\e'* ]] || refute_ask 'expected no colour'
}

@test "tables fit the terminal" {
	local before=0 columns line

	export NO_COLOR=1
	for columns in 60 80 120; do
		on_terminal $columns models
		line=$(grep '^EPYC-v3' <<<"$output")
		[[ ${#line} -le $columns && ${#line} -gt $before ]] ||
			refute_run "expected all of $columns columns" "$line"
		before=${#line}
	done
}

@test "models: a table" {
	ask_fake models
	answered
	[[ ${lines[0]} == 'qemu 7.2.22   pc-i440fx-7.2   tcg   Linux 6.1.0-13-amd64   exact' ]]
	[[ ${lines[1]} == 'MODEL       USABLE  MISSING HERE' ]]
	[[ $output == *$'\n486         yes     = 486-v1\n486-v1      yes\n'* ]]
	[[ $output == *$'\nHaswell     no      hle invpcid pcid rtm tsc-deadline x2apic\n'* ]]
	[[ $output == *$'\nhost        no      kvm\n'* ]]
	[[ ${lines[-1]} == '6 of 13 models usable here.'*'cpugate expand '* ]]
	[[ $(sed -n '3,$p' <<<"$output" | sed '$d' | cut -d ' ' -f 1) == \
		"$(printf '%s\n' 486 486-v1 EPYC EPYC-v1 EPYC-v3 Haswell Haswell-v1 Haswell-v4 \
			base host max qemu64 qemu64-v1)" ]]
}

@test "models: QEMU's own records, and whether they are usable" {
	costs 2 models
	json_has 'map(.name) == ["max", "host", "base", "qemu64-v1", "qemu64", "Haswell-v4",
		"Haswell-v1", "Haswell", "EPYC-v3", "EPYC-v1", "EPYC", "486-v1", "486"]'
	json_has 'all((.name | type) == "string" and (.typename | type) == "string" and
		(.static | type) == "boolean" and (.deprecated | type) == "boolean" and
		(."migration-safe" | type) == "boolean" and (.usable | type) == "boolean")'
	json_has "all(.\"unavailable-features\" | type == \"array\" and $sorted)"
	json_has 'map(select(.name == "Haswell")) == [{"name": "Haswell", "alias-of": "Haswell-v1",
		"typename": "Haswell-x86_64-cpu", "static": false, "deprecated": false,
		"migration-safe": true, "usable": false, "unavailable-features":
		["hle", "invpcid", "pcid", "rtm", "tsc-deadline", "x2apic"]}]'
	json_has 'all(.usable == (."unavailable-features" == []))'
}

@test "models: of another machine type" {
	costs 3 --machine q35 models
	ask_fake --machine q35 models
	answered
	[[ ${lines[0]} == *' pc-q35-7.2 '* ]]
	ask_fake --json --machine pc-i440fx-2.4 models
	answered
	started_is 1
	json_has 'map(select(.name == "qemu64")) | length == 1'
}

@test "expand: what is asked for, what is had" {
	costs 2 expand Haswell
	shape_is '{"emulator": "object", "machine": "string", "accel": "string",
		"definition": "string", "model": "object", "requested": "array", "removed": "array",
		"effective": "array", "properties": "object", "usable": "boolean",
		"hidden": "array", "enforced": "boolean", "honesty": "string", "from": "string"}'
	json_has '.machine == "pc-i440fx-7.2" and .accel == "tcg" and .definition == "Haswell" and
		.model == {"name": "Haswell", "alias-of": "Haswell-v1"} and .honesty == "exact" and
		.enforced == true and .usable == false'
	json_has "(.requested | $sorted) and (.removed | $sorted) and (.effective | $sorted)"
	json_has '.removed == ["hle", "invpcid", "pcid", "rtm", "tsc-deadline", "x2apic"]'
	json_has '.effective == .requested - .removed'
	json_has '.requested | index("sse4.1") != null and index("sse4_1") == null and
		index("lahf-lm") != null and index("lahf_lm") == null'
	json_has '.properties.vendor == "GenuineIntel" and .properties.model == 60 and
		(.properties | has("avx2") | not)'
	json_has '.emulator == {"path": "./qemu", "sha256": .emulator.sha256, "version": "7.2.22",
		"package": "Debian 1:7.2+dfsg-7+deb12u18+b3", "target": "x86_64"}'
	[[ $(told .emulator.sha256) == $(sha256sum "$emulator" | cut -d ' ' -f 1) ]]
}

@test "expand: a measurement the first time, then from the cache" {
	ask_fake --json expand 486
	[[ $(told .from) == measurement ]]
	ask_fake --json expand 486
	[[ $(told .from) == cache ]]
	json_has '.usable == true and .removed == []'
}

@test "expand: a definition has one form, and one answer" {
	costs 2 expand Haswell,+avx512f,-hle
	json_has '.definition == "Haswell,avx512f=on,hle=off" and
		(.removed | index("avx512f") != null and index("hle") == null)'
	cp first right
	for definition in Haswell,-hle,+avx512f Haswell,avx512f,hle=off \
		Haswell,hle=on,avx512f=yes,hle=no Haswell,-hle,avx512f=on,hle=on; do
		ask_fake --json expand "$definition"
		answered
		started_is 0
		answer_itself | diff right -
	done
}

@test "expand: text" {
	ask_fake expand Haswell
	answered
	output_has 'Haswell = Haswell-v1' 'vendor GenuineIntel' 'usable  no' 'missing here (6)' \
		'hle invpcid pcid rtm' 'guest gets ('
	ask_fake expand 486
	output_has 'usable  yes' 'missing here (0)'
}

@test "expand: a vCPU that doesn't start says why" {
	cp "$emulator" bad
	printf 'FAKE_QEMU_MODE=exit:1/cpu\nFAKE_QEMU_STDERR=no, thanks\n' >bad.env
	ask --emulator ./bad expand 486
	answered
	output_has 'usable  no' "doesn't start with it: exit status 1: no, thanks"
	ask --json --emulator ./bad expand 486
	json_has '."not-startable" == {"status": 1, "words": "no, thanks"}'
}

@test "machines: sorted, with aliases" {
	costs 1 machines
	json_has 'map(.name) == ["isapc", "microvm", "none", "pc-i440fx-7.2", "pc-i440fx-2.4",
		"pc-q35-7.2"]'
	json_has 'map(select(.alias) | {(.alias): .name}) | add ==
		{"pc": "pc-i440fx-7.2", "q35": "pc-q35-7.2"}'
	json_has 'all((."cpu-max" | type) == "number" and (.deprecated | type) == "boolean")'
	json_has 'map(select(."is-default").name) == ["pc-i440fx-7.2"]'
	ask_fake machines
	answered
	[[ ${lines[0]} == 'MACHINE TYPE          ALIAS     MAX CPUS DEFAULT CPU'* ]]
	[[ $output =~ pc-q35-7.2\ +q35\ +288\ +qemu64-x86_64-cpu ]]
	[[ $output =~ pc-i440fx-7.2\ +pc\ +255\ .*default ]]
}

@test "an alias is another word for the same, a default for none" {
	local name

	ask_fake --json --machine pc-q35-7.2 expand 486
	answer_itself >right
	ask_fake --json --machine q35 expand 486
	answered
	started_is 0
	json_has '.machine == "pc-q35-7.2"'
	answer_itself | diff right -
	ask_fake --json expand 486
	answer_itself >right
	for name in pc pc-i440fx-7.2; do
		ask_fake --json --machine $name expand 486
		started_is 0
		answer_itself | diff right -
	done
}

@test "emulators: what is installed, and what is known of it" {
	mkdir bin
	cp "$emulator" bin/qemu-system-one
	cp "$emulator" bin/qemu-system-two
	printf x >>bin/qemu-system-two
	PATH=bin:$top_builddir:/usr/bin:/bin ask --json emulators
	answered
	started_is 0
	json_has 'map(select(.path | startswith("bin/"))) | length == 2 and
		map(.path) == ["bin/qemu-system-one", "bin/qemu-system-two"] and
		all(has("version") or has("error") | not) and (map(.sha256) | unique | length == 2)'

	ask --emulator bin/qemu-system-two machines
	answered
	PATH=bin:$PATH ask --json --emulator qemu-system-two emulators
	answered
	json_has 'length == 1 and .[0].version == "7.2.22" and .[0].target == "x86_64" and
		(.[0].package | startswith("Debian"))'
	ask --emulator bin/qemu-system-one emulators
	answered
	output_has 'not asked yet'
	ask --emulator bin/qemu-system-two emulators
	[[ ${lines[1]} =~ ^bin/qemu-system-two\ +[0-9a-f]{12}\ +7.2.22\ x86_64$ ]]
}

@test "an emulator is found in PATH" {
	mkdir bin
	cp "$emulator" bin/my-qemu
	PATH=$PWD/bin:$PATH ask --json --emulator my-qemu expand 486
	answered
	json_has ".emulator.path == \"$PWD/bin/my-qemu\""
}

@test "host: the parts, and a digest over them" {
	ask --json host
	answered
	shape_is '{"fingerprint": "string", "parts": "object"}'
	json_has '.parts.kernel.release == "6.1.0-13-amd64" and .parts."kvm-access" == "missing"'
	[[ $(told .fingerprint) == $(jq -jcS .parts <<<"$output" | sha256sum | cut -d ' ' -f 1) ]]
	ask host
	answered
	[[ ${lines[0]} =~ ^fingerprint\ [0-9a-f]{64}$ ]]
	output_has 'kvm-access            missing'
	echo 6.1.0-14-amd64 >host/proc/sys/kernel/osrelease
	cp <(echo "$output") before
	ask host
	[[ ${lines[0]} != "$(head -1 before)" ]] || refute_ask 'expected another fingerprint'
}

@test "probe: everything of a machine type" {
	costs 2 probe
	shape_is '{"emulator": "object", "probed": "array"}'
	json_has '.probed | length == 1 and .[0] == {"accel": "tcg", "machine": "pc-i440fx-7.2",
		"models": 13, "complete": 6, "max-starts": true, "equation-holds": true,
		"way": "started", "from": "cache"}'
	for model in 486 Haswell max host base EPYC-v3; do
		ask_fake --json expand $model
		answered
		started_is 0
	done
	ask_fake models
	started_is 0
	ask_fake probe
	answered
	[[ ${lines[0]} == './qemu 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)' ]]
	[[ ${lines[1]} =~ ^tcg\ +pc-i440fx-7.2\ .*13\ models.*6\ lack\ nothing ]]
}

@test "probe --all: every machine type but none" {
	costs 7 probe --all
	json_has '.probed | map(.machine) == ["isapc", "microvm", "pc-i440fx-7.2", "pc-i440fx-2.4",
		"pc-q35-7.2"] and all(.from == "cache" and .models == 13)'
	for machine in isapc microvm pc q35 pc-i440fx-2.4; do
		ask_fake --json --machine $machine expand Haswell
		answered
		started_is 0
	done
}

@test "probe --all: what one machine type did to QEMU is in its row" {
	cp "$emulator" bad
	echo 'FAKE_QEMU_MODE=signal/microvm' >bad.env
	ask --json --emulator ./bad probe --all
	answered
	json_has '.probed | map(select(has("error")) | .machine) == ["microvm"] and
		(map(select(.machine == "microvm"))[0].error | contains("SIGSEGV")) and length == 5'
	echo 'FAKE_QEMU_MODE=signal/globals' >bad.env
	rm -r "$XDG_CACHE_HOME"
	ask --json --emulator ./bad probe --all
	refused ./bad SIGSEGV
}

@test "probe --all: goes on where it was stopped" {
	local i

	cp "$emulator" bad
	echo 'FAKE_QEMU_MODE=hang@query-cpu-definitions/pc-q35-7.2' >bad.env
	env --default-signal=INT cpugate --emulator ./bad probe --all >out 2>err 3>&- &
	# Four of the five are done when they are in the cache.
	for ((i = 0; i < 500; i++)); do
		[[ $(cpugate --json cache list | jq 'map(select(.kind == "sheet")) | length') -lt 4 ]] ||
			break
		sleep 0.02
	done
	status=0
	kill -INT $!
	wait $! || status=$?
	status_is 130
	: >bad.env
	ask --emulator ./bad probe --all
	answered
	started_is 1
}

# The fake has no vCPUs to look at: what is predicted to start doesn't.
@test "verify: a prediction that fails is a no" {
	ask_fake --json verify --machine q35 --all --seed 1
	status_is 1
	[[ -z $stderr ]]
	shape_is '{"emulator": "object", "machines": "array", "mismatches": "array", "seed": "number",
		"unstartable": "array", "compared": "number", "mismatched": "number", "not-started": "number",
		"skipped": "number"}'
	json_has '.seed == 1 and .mismatched == (.mismatches | length) and
		.compared + ."not-started" + .skipped == 13'
	json_has '.mismatches | length > 0 and all(.machine == "pc-q35-7.2" and .accel == "tcg" and
		(.definition | type) == "string" and .started == "no, though predicted")'
	ask_fake verify --machine q35 --all --seed 1
	status_is 1
	[[ ${lines[0]} == 'MACHINE TYPE '*'COMPARED  MISMATCHED  NOT STARTED' ]]
	[[ ${lines[-1]} == *' mismatched, '*' not started, '*'seed 1' ]]
}

@test "verify: a sample is picked by its seed" {
	ask_fake --json verify --sample 6 --seed 2
	answered
	json_has '.seed == 2 and .compared + ."not-started" + .skipped == 6'
	answer_itself >first
	ask_fake --json verify --sample 6 --seed 2
	answer_itself | diff first -
	ask_fake --json verify --sample 6 --seed 3
	! answer_itself | diff -q first - || refute_ask 'expected another sample'
}

@test "diff: the same is 0, a difference is 1" {
	ask_fake --json diff machine=pc machine=pc-i440fx-7.2
	answered
	json_has '.from.machine == "pc-i440fx-7.2" and .to.machine == "pc-i440fx-7.2"'
	ask_fake --json diff machine=pc-i440fx-2.4 machine=pc
	status_is 1
	[[ -z $stderr ]]
	json_has '.from.machine == "pc-i440fx-2.4" and .from.honesty == "exact"'
	answer_itself >first
	ask_fake --json diff machine=pc-i440fx-2.4 machine=pc
	started_is 0
	answer_itself | diff first -
	ask_fake diff machine=pc machine=nosuch
	refused nosuch
	ask_fake diff machine=pc
	refused diff
}

@test "cache list: every fact, newest first" {
	ask --json cache list
	answered
	json_has '. == []'
	ask_fake probe
	ask --json cache list
	answered
	started_is 0
	json_has 'length > 8 and (map(.kind) | unique | index("emulator") != null and
		index("machines") != null and index("models") != null and index("unsupported") != null)'
	json_has 'all((.kind | type) == "string" and (.name | type) == "string" and
		(.accel | IN("", "tcg")) and (.measured | type) == "number" and .bytes > 0)'
	json_has 'map(.measured) | . == (sort | reverse)'
	json_has 'map(select(.kind == "models"))[0] | .accel == "tcg" and .name == "pc-i440fx-7.2" and
		(.emulator | test("^[0-9a-f]{64}$"))'
	ask cache list
	answered
	[[ ${lines[0]} == 'MEASURED  KIND  '* ]]
	[[ ${#lines[@]} -eq $(($(cpugate --json cache list | jq length) + 1)) ]]
}

# upgrade: the same path is another binary now.
upgrade()
{
	cp qemu copy
	printf x >>copy
	mv copy qemu
}

@test "cache why: which part has changed" {
	ask --json --emulator "$emulator" cache why
	answered
	shape_is '{"emulator": "string", "known": "boolean", "remeasure": "array"}'
	json_has '.emulator == "./qemu" and .known == false and .remeasure == []'
	ask --emulator "$emulator" cache why
	output_has './qemu was never measured'

	ask_fake probe
	ask --emulator "$emulator" cache why
	answered
	output_has 'Nothing has changed'
	upgrade
	ask --json --emulator "$emulator" cache why
	answered
	started_is 0
	json_has '.known and (.remeasure | length > 0 and all((.fact | type) == "string" and
		.accel == "tcg" and (.changed | map(.part)) == ["binary"] and
		(.changed[0].from | type) == "string" and .changed[0].from != .changed[0].to))'
	ask --emulator "$emulator" cache why
	answered
	output_has 'would be measured again' '  binary: '
}

@test "cache history: what was replaced stays until it is pruned" {
	ask_fake models
	ask --json cache history
	answered
	json_has 'length == 1 and .[0].kind == "unsupported" and (.[0] | has("replaced") | not)'
	upgrade
	ask_fake models
	ask --json cache history
	json_has 'length == 2 and (map(.emulator) | unique | length == 2)'
	ask cache history
	answered
	[[ ${#lines[@]} -eq 3 ]]
}

@test "cache prune: forgets what is gone, keeps what is there" {
	ask_fake probe
	ask --json cache prune
	answered
	json_has '. == {"forgotten": 0}'
	upgrade
	ask_fake probe
	ask --json cache prune
	answered
	started_is 0
	json_has '.forgotten > 5'
	ask_fake probe
	started_is 0
	ask --json cache history
	json_has 'length == 1'
	ask cache prune
	[[ $output == '0 facts forgotten.' ]] || refute_ask 'expected nothing more to forget'
	rm qemu
	ask --json cache prune
	json_has '.forgotten > 5'
	ask --json cache list
	json_has 'map(select(.kind != "path")) == []'
}

@test "cache path: where it is" {
	ask --json cache path
	answered
	json_has ". == {\"path\": \"$XDG_CACHE_HOME/cpugate/cache.db\", \"state\": \"read-write\"}"
	CPUGATE_CACHE=$PWD/my.db ask cache path
	[[ $output == "$PWD/my.db" ]]
	CPUGATE_CACHE='' XDG_CACHE_HOME=relative HOME=$PWD/home ask cache path
	[[ $output == "$PWD/home/.cache/cpugate/cache.db" ]]
}

@test "options come before the verb or after it" {
	ask --json --machine q35 --emulator "$emulator" models
	answered
	cp <(echo "$output") right
	ask models --emulator="$emulator" --json --machine=q35
	diff right <(echo "$output")
	ask --emulator "$emulator" models --json --machine q35
	diff right <(echo "$output")
}

@test "a definition that looks like an option comes behind --" {
	ask_fake expand -- -nosuch
	refused -nosuch
}
