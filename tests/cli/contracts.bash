# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016 # what is for jq
# Contracts as cpugate run writes them, made without running anything.

# sign: a contract with its digest, compact.
sign()
{
	local text

	text=$(jq -cS 'del(.digest)') || return
	jq -cS --arg digest "$(printf %s "$text" | sha256sum | cut -d ' ' -f 1)" \
		'.digest = $digest' <<<"$text"
}

# make_contract NAME QEMU-ARGUMENT...: what this command line would promise its guest.
make_contract()
{
	local name=$1 cpu pinned judged
	shift

	pinned=$(cpugate --json pin -- "$@") || return
	cpu=$(jq -r .long.cpu <<<"$pinned") || return
	judged=$(cpugate --json check launch -- "$1" -M "$(jq -r .machine <<<"$pinned")" \
		-accel "$(jq -r .accel <<<"$pinned")" -cpu "$cpu") || return
	jq -cn --arg name "$name" --argjson pinned "$pinned" --argjson judged "$judged" \
		--arg cpu "$cpu" --argjson now "$(date +%s)" --arg kernel "$(uname -r)" '
		($cpu | split(",")[1:] | map(split("=") | {(.[0]): .[1]}) | add) as $values |
		{
			contract: 1, name: $name, target: $pinned.emulator.target,
			machine: $pinned.machine, accel: $pinned.accel,
			definition: $pinned.short.cpu, cpu: $cpu,
			features: ($judged.effective - ["ht", "cmp-legacy"] | sort),
			scalars: ({"phys-bits": "40"} + $values | with_entries(select(.key | IN("vendor", "family",
				"model", "stepping", "level", "xlevel", "phys-bits",
				"tsc-frequency"))) |
				with_entries(if .key == "vendor" then . else .value |= tonumber end)),
			topology: {cpus: 1, maxcpus: 1}, "allow-missing": [], platform: [],
			made: {at: $now, kernel: $kernel,
				emulator: ($pinned.emulator | del(.path))}
		}' | sign
}
