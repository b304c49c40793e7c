#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # variables of helpers
# Guests that are really moved between two QEMUs, whatever check migration says: where it says
# yes, the guest runs on and finds the same CPU; where it says no, it doesn't.

load helpers
load ../truth/truth
load ../truth/migrations

# A no for something that a guest of one vCPU in real mode can't see.
explained()
{
	[[ $1 == *launch.unread* ]]
}

# How many of each, for the log.
tally()
{
	awk -F '|' '{ count[$9 ", " $11]++ } END { for (what in count) print "# " count[what] " " what }' table |
		sort >&3
}

@test "a yes is a guest that runs on unchanged, a no is one that doesn't" {
	local n=0 line wrong=0

	requires jq socat qemu-system-x86_64
	[[ -s $firmware ]] || skip 'no x86 compiler to build the guest with'
	installed=$(command -v qemu-system-x86_64)
	use_qemu_10
	newer=$emulator newer_modules=$QEMU_MODULE_DIR
	unset QEMU_MODULE_DIR
	has_machine "$installed" pc-q35-7.2 || skip "this QEMU has no pc-q35-7.2"
	while IFS='|' read -r -a line; do
		[[ ${line[0]} == @(old|new) ]] || continue
		n=$((n + 1))
		try_move "$n" "${line[@]}" </dev/null 3>&- &
		[[ $(jobs -pr | wc -l) -lt 3 ]] || wait -n || true
	done <"$top_srcdir/tests/truth/migrations.list"
	wait || true
	[[ $(wc -l <table) -eq $n && $n -ge 60 ]] || {
		echo "of $n pairs there are only these:"
		cat table
		return 1
	}
	tally
	while IFS='|' read -r -a line; do
		case ${line[8]},${line[10]} in
		yes,same | no,changed | no,ud | no,lost | no,refused | undecided,*) ;;
		*)
			explained "${line[9]}" || {
				echo "${line[*]}"
				wrong=$((wrong + 1))
			}
			;;
		esac
	done <table
	[[ $wrong -eq 0 ]]
}
