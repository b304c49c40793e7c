#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # what is for jq; variables of helpers
# Contracts: kept, taken away, brought here, and held against what QEMU does.
bats_require_minimum_version 1.5.0

load helpers
load contracts
load ../truth/truth

# change FILE FILTER: the contract with a change and a digest that is right.
change()
{
	jq -c "$2" "$1" | sign
}

# keep FILE NAME JQ-FILTER
keep()
{
	change "$1" ".name = \"$2\" | ${3:-.}" >"$2.json" &&
		cpugate contract import "./$2.json"
}

made()
{
	requires qemu-system-x86_64 jq sha256sum
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	make_contract web qemu-system-x86_64 -M q35,accel=tcg -cpu Nehalem >web.in
}

@test "a contract is kept, found, listed and forgotten" {
	made
	run cpugate contract list
	status_is 0
	output_has "No contracts in $XDG_STATE_HOME/cpugate/state.db"
	run cpugate contract import web.in
	status_is 0
	output_has "Kept as web in $XDG_STATE_HOME/cpugate/state.db."
	run cpugate --json contract show web
	status_is 0
	json_has '. == $in[0]' --slurpfile in web.in
	run cpugate contract show web
	output_has pc-q35-7.2 Nehalem-v1 'features (' sse4.2
	run cpugate contract list
	output_has 'pc-q35-7.2          Nehalem-v1'
	run cpugate contract forget web
	status_is 0
	run cpugate contract show web
	status_is 2
	output_has 'there is no contract of web'
	run cpugate contract forget web
	status_is 2
}

@test "by UUID, and a UUID is of one name" {
	local uuid=6b9a0c5e-3d0f-4f5e-9f53-0a1b2c3d4e5f

	made
	keep web.in web ".uuid = \"$uuid\""
	run cpugate --json contract show "${uuid^^}"
	status_is 0
	json_has '.name == "web"'
	run keep web.in db ".uuid = \"$uuid\""
	status_is 2
	output_has "db can't have the UUID $uuid, which is that of web"
	change web.in ".uuid = \"${uuid/6/7}\" | del(.name)" >nameless
	run cpugate contract import nameless
	status_is 0
	run cpugate contract show "${uuid/6/7}"
	status_is 0
	change web.in 'del(.name)' >nobody
	run cpugate contract import nobody
	status_is 2
	output_has 'neither name nor UUID' '--name'
	run cpugate contract import nobody --name somebody
	status_is 0
	run cpugate --json contract show somebody
	json_has '.name == "somebody"'
	run cpugate contract import nobody --name a/b
	status_is 2
}

@test "what is replaced can still be looked at" {
	made
	keep web.in web '.machine = "pc-q35-7.1"'
	run keep web.in web
	output_has 'the one before is contract show --replaced 1'
	run cpugate --json contract show web --replaced 1
	json_has '.machine == "pc-q35-7.1"'
	run cpugate contract show web --replaced 2
	status_is 2
	output_has 'from that long ago'
	run cpugate contract show web --replaced 0
	status_is 2
	run cpugate --json contract list
	json_has '.contracts | length == 1'
	run cpugate --json contract list --all
	json_has '.contracts | length == 2 and .[1].machine == "pc-q35-7.1" and .[1].replaced > 0'
}

@test "export and import lose nothing" {
	made
	cpugate contract import web.in
	cpugate contract export web >out
	cmp out web.in
	cpugate contract export web --output ./file
	cmp file web.in
	cpugate contract export ./file --output again
	cmp again web.in
	jq . file >pretty
	run cpugate --json contract export ./pretty
	status_is 0
	json_has '. == $in[0]' --slurpfile in web.in
}

@test "a word with a slash or of a file is a file" {
	made
	cp web.in web
	run cpugate contract show web
	status_is 0
	run cpugate contract show ./nothing
	status_is 2
	output_has 'open ./nothing'
	rm web
	run cpugate contract show web
	status_is 2
	output_has 'there is no contract of web'
}

@test "what isn't a contract, a damaged and a newer one are refused by name" {
	made
	echo '{}' >none
	run cpugate contract import none
	status_is 2
	output_has 'none: not a contract of cpugate'
	sed 's/Nehalem-v1/Nehalem-v2/' web.in >damaged
	run cpugate contract verify ./damaged
	status_is 2
	output_has 'damaged: the contract is damaged: its digest is another one'
	change web.in '.contract = 2' >newer
	run cpugate contract import newer
	status_is 2
	output_has 'newer: a contract of version 2'
	change web.in '.more = 1' >more
	run cpugate contract import more
	status_is 2
	output_has 'the contract has the member more'
	[[ ! -e $XDG_STATE_HOME/cpugate/state.db ]]
}

@test "the state file is never rebuilt" {
	local state=$XDG_STATE_HOME/cpugate/state.db

	made
	cpugate contract import web.in
	echo 'once upon a time' >"$state"
	for verb in list verify "show web" "import web.in" "forget web"; do
		# shellcheck disable=SC2086 # words
		run cpugate contract $verb
		status_is 2
		output_has "the state file $state is damaged" 'it is left as it is'
		[[ $(cat "$state") == 'once upon a time' ]]
	done
	CPUGATE_STATE=$PWD/other.db run cpugate contract list
	status_is 0
	output_has "No contracts in $PWD/other.db"
}

