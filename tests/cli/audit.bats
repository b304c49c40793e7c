#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # what is for jq; variables of helpers
# Guests that run, against their contracts and this host.
bats_require_minimum_version 1.5.0

load helpers
load contracts
load ../truth/truth

setup()
{
	setup_test
	requires qemu-system-x86_64 socat jq sha256sum
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	started=()
}

teardown()
{
	local pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# start COMMAND...: a guest that is paused, with a monitor.
start()
{
	rm -f monitor
	"$@" -M q35,accel=tcg -smp 1,maxcpus=2 -m 16 -nodefaults -display none -S \
		-qmp unix:monitor,server=on,wait=off >out 2>err 3>&- </dev/null &
	started+=($!)
	for _ in {1..200}; do
		[[ ! -S monitor ]] || return 0
		sleep 0.05
	done
	cat out err
	return 1
}

# gated NAME ARG...: the same through the launch gate; ready when its contract is.
gated()
{
	start "$top_builddir/cpugate" run --name "$1" -- qemu-system-x86_64 "${@:2}"
	for _ in {1..200}; do
		! cpugate contract show "$1" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	cat out err
	return 1
}

# plug PROPERTY...: a second vCPU with these, by the monitor of the last one.
plug()
{
	local properties

	properties=$(jq -nc '$ARGS.positional | map(split("=") | {(.[0]): (.[1] == "on")}) | add' \
		--args "$@")
	{
		echo '{"execute": "qmp_capabilities"}'
		jq -nc --argjson p "$properties" '{execute: "device_add", arguments: ({
			driver: "Nehalem-v1-x86_64-cpu", id: "second", "socket-id": 0,
			"core-id": 1, "thread-id": 0} + $p)}'
		sleep 0.5
	} | socat -t 2 - UNIX-CONNECT:monitor >plugged
	! grep '"error"' plugged
}

@test "a guest that is what it was promised" {
	gated web -cpu Nehalem
	run cpugate audit qmp:monitor
	status_is 0
	output_has 'yes: monitor, 1 x Nehalem-v1 on pc-q35-7.2, tcg' \
		'It is what the contract of web promised.' \
		'yes: could be started here with what it has' \
		'yes: could come here from another host as it is'
	run cpugate --json audit qmp:monitor
	json_has '.verdict == "yes" and (.guests | length == 1)'
	json_has '.guests[0] | .contract.name == "web" and .vcpus == 1 and
		(.features | index("sse4.2")) != null and .scalars.vendor == "GenuineIntel" and
		.lacks.features == [] and .start.verdict == "yes" and (has("odd") | not)'
}

@test "a guest that isn't, by name and number" {
	start qemu-system-x86_64 -name web -cpu Nehalem
	make_contract web qemu-system-x86_64 -M q35,accel=tcg -cpu Nehalem |
		jq '.features = (.features - ["sse4.2"] + ["aes"] | sort) |
			.features |= . + ["zzz-unheard-of"] |
			.scalars.model = 99 | .topology = {cpus: 1, maxcpus: 2}' | sign >other
	run cpugate audit qmp:monitor --contract ./other
	status_is 1
	output_has launch.differs aes sse4.2 zzz-unheard-of
	run cpugate --json audit qmp:monitor --contract ./other
	json_has '.guests[0].reasons | map(.feature) | sort ==
		["aes", "model", "sse4.2", "zzz-unheard-of"]'
	json_has '.guests[0].start.verdict == "yes"'
	cpugate contract import ./other
	run cpugate --json audit qmp:monitor
	status_is 1
	json_has '.guests[0].contract.name == "web" and .guests[0].name == "web"'
}

@test "hot-added vCPUs with other features are found" {
	gated web -cpu Nehalem
	plug sse4.2=off aes=on
	run cpugate audit qmp:monitor
	status_is 1
	output_has guest.uneven 'vCPU 1 lacks sse4.2'
	run cpugate --json audit qmp:monitor
	json_has '.guests[0] | .vcpus == 2 and
		.odd == [{vcpu: 1, missing: ["sse4.2"], extra: ["aes"], scalars: {}}]'
	run cpugate check migration --guest qmp:monitor --to host
	status_is 3
}

@test "a hot-added vCPU that is alike is fine" {
	gated web -cpu Nehalem
	plug sse4.2=on
	run cpugate --json audit qmp:monitor
	status_is 0
	json_has '.guests[0] | .vcpus == 2 and (has("odd") | not) and .verdict == "yes"'
}

@test "what a fresh start would give it" {
	start qemu-system-x86_64 -cpu Nehalem,-sse4.2
	run cpugate --json audit qmp:monitor
	status_is 0
	json_has '.guests[0] | .lacks.features == ["sse4.2"] and (has("contract") | not)'
	run cpugate audit qmp:monitor
	output_has 'It has no contract' 'what it would gain by a fresh start (1)' '    sse4.2'
}

@test "--all finds guests by their command lines, and what they were started as" {
	gated web -cpu Nehalem
	run --separate-stderr cpugate --json audit --all
	[[ $status -ne 2 ]] || refute_run "not answered"
	json_has '[.guests[] | select(.contract.name == "web")] |
		length == 1 and (.[0] | .verdict == "yes" and .monitor == $m)' --arg m "$PWD/monitor"
	mv monitor elsewhere
	run --separate-stderr cpugate --json audit --all
	json_has '[.guests[] | select(.name == "web")] | length == 1 and
		(.[0].problem | contains("no monitor of it")) and .[0].verdict == "undecided"'
	kill -KILL "${started[0]}"
	for _ in {1..100}; do
		run --separate-stderr cpugate --json audit --all
		! grep -q '"web"' <<<"$output" || { sleep 0.1; continue; }
		break
	done
	json_has '[.guests[] | select(.name == "web")] == []'
}

@test "wrong questions" {
	run cpugate audit
	status_is 2
	run cpugate audit ./guest
	status_is 2
	output_has 'qmp:SOCKET'
	run cpugate audit qmp:nowhere
	status_is 2
	output_has nowhere
	run cpugate audit --all --contract web
	status_is 2
	start qemu-system-x86_64 -cpu Nehalem
	run cpugate audit qmp:monitor --contract nobody
	status_is 2
	output_has 'there is no contract of nobody'
}
