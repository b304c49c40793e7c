# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What every .bats file loads first:
#
#	load helpers
#
#	@test "models are listed" {
#		requires qemu-system-x86_64
#		run cpugate models --json
#		status_is 0
#		json_has '.models | length > 0'
#	}
#
# `run` is bats' own: it leaves $status, $output (both streams together) and $lines.
# Each test starts in an empty folder of its own ($TEST_DIR) with an empty cache.
#
# A file that needs its own setup() calls setup_test from it.

: "${top_srcdir:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir

setup_test()
{
	TEST_DIR=$BATS_TEST_TMPDIR
	export XDG_CACHE_HOME=$TEST_DIR/cache-home
	export XDG_STATE_HOME=$TEST_DIR/state-home
	export TEST_DIR
	PATH=$top_builddir:$PATH
	mkdir -p "$TEST_DIR/work"
	cd "$TEST_DIR/work" || return
}

setup()
{
	setup_test
}

# requires COMMAND|PATH...: skip the test, with the reason, where one is missing.
# A path must be readable and writable: `requires /dev/kvm`.
requires()
{
	local what

	for what; do
		case $what in
		/*)
			[[ -r $what && -w $what ]] || skip "$what can't be opened"
			;;
		*)
			command -v -- "$what" >/dev/null || skip "$what isn't installed"
			;;
		esac
	done
}

# Say what was seen, and fail.
refute_run()
{
	{
		printf '%s\n' "$@"
		echo "status: ${status-}"
		echo 'output:'
		printf '%s\n' "${output-}" | sed 's/^/  /'
	} >&2
	return 1
}

# status_is N: how the last `run` ended.
status_is()
{
	[[ $status -eq $1 ]] || refute_run "expected status $1" || return
}

# output_has TEXT...: each text occurs in the output, taken literally.
output_has()
{
	local text

	for text; do
		[[ $output == *"$text"* ]] || refute_run "expected in the output: $text" || return
	done
}

# output_lacks TEXT...: none of the texts does.
output_lacks()
{
	local text

	for text; do
		[[ $output != *"$text"* ]] || refute_run "not expected in the output: $text" || return
	done
}

# json_has FILTER [JQ-OPTION...]: the output is one JSON document for which the jq filter is true.
json_has()
{
	local filter=$1
	shift

	command -v jq >/dev/null || skip "jq isn't installed"
	jq -se "$@" "length == 1 and (.[0] | ($filter))" <<<"$output" >/dev/null ||
		refute_run "expected of the JSON: $filter"
}

# wait_for_socket PATH: until somebody has made it.
wait_for_socket()
{
	local try

	for ((try = 0; try < 200; try++)); do
		[[ ! -S $1 ]] || return 0
		sleep 0.02
	done
	refute_run "no socket $1"
}

# says TEXT: it is in the file "err", where a program in the background complains.
says()
{
	grep -qF -- "$1" err || {
		echo "expected on standard error: $1"
		cat err
		return 1
	}
}
