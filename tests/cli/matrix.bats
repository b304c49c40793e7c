#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash and by run
# shellcheck disable=SC2016 # what is in single quotes is for jq
# Who can send to whom: by records of real hosts against what their own QEMU said, with two
# real QEMUs, and as a page.

bats_require_minimum_version 1.5.0
load helpers
load ../truth/truth

folder=$top_srcdir/../shared/data/hosts

# Hosts of others, as records: made once.
setup_file()
{
	local file

	mkdir "$BATS_FILE_TMPDIR/others"
	cd "$BATS_FILE_TMPDIR/others" || return
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache PATH=$top_builddir:$PATH
	for file in "$folder"/*.json; do
		cpugate record --from "$file" --output "$(basename "$file")" || break
	done 2>/dev/null
}

setup()
{
	setup_test
	unset CPUGATE_CACHE QEMU_MODULE_DIR
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64 jq
}

use_others()
{
	cp "$BATS_FILE_TMPDIR"/others/*.json . 2>/dev/null || skip "no records of others' hosts"
	hosts=(./*.json)
	mapfile -t intel < <(grep -l GenuineIntel "${hosts[@]}")
	mapfile -t amd < <(grep -l AuthenticAMD "${hosts[@]}")
	[[ ${#intel[@]} -gt 15 && ${#amd[@]} -gt 4 ]] || skip "few records of others' hosts"
}

# matrix STATUS ARGUMENT...: the reply, in $output and in the file m.
matrix()
{
	run --separate-stderr cpugate --json matrix "${@:2}"
	status_is "$1" || return
	printf '%s\n' "$output" >m
}

# renamed NAME FROM TO: a record that calls its host so, and whose digest is right.
renamed()
{
	sed -E 's/"digest":"[0-9a-f]{64}",//; s|("name":")[^"]*(","requested":)|\1'"$1"'\2|' "$2" |
		tr -d '\n' >rest
	jq -e --arg name "$1" '.name == $name' rest >/dev/null || refute_run "not renamed: $1"
	sed "s/^{/&\"digest\":\"$(sha256sum <rest | cut -d ' ' -f 1)\",/" rest >"$3"
}

# The verdict of each pair of hosts, from the classes: [{from, to, verdict}].
pairs='.classes as $c | .cells as $x |
	[range($c | length) as $i | range($c | length) as $j |
		{from: $c[$i].hosts[], to: $c[$j].hosts[], verdict: $x[$i][$j].verdict}]'

# From QEMU's own words: the features that are true in the expansion of "host", and the vendor.
words_of_others()
{
	local file

	jq -s 'map(.features[]) | unique | map({(.): true}) | add' "${hosts[@]}" >features
	for file in "$folder"/*.json; do
		jq -sc --arg host "$(basename "$file" .json)" --slurpfile features features \
			'[.[].return? | objects | .model.props? // empty][0] | {($host): {vendor,
			has: (with_entries(select(.value == true and .key != "invtsc" and
				$features[0][.key])))}}' "$file"
	done | jq -sc add
}

@test "real hosts: yes if and only if all that a guest has can be had there" {
	use_others
	matrix 1 "${hosts[@]}"
	words_of_others >said
	run jq -c --slurpfile said said "$pairs"' | .[] | $said[0][.from] as $a |
		$said[0][.to] as $b |
		($a.vendor == $b.vendor and all($a.has | keys[]; in($b.has))) as $fits |
		select((.verdict == "yes") != $fits)' m
	[[ -z $output ]] || refute_run "other verdicts"
	jq -e '(.hosts | length == 26) and (.classes | length == 26) and (.cells as $c |
		([range(26) | $c[.][.].verdict] | unique == ["yes"]) and
		([$c[][] | (.verdict == "yes") == (.reasons == [])] | all))' m >/dev/null
}

@test "real hosts: of one definition, as hosts-for says, and transitive" {
	local cpu

	use_others
	for cpu in Nehalem Haswell Opteron_G1 Westmere,+avx Penryn,vendor=AuthenticAMD; do
		cpugate --json matrix --cpu "$cpu" "${hosts[@]}" | jq "$pairs" >two
		cpugate --json hosts-for "$cpu" "${hosts[@]}" |
			jq '.hosts | map({(.host): .verdict}) | add' >verdicts
		words_of_others | jq 'map_values(.vendor)' >vendors
		# Both can have it, and are of one vendor unless the definition says which.
		run jq -c --slurpfile v verdicts --slurpfile w vendors --arg cpu "$cpu" '.[] |
			($v[0][.from] == "yes" and $v[0][.to] == "yes" and
				($w[0][.from] == $w[0][.to] or ($cpu | contains("vendor=")))) as $can |
			select((.verdict == "yes") != $can or
				(.verdict == "no" and $v[0][.from] == "no"))' two
		[[ -z $output ]] || refute_run "$cpu: another answer than hosts-for"
		run jq -c 'map(select(.verdict == "yes")) as $yes |
			(reduce $yes[] as $p ({}; .[$p.from][$p.to] = true)) as $can |
			$yes[] | .from as $a | .to as $b | $can[$b] // {} | keys[] |
			select($can[$a][.] | not) | [$a, $b, .]' two
		[[ -z $output ]] || refute_run "$cpu: not transitive"
	done
}

@test "real hosts: vendors and islands" {
	use_others
	matrix 1 "${intel[@]}" "${amd[0]}"
	json_has '.islands.out | index($amd)' --arg amd "$(basename "${amd[0]}" .json)"
	json_has '.islands.in | index($amd)' --arg amd "$(basename "${amd[0]}" .json)"
	json_has '.islands.out | index("Xeon-W3520") | not'
	json_has '[.cells[-1][:-1][].reasons | index("identity.vendor") == null | not] | all'
	matrix 1 "${intel[0]}" "${amd[0]}"
	json_has '.advice | (.out | contains("vendor")) and (.in | contains("vendor"))'
	# The newer of two takes the older one's guests, and not the other way round.
	matrix 1 ./Core-i5-2540M.json ./Core-i7-8700.json
	json_has '[.cells[][].verdict] == ["yes", "yes", "no", "yes"]'
	json_has '.cells[1][0].features | index("avx2")'
	json_has '.islands == {"out": ["Core-i7-8700"], "in": ["Core-i5-2540M"]}'
	run cpugate matrix ./Core-i5-2540M.json ./Core-i7-8700.json
	status_is 1
	output_has 'Guests can never get away from: Core-i7-8700' 'Nothing can come to: Core-i5-2540M' \
		'cpugate baseline'
}

@test "hosts that are the same are one row" {
	use_others
	for i in {1..30}; do
		renamed "node-$i" "${intel[i % 3]}" "node-$i.json"
	done
	matrix 1 node-{1..30}.json
	json_has '(.hosts | length == 30) and (.classes | map(.hosts | length) == [10, 10, 10])'
	json_has '(.cells | length == 3) and (.classes[0] | .name == .hosts[0] and .name == "node-1")'
	matrix 0 node-{1,4,7}.json
	json_has '.classes | length == 1'
	json_has '.islands == {"out": [], "in": []} and .advice == {}'
	# Alone there is nowhere to go, which makes no island.
	matrix 0 node-1.json
	json_has '.islands.out == []'
	run cpugate matrix node-{1..30}.json
	output_has 'node-1 ' 'x10' '= itself and its like'
	[[ $(grep -c x10 <<<"$output") -eq 3 ]] || refute_run
}

@test "the table fits" {
	use_others
	run cpugate matrix "${hosts[@]}"
	status_is 1
	[[ $(awk '{ print length }' <<<"$output" | sort -n | tail -1) -le 80 ]] || refute_run
	renamed "$(printf 'n%.0s' {1..100})" "${intel[0]}" long.json
	run cpugate matrix long.json "${hosts[@]}"
	[[ $(awk '{ print length }' <<<"$output" | sort -n | tail -1) -le 80 ]] || refute_run
	output_has 'nnn..'
}

@test "two real QEMUs: a yes is what the other one starts, with enforce" {
	local newer cpu

	newer=$(unpack_qemu_10)/qemu-system-x86_64 || skip "no second QEMU"
	export QEMU_MODULE_DIR=${newer%/bin/*}/lib/x86_64-linux-gnu/qemu
	cpugate record --accel tcg --machine pc-i440fx-7.2 --emulator "$newer" --output new.json
	cpugate record --accel tcg --machine pc-i440fx-7.2 --output old.json ||
		skip "the installed QEMU has no such machine type"
	for cpu in qemu64 Westmere Nehalem,+avx Haswell; do
		run cpugate --json matrix --cpu "$cpu" --machine pc-i440fx-7.2 old.json new.json
		[[ $status -eq 0 ]] || continue
		json_has '.definition and (.classes | map(.hosts) | add | length == 2)'
		for emulator in qemu-system-x86_64 "$newer"; do
			printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"quit"}' |
				timeout 60 "$emulator" -nodefaults -display none -S -m 16 \
					-machine pc-i440fx-7.2,accel=tcg -cpu "$cpu,enforce" \
					-qmp stdio >said 2>&1 ||
				refute_run "$cpu doesn't start on $emulator" "$(<said)"
		done
		touch started
	done
	[[ -e started ]] || refute_run "no definition was a yes"
	# Each does something that the other doesn't.
	matrix 1 --machine pc-i440fx-7.2 old.json new.json
	json_has '[.cells[][].verdict] == ["yes", "no", "no", "yes"]'
	matrix 3 --cpu Haswell --machine pc-i440fx-7.2 old.json new.json
	json_has '[.cells[][].reasons | index("record.self-inconsistent") and index("missing.vmm")] | all'
	# A host without the machine type has no such guest, and takes none.
	cpugate record --accel tcg --machine pc-i440fx-10.0 --emulator "$newer" --output new.json
	matrix 1 --cpu qemu64 --machine pc-i440fx-10.0 old.json new.json
	json_has '[.cells[][].verdict] == ["undecided", "undecided", "no", "yes"]'
	json_has '.cells[1][0].reasons == ["machine.absent"]'
	run cpugate matrix --cpu qemu64 --machine pc-i440fx-10.0 old.json new.json
	output_has '. no such guest: its host refuses it' "x can't: see --json or --html"
}

@test "a page that shows names, and nothing that is in them" {
	cpugate record --accel tcg --output here.json
	renamed '<script>alert(1)<!--' here.json evil.json
	run cpugate matrix --cpu qemu64 --html page.html evil.json here.json
	status_is 0
	[[ -z $output ]] || refute_run
	grep -qF '&lt;script&gt;alert(1)&lt;!--' page.html || refute_run "no such name"
	! grep -qF '<script' page.html || refute_run "a script"
	! grep -qE '(src|href)="[^#]' page.html || refute_run "something from outside"
	! grep -qiE 'https?:' page.html || refute_run "something from outside"
	grep -q '<!DOCTYPE html>' page.html && grep -q '@media print' page.html
	if command -v xmllint >/dev/null; then
		xmllint --noout page.html || refute_run "not well-formed"
	fi
	run cpugate --json matrix --html again.html here.json host --accel tcg
	json_has '.verdict == "yes"'
	[[ -s again.html ]]
}

@test "a browser reads it" {
	requires chromium
	cpugate record --accel tcg --output here.json
	renamed '<script>document.title=1</script>' here.json evil.json
	cpugate matrix --html page.html evil.json here.json
	HOME=$TEST_DIR timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom \
		"file://$PWD/page.html" >dom 2>/dev/null || skip "chromium doesn't start here"
	grep -q '<title>Who can send guests to whom: 2 hosts on ' dom || refute_run "$(<dom)"
	! grep -q '<script' dom || refute_run "$(<dom)"
}

@test "a file is replaced as a whole, a pipe is written to" {
	cpugate record --accel tcg --output here.json
	echo old >target
	ln -s target link
	cpugate matrix --html link here.json
	[[ -L link ]] && grep -q '</html>' target
	mkfifo pipe
	cat pipe >through &
	cpugate matrix --html pipe here.json
	wait
	[[ -p pipe ]] && grep -q '</html>' through
	cpugate matrix --html /dev/stdout here.json | grep -q '</html>'
	run --separate-stderr cpugate matrix --html nowhere/page.html here.json
	status_is 2
	[[ $stderr == 'cpugate: '*nowhere* && $stderr != *$'\n'* ]] || refute_run "$stderr"
	run cpugate matrix --html /dev/full here.json
	status_is 2
	! ls ./*.tmp 2>/dev/null || refute_run "left behind"
}

@test "wrong questions are refused, with a sentence" {
	local try

	cpugate record --accel tcg --output here.json
	for try in '' missing.json '--cpu Nope here.json' '--cpu host here.json' \
		'--cpu Haswell,avx3=on here.json' '--cpu Haswell, here.json' \
		'--machine nope here.json'; do
		# shellcheck disable=SC2086
		run --separate-stderr cpugate matrix $try
		status_is 2 || refute_run "$try"
		[[ -z $output && $stderr == 'cpugate: '* && $stderr != *$'\n'* ]] ||
			refute_run "$try" "$stderr"
	done
	run cpugate models --html page.html --accel tcg
	status_is 2
	output_has 'takes no argument html'
}

@test "it needs neither QEMU nor a cache" {
	cpugate record --accel tcg --output here.json
	run env PATH=/nowhere XDG_CACHE_HOME=/nowhere HOME=/nowhere "$top_builddir/cpugate" \
		matrix --cpu qemu64 here.json here.json
	status_is 0
	output_has 'itself and its like'
}
