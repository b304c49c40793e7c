# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Contracts as anybody could write them.

# contract MACHINE CPU [CPUS [FILTER]]: of a guest under TCG that $emulator gives, with a jq
# filter over it.
contract()
{
	cpugate --json --emulator "$emulator" expand --machine "$1" --accel tcg "$2" >expanded.json &&
		cpugate --json pin -- "$emulator" -machine "$1,accel=tcg" -cpu "$2" >pinned.json ||
		return
	jq -n --slurpfile e expanded.json --slurpfile p pinned.json --argjson n "${3:-1}" '
		$e[0] as $e | $p[0] as $p | {contract: 1, name: "vm", target: "x86_64",
		machine: $p.machine, accel: "tcg", definition: $p.short.cpu, cpu: $p.long.cpu,
		features: ($e.effective | sort), scalars: ($e.properties | {vendor, family, model,
		stepping, level, xlevel, "phys-bits": 40}), topology: {cpus: $n, maxcpus: $n},
		"allow-missing": [], platform: [], made: {at: 1,
		emulator: ($e.emulator | {version, package, target, sha256})}}' |
		jq "${4:-.}" | seal
}

# seal <JSON: with a digest that fits.
seal()
{
	local text digest

	text=$(jq -cS 'del(.digest)')
	digest=$(printf %s "$text" | sha256sum)
	jq --arg digest "${digest%% *}" '. + {digest: $digest}' <<<"$text"
}