@test "verify: what starts with exactly that, on another QEMU too" {
	made
	cpugate contract import web.in
	run cpugate contract verify web
	status_is 0
	output_has 'yes: web on pc-q35-7.2, tcg'
	run cpugate --json contract verify
	status_is 0
	json_has '.verdict == "yes" and .contracts[0].name == "web"'
	QEMU_10=$(unpack_qemu_10) || skip "no second QEMU"
	run cpugate contract verify web --emulator "$QEMU_10/qemu-system-x86_64"
	status_is 0
}

@test "verify: what can't be kept, by its reason" {
	made
	keep web.in feature '.cpu |= sub(",enforce=on"; ",avx512f=on,enforce=on") |
		.features = (.features + ["avx512f"] | sort)'
	keep web.in silent '.features = (.features + ["x2apic"] | sort)'
	keep web.in unknown '.features = (.features + ["no-such-thing"] | sort)'
	keep web.in machine '.machine = "pc-q35-99.9"'
	keep web.in vendor '.scalars.vendor = "AuthenticAMD"'
	keep web.in model '.scalars.model = 99'
	keep web.in vcpus '.topology = {cpus: 1, maxcpus: 4096}'
	run cpugate --json contract verify
	status_is 1
	json_has '.verdict == "no" and (.contracts | length == 7 and
		all(.verdict == "no" and (.reasons | length > 0)))'
	for expected in feature=missing.vmm:avx512f silent=missing.vmm:x2apic \
		unknown=missing.emulator:no-such-thing machine=machine.absent:pc-q35-99.9 \
		vendor=identity.vendor:vendor model=identity.model:model vcpus=topology.maxcpus:; do
		json_has '.contracts[] | select(.name == $n).reasons |
			any(.code == $c and (.feature // "") == $f)' \
			--arg n "${expected%%=*}" --arg c "$(cut -d= -f2 <<<"${expected%:*}")" \
			--arg f "${expected##*:}"
	done
	run cpugate contract verify vendor
	status_is 1
	output_has '"GenuineIntel", and "AuthenticAMD" was promised'
}

@test "verify: what an emulator would add is switched off" {
	made
	keep web.in less '.features -= ["sse4.2"] | .cpu |= sub(",sse4.2=on"; "")'
	run cpugate --json contract verify less
	status_is 0
	json_has '.contracts[0]["switched-off"] == ["sse4.2"]'
	json_has '.contracts[0].effective | index("sse4.2") == null'
}

@test "verify: against a record, without QEMU" {
	made
	cpugate record --accel tcg --machine q35 --output tcg.json
	run cpugate contract verify ./web.in --record tcg.json
	status_is 0
	change web.in '.machine = "pc-q35-99.9"' >other
	run cpugate contract verify ./other --record tcg.json
	status_is 1
	output_has 'no machine type pc-q35-99.9'
	change web.in '.accel = "kvm"' >kvm
	run cpugate contract verify ./kvm --record tcg.json
	status_is 3
	output_has 'tells of tcg, not of kvm'
}

@test "impact: what a change would cost, by an emulator and by a record" {
	made
	keep web.in fine
	keep web.in lost '.cpu |= sub(",enforce=on"; ",avx512f=on,enforce=on") |
		.features = (.features + ["avx512f"] | sort) | .made.emulator.sha256 |= gsub("[0-9]"; "0")'
	keep web.in gone '.machine = "pc-q35-99.9"'
	run cpugate --json contract impact
	status_is 1
	json_has '.to == "host" and .verdict == "no" and (.contracts | length == 3)'
	json_has '.contracts[] | select(.name == "fine") |
		.verdict == "yes" and .start.verdict == "yes" and .move.verdict == "yes"'
	json_has '[.contracts[] | select(.name != "fine")] |
		all(.start.verdict == "no" and .move.verdict == "no")'
	run cpugate contract impact
	output_has 'no: start lost' avx512f 'no: start gone' machine.absent \
		'1 of 3 guests can start on this host and move there as they are.'
	output_lacks fine

	cpugate record --accel tcg --machine q35 --output tcg.json
	run cpugate --json contract impact --to tcg.json
	status_is 1
	json_has '.contracts | map({(.name): .start.verdict}) | add ==
		{fine: "yes", gone: "no", lost: "no"}'
	cpugate contract forget lost
	cpugate contract forget gone
	run cpugate contract impact --to tcg.json
	status_is 0
	keep web.in other '.accel = "kvm"'
	run cpugate --json contract impact --to tcg.json
	status_is 3
	json_has '.contracts[] | select(.name == "other").start.reasons[0].code == "record.absent"'
	cpugate contract forget other
	QEMU_10=$(unpack_qemu_10) || skip "no second QEMU"
	run cpugate contract impact --emulator "$QEMU_10/qemu-system-x86_64"
	status_is 0
}
