# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # $status, $output and $stderr are set by run
# A QEMU that is as good or as bad as a test wants (tests/fake-qemu/README.md), and what must
# be right when it is bad. For files that load helpers.bash first.

# use_fake: $emulator is a QEMU 7.2 that behaves, and nothing around the test gets in.
use_fake()
{
	requires jq
	unset CPUGATE_CACHE CPUGATE_HOST_ROOT CPUGATE_REPLY_TIMEOUT QEMU_MODULE_DIR
	unset FAKE_QEMU_MODE FAKE_QEMU_STDERR FAKE_QEMU_LIFE FAKE_QEMU_REPLIES
	emulator=$top_builddir/tests/fake-qemu/fake-qemu
	export FAKE_QEMU_DIR=$top_srcdir/tests/fake-qemu/qemu-7.2
	export FAKE_QEMU_LOG=$TEST_DIR/starts FAKE_QEMU_PIDS=$TEST_DIR/pids
}

# ask ARG...: one question. $output and $stderr are what it said, $started is how many
# emulators it took.
ask()
{
	rm -f "$FAKE_QEMU_LOG"
	run --separate-stderr cpugate "$@"
	started=0
	[[ ! -e $FAKE_QEMU_LOG ]] || started=$(wc -l <"$FAKE_QEMU_LOG")
}

# Say what was seen, the complaint too, and fail.
refute_ask()
{
	refute_run "$@" "stderr: ${stderr-}" "emulators started: ${started-}"
}

# started_is N|some
started_is()
{
	if [[ $1 == some ]]; then
		[[ $started -gt 0 ]]
	else
		[[ $started -eq $1 ]]
	fi || refute_ask "expected emulators started: $1" || return
}

# stderr_has TEXT...: it is one line for people, and each text is in it.
stderr_has()
{
	local text

	[[ $stderr == 'cpugate: '* ]] || refute_ask 'expected a complaint of cpugate' || return
	# A second line would be a control character, too.
	[[ $stderr != *[[:cntrl:]]* ]] || refute_ask 'expected one clean line' || return
	[[ $stderr != *'(null)'* ]] || refute_ask 'something has no name' || return
	for text; do
		[[ $stderr == *"$text"* ]] || refute_ask "expected on stderr: $text" || return
	done
}

# answered: with nothing to complain about.
answered()
{
	status_is 0 || refute_ask 'expected an answer' || return
	[[ -n $output && -z $stderr ]] || refute_ask 'expected an answer and no word else' || return
}

# warned TEXT...: an answer, and one warning that has these words.
warned()
{
	status_is 0 || refute_ask 'expected an answer' || return
	[[ -n $output ]] || refute_ask 'expected an answer' || return
	stderr_has 'cpugate: warning: ' "$@" || return
}

# refused TEXT...: no answer, and one sentence that names what is at fault.
refused()
{
	status_is 2 || refute_ask 'expected a failure' || return
	[[ -z $output ]] || refute_ask 'nothing belongs on stdout' || return
	stderr_has "$@" || return
	[[ $stderr != *warning:* ]] || refute_ask 'expected no warning' || return
}

# The last answer without the word on where it is from.
answer_itself()
{
	jq -S 'walk(if type == "object" then del(.from) else . end)' <<<"$output"
}

# keep_an_answer: something to lose, in the cache.
keep_an_answer()
{
	ask --json --emulator "$emulator" --accel tcg expand 486
	answered
	answer_itself >kept
}

# cache_is_unharmed: what keep_an_answer kept is answered again for nothing.
cache_is_unharmed()
{
	ask --json --emulator "$emulator" --accel tcg expand 486
	answered || return
	started_is 0 || return
	answer_itself | diff kept - || refute_ask 'another answer than before' || return
}

# make_bad MODE [VARIABLE=VALUE...]: ./bad is another QEMU, which misbehaves.
make_bad()
{
	bad_count=$((${bad_count-0} + 1))
	rm -f bad
	cp "$emulator" bad
	printf "%${bad_count}s" '' >>bad
	printf '%s\n' "FAKE_QEMU_MODE=$1" "${@:2}" >bad.env
}

# ask_bad MODE [ARG...]: the question (models) to a QEMU with this mode.
ask_bad()
{
	make_bad "$1"
	shift
	ask --emulator ./bad --accel tcg "${@:-models}"
}

# no_emulator_is_left: none of those that were started, nor their children.
no_emulator_is_left()
{
	local i pid left

	for ((i = 0; i < 100; i++)); do
		left=
		while read -r pid; do
			# The dead have no program, and an id that is used again has another.
			[[ $(readlink "/proc/$pid/exe") != */@(fake-qemu|bad*) ]] || left+=" $pid"
		done <"$FAKE_QEMU_PIDS"
		[[ -n $left ]] || return 0
		sleep 0.02
	done
	refute_ask "still there:$left"
}

# requires_mounts: file systems of one's own, which takes root.
requires_mounts()
{
	unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "file systems can't be mounted"
}
