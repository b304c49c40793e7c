#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# shellcheck disable=SC2016 # what is in single quotes is for jq
# A pool of hosts: four with other CPUs that are booted for real, and this one. Their
# records are brought here, and what is said of them comes true there. Two boots of each,
# two hosts at a time, made by setup_file: for a record, and for another one and to start
# the baselines. The tests look at what came out of them.

load helpers
load ../truth/second-host

pool=(EPYC EPYC-Rome EPYC-Milan Opteron_G5)
# Files, best first.
files=("${pool[@]/%/-first.json}")

# shellcheck disable=SC2034 # boot reads it
patience=200

# boot_all WHEN: all of the pool. An emulated CPU that has XSAVE and none of its newer
# features stops for good when a kernel switches it on.
boot_all()
{
	local name cpu

	for name in "${pool[@]}"; do
		cpu=$name
		[[ $name != Opteron_G5 ]] || cpu+=,-xsave
		{ boot second-host-pool.sh "$name" -c "$cpu" -- "$1" >"$name-absent" || :; } 3>&- &
		[[ $(jobs -pr | wc -l) -lt 2 ]] || wait -n
	done
	wait
	cat -- *-absent
}

# ask_baseline NAME RECORD...: into NAME, and what is to be started.
ask_baseline()
{
	local name=$1
	shift

	cpugate --json baseline "$@" >"$name" 2>"$name-complaint" || return 0
	jq -r .definition "$name" >>definitions
	jq -r .machine "$name" >>machines
}

prepare()
{
	no_second_host && return
	cp "$top_builddir/cpugate" "$top_srcdir/tests/truth/second-host-pool.sh" .
	boot_all first >absent
	[[ ! -s absent ]] || { cat absent; return; }
	[[ ! -w /dev/kvm ]] || cpugate record --accel kvm --output here.json || return 0
	ask_baseline pool "${files[@]}"
	[[ ! -e here.json ]] || ask_baseline all "${files[@]}" here.json
	boot_all later
}

setup_file()
{
	unset CPUGATE_HOST_ROOT
	export CPUGATE_CACHE=$BATS_FILE_TMPDIR/cache.db
	PATH=$top_builddir:$PATH
	cd "$BATS_FILE_TMPDIR" || return
	prepare >no-host
}

setup()
{
	setup_test
	export CPUGATE_CACHE=$BATS_FILE_TMPDIR/cache.db
	cd "$BATS_FILE_TMPDIR" || return
	[[ ! -s no-host ]] || skip "$(cat no-host)"
}

# This host's KVM may be one that has next to nothing to give (kvm_pvm starts neither host
# nor max, and nothing that has SSE): the baseline of all is a small CPU then, and still
# one.
requires_here()
{
	requires /dev/kvm
	[[ $(jq -r '.reasons[0].code' all) != identity.vendor ]] ||
		skip "this host's CPU is of another vendor"
}

# compare WORD A B: the result, and what follows from it.
compare()
{
	run cpugate --json compare "$2" "$3"
	json_has '.result == $word and
		.verdict == (if $word == "identical" or $word == "subset" then "yes" else "no" end)' \
		--arg word "$1" || refute_run "$2 $3"
}

is_found()
{
	output=$(cat "$1" "$1-complaint")
	jq -e '.verdict == "yes"' "$1" >/dev/null || refute_run "no baseline: $1"
	jq -r --arg what "$1" '"# \($what): \(.hosts) hosts, \(.features) features: " +
		"\(.definition) on \(.machine)"' "$1" >&3
}

# starts_there NAME: on each of the pool, and guests have there what it says.
starts_there()
{
	local definition host

	definition=$(jq -r .definition "$1")
	for host in "${pool[@]}"; do
		output=$(cat "$host-said")
		grep -A 9 -F " s: $definition" "$host-said" | sed '2,${/ s: /,$d}' |
			grep -qx started || refute_run "$definition doesn't start on $host"
		jq -se --slurpfile told "$1" 'map(select(.machine == $told[0].machine and
			.definition == $told[0].definition))[0] |
			.usable and .removed == [] and .effective - .hidden == $told[0].effective' \
			"$host-expanded" >/dev/null ||
			refute_run "not what expand says on $host"
	done
}

@test "records of the same CPU are identical, in either direction" {
	local host

	for host in "${pool[@]}"; do
		compare identical "$host-first.json" "$host-later.json"
		compare identical "$host-later.json" "$host-first.json"
		run cpugate --json compare "$host-first.json" "$host-later.json"
		status_is 0
		json_has '.a.host == $host' --arg host "$host"
	done
	# They are those of different hosts.
	[[ $(jq -r .host.fingerprint "${files[@]}" | sort -u | wc -l) -eq ${#pool[@]} ]]
}

@test "what one host has beyond another, the other lacks" {
	local a b word
	local -A reverse=([identical]=identical [subset]=superset [superset]=subset
		[incompatible]=incompatible)

	for a in "${files[@]}"; do
		for b in "${files[@]}"; do
			[[ $a < $b ]] || continue
			word=$(cpugate --json compare "$a" "$b" | jq -r .result || :)
			compare "${reverse[$word]}" "$b" "$a"
			compare "$word" "$a" "$b"
		done
	done
}

@test "the baseline of the pool starts on each of its hosts" {
	is_found pool
	starts_there pool
}

@test "the baseline of the pool and this host starts everywhere" {
	local definition machine

	requires_here
	is_found all
	starts_there all
	definition=$(jq -r .definition all)
	machine=$(jq -r .machine all)
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"quit"}' |
		timeout 60 qemu-system-x86_64 -nodefaults -display none -S -m 16 \
			-machine "$machine,accel=kvm" -cpu "$definition,enforce" -qmp stdio
}

# can_take NAME RECORD...: each of them, says hosts-for, and none lacks anything.
can_take()
{
	local count=$(($# - 1)) name=$1
	shift

	run cpugate --json hosts-for "$(jq -r .definition "$name")" "$@" \
		--machine "$(jq -r .machine "$name")"
	status_is 0
	json_has '.hosts | length == $count and all(.verdict == "yes")' --argjson count "$count"
}

@test "each of them can take it, says who is asked another way" {
	local file

	for file in "${files[@]}"; do
		run cpugate --json compare "$(jq -r .definition pool)" "$file" \
			--machine "$(jq -r .machine pool)"
		status_is 0
		json_has '.verdict == "yes" and ."only-a" == []'
	done
	# Their records hold what QEMU said of just this definition.
	can_take pool "${pool[@]/%/-told.json}"
	# From E of its model alone it may remain open what else comes with a feature that is
	# switched on.
	run cpugate --json hosts-for "$(jq -r .definition pool)" "${files[@]}" \
		--machine "$(jq -r .machine pool)"
	json_has '.hosts | all(.verdict == "yes" or
		(.reasons | all(.code == "record.untold")))'
}

@test "each of them and this host can take what all can, says who is asked another way" {
	requires_here
	can_take all "${pool[@]/%/-told.json}" here.json
}
