#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash, fake.bash and run
# QEMU is untrusted and unstable: whatever it does, cpugate ends in time with an answer or with
# one sentence, leaves no process behind, and its cache is as good as before.

bats_require_minimum_version 1.5.0
load helpers
load fake

setup()
{
	setup_test
	use_fake
	keep_an_answer
}

teardown()
{
	[[ -z ${BATS_TEST_COMPLETED-} ]] || cache_is_unharmed
}

# With so short a deadline a busy machine hangs, too, if elsewhere; so where is said only once.
@test "a hang at any command ends with the deadline" {
	local mode

	export CPUGATE_REPLY_TIMEOUT=80
	for mode in mute {hang,stall}@qmp_capabilities {hang,stall}@query-machines \
		{hang,stall}@query-cpu-definitions hang@query-cpu-model-expansion; do
		ask_bad "$mode"
		refused ./bad 'no answer within 80 ms'
	done
	CPUGATE_REPLY_TIMEOUT=800 ask_bad hang@query-machines
	refused ./bad 'query-machines: no answer within 800 ms'
	unset CPUGATE_REPLY_TIMEOUT
	no_emulator_is_left
}

@test "an end at start is told with its status and last words" {
	ask_bad exit
	refused './bad ended with exit status 1: qemu-system-x86_64: failed on request'
	ask_bad exit:0
	refused './bad ended with exit status 0'
	ask_bad signal
	refused './bad ended with signal SIGSEGV'
	ask_bad signal:ABRT
	refused './bad ended with signal SIGABRT'
}

@test "a crash at any command is told" {
	local command

	for command in qmp_capabilities query-version query-machines query-cpu-definitions; do
		ask_bad "signal@$command"
		refused ./bad SIGSEGV
		ask_bad "exit:3@$command"
		refused ./bad 'exit status 3'
	done
	ask_bad signal@query-cpu-model-expansion/globals expand Haswell
	refused ./bad SIGSEGV
}

@test "half a message is the end it is" {
	ask_bad half@query-machines
	refused ./bad 'exit status 1'
	ask_bad half@query-cpu-definitions
	refused ./bad 'exit status 1'
}

@test "a monitor that is closed is no end to wait for" {
	local since=$SECONDS

	ask_bad close@query-machines
	refused ./bad query-machines 'the connection ended'
	[[ $((SECONDS - since)) -le 3 ]]
	no_emulator_is_left
}

@test "what isn't QMP is refused" {
	ask_bad garbage
	refused ./bad 'not JSON'
	ask_bad notqmp
	refused ./bad 'no QMP greeting'
	ask_bad garbage@query-target
	refused ./bad query-target 'not JSON'
	ask_bad notqmp@query-target
	refused ./bad query-target
	ask_bad utf8@query-machines
	refused ./bad query-machines
	ask_bad duplicate@query-machines
	refused ./bad query-machines twice
	ask_bad deep@query-machines
	refused ./bad query-machines
	ask_bad wrongid@query-machines
	refused ./bad query-machines
	ask_bad twice@query-machines
	refused ./bad
}

@test "replies of the wrong shape are refused" {
	local command mode

	for command in query-version query-target query-machines query-cpu-definitions; do
		for mode in wrongtype null error; do
			ask_bad "$mode@$command"
			refused ./bad "$command"
		done
	done
	for command in query-version query-target; do
		ask_bad "empty@$command"
		refused ./bad "$command"
	done
}

@test "an emulator without machine types is refused, one without models has none" {
	ask_bad empty@query-machines
	refused ./bad 'machine type'
	ask_bad empty@query-machines verify
	refused ./bad 'machine type'

	ask_bad empty@query-cpu-definitions
	answered
	[[ ${lines[0]} == *' none' ]] || refute_ask 'expected to be told how sure that is'
	output_has '0 of 0 models'
	ask --emulator ./bad --accel tcg expand 486
	refused ./bad 486
	ask --emulator ./bad --accel tcg verify
	[[ $status -le 2 ]]
}

@test "a flood doesn't fill the memory" {
	local limit=$((768 * 1024)) # KiB; the flood has 1 GiB

	[[ ${SANITIZERS-no} == no ]] || skip "a sanitizer's own memory has no bounds"
	make_bad flood@query-machines
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr bash -c 'ulimit -v "$1"; exec cpugate --emulator ./bad --accel tcg models' \
		bash $limit
	refused ./bad query-machines 'more than'
	no_emulator_is_left
}

@test "a flood of complaints stops nothing" {
	ask_bad noisy:64
	answered
}

@test "odd habits stop nothing" {
	ask --json --emulator "$emulator" --accel tcg models
	answer_itself >right
	for mode in events slow:5 stubborn straggler; do
		ask_bad $mode --json models
		answered
		answer_itself | diff right -
	done
	no_emulator_is_left
}

@test "a child of the emulator in a session of its own stops nothing" {
	make_bad straggler:away FAKE_QEMU_LIFE=2
	ask --emulator ./bad --accel tcg models
	answered
}

@test "one that ignores SIGTERM and hangs is killed" {
	CPUGATE_REPLY_TIMEOUT=80 ask_bad stubborn,straggler,hang@query-machines
	refused ./bad '80 ms'
	no_emulator_is_left
}

@test "an emulator that is asked for KVM and takes TCG is found out" {
	requires /dev/kvm
	make_bad nokvm
	ask --emulator ./bad --accel kvm models
	refused ./bad "doesn't use KVM"
	ask --emulator ./bad --accel tcg models
	answered
}

@test "a QEMU that has no TCG still answers about KVM" {
	requires /dev/kvm
	make_bad exit@start/tcg
	ask --emulator ./bad --accel kvm models
	answered
	ask --emulator ./bad --accel tcg models
	refused ./bad 'exit status 1'
	ask --emulator ./bad models
	answered
	stderr=
	[[ ${lines[0]} == *' kvm '* ]] || refute_ask 'expected an answer about KVM'
}

# make_bad_reply COMMAND REPLY: one reply of ./bad is this.
make_bad_reply()
{
	make_bad '' "FAKE_QEMU_DIR=$PWD/transcripts"
	rm -rf transcripts
	cp -r "$FAKE_QEMU_DIR" transcripts
	printf '%s\n' "> {\"execute\": \"$1\"}" "< $2" >>transcripts/none_tcg_plain.qmp
}

# What QEMU quotes may be anybody's.
make_bad_words()
{
	make_bad_reply query-machines "{\"error\": {\"class\": \"GenericError\", \"desc\": \"$1\"}}"
}

@test "QEMU's words can't break out of their line" {
	local long

	make_bad_words 'first\nsecond\r\u001b[31mred\u0007\u009b5m\u007f'
	ask --emulator ./bad --accel tcg models
	refused ./bad 'first second' '[31mred'
	ask --emulator ./bad --accel tcg models
	refused 'first second' 'on record'

	printf -v long '%01000d' 0
	make_bad_words "$long"
	ask --emulator ./bad --accel tcg models
	refused ./bad 000
	[[ ${#stderr} -lt 600 ]]

	make_bad exit $'FAKE_QEMU_STDERR=what\x01\x1b[2Jever\xff\xc3\xe2\x82'
	ask --emulator ./bad --accel tcg models
	refused ./bad 'what  [2Jever????'
	ask --emulator ./bad --accel tcg models
	refused ./bad 'what  [2Jever????' 'on record'
}

@test "QEMU's words can't command a terminal" {
	make_bad_reply query-machines '{"return": [{"name": "pc\u001b[31m", "is-default": true}]}'
	ask --emulator ./bad --accel tcg models
	refused ./bad query-machines
	make_bad_reply query-version '{"return": {"package": "mine\u001b[31m\nred",
  "qemu": {"major": 7, "minor": 2, "micro": 0}}}'
	ask --emulator ./bad --accel tcg probe
	answered
	[[ ${lines[0]} == './bad 7.2.0 (mine [31m red)' ]] || refute_ask 'expected clean text'
}

@test "a failure is kept, and probe tries again" {
	ask_bad signal@query-machines
	refused SIGSEGV
	started_is some
	make_good_again
	for question in models machines 'expand 486'; do
		# shellcheck disable=SC2086 # two words
		ask --emulator ./bad --accel tcg $question
		refused ./bad SIGSEGV 'on record' 'cpugate probe'
		started_is 0
	done

	ask --emulator ./bad --accel tcg probe
	answered
	ask --emulator ./bad --accel tcg models
	answered
	started_is 0
}

@test "a QEMU that was killed is tried again" {
	local signal

	for signal in KILL TERM SYS; do
		ask_bad "signal:$signal@query-machines"
		refused "SIG$signal"
		refused_again "SIG$signal"
		make_good_again
		ask --emulator ./bad --accel tcg models
		answered

		ask_bad "signal:$signal/cpu" expand 486
		make_good_again
		ask --json --emulator ./bad --accel tcg expand 486
		answered
		json_has '.usable == true'
	done
}

# refused_again TEXT: measured anew, with the same end.
refused_again()
{
	ask --emulator ./bad --accel tcg models
	refused ./bad "$1"
	[[ $stderr != *'on record'* ]] || refute_ask 'expected another try'
	started_is some
}

# The same binary, which behaves from now on.
make_good_again()
{
	: >bad.env
}

# What a QEMU lacks may be around it: its firmware, say.
@test "a failure at one place is not one at another" {
	ask_bad signal@query-machines
	refused SIGSEGV
	mkdir elsewhere
	cp bad elsewhere/
	ask --emulator elsewhere/bad --accel tcg models
	answered

	make_bad 'signal/pc-q35-7.2'
	ask --emulator ./bad --accel tcg --machine q35 models
	refused SIGSEGV
	ask --emulator ./bad --accel tcg --machine q35 models
	refused SIGSEGV 'on record'
	started_is 0
	cp bad elsewhere/
	ask --emulator elsewhere/bad --accel tcg --machine q35 models
	answered
	ask --emulator ./bad --accel tcg --machine q35 models
	answered
	started_is 0 # what works is known of the binary
}

@test "a vCPU that doesn't start at one place may do so at another" {
	local place

	make_bad signal/cpu
	mkdir elsewhere
	cp bad elsewhere/
	for place in . . elsewhere elsewhere; do
		ask --json --emulator $place/bad --accel tcg expand 486
		answered
		[[ $place == elsewhere ]] || json_has '.usable == false'
	done
	json_has '.usable == true and .from == "cache"'
	ask --json --emulator elsewhere/bad --accel tcg models
	answered
	started_is 0
	json_has 'any(.[]; .usable == true)'
}

@test "neither of two places makes the other one try again" {
	local place

	make_bad signal/cpu
	mkdir elsewhere
	cp bad bad.env elsewhere/
	for place in . elsewhere; do
		ask --json --emulator $place/bad --accel tcg expand 486
		started_is some
	done
	for place in . elsewhere; do
		ask --json --emulator $place/bad --accel tcg expand 486
		started_is 0
		json_has '.usable == false and ."not-startable".signal == 11'
	done
}

@test "a vCPU that didn't start isn't tried again, but by probe" {
	make_bad signal/cpu
	ask --json --emulator ./bad --accel tcg expand 486
	json_has '.usable == false'
	make_good_again
	ask --json --emulator ./bad --accel tcg expand 486
	json_has '.usable == false'
	started_is 0
	ask --emulator ./bad --accel tcg probe
	answered
	ask --json --emulator ./bad --accel tcg expand 486
	answered
	json_has '.usable == true and (has("not-startable") | not)'
	started_is 0
}

@test "probe --all starts no vCPU but the largest, and forgets none that didn't start" {
	make_bad signal/cpu
	ask --json --emulator ./bad --accel tcg expand 486
	json_has '.usable == false'
	ask --json --emulator ./bad --accel tcg probe --all
	status_is 0
	ask --json --emulator ./bad --accel tcg expand 486
	answered
	json_has '.usable == false and ."not-startable".signal == 11'
	started_is 0
}

@test "probe tries again also where it can keep nothing" {
	requires_mounts
	make_bad signal/cpu
	ask --json --emulator ./bad --accel tcg expand 486
	make_good_again
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr unshare -m bash -c '
		mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
		exec cpugate --json --emulator ./bad --accel tcg probe' bash "$XDG_CACHE_HOME"
	status_is 0
	json_has '[.probed[]."max-starts"] == [true]'
}

@test "a parent that ignores SIGCHLD makes no difference" {
	env --ignore-signal=CHLD true || skip 'env is too old'
	make_bad exit:3
	run --separate-stderr env --ignore-signal=CHLD cpugate --emulator ./bad --accel tcg models
	refused './bad ended with exit status 3'
}

@test "a failure of one machine type is not one of others" {
	ask_bad signal/globals/pc-q35-7.2 --machine q35 models
	refused SIGSEGV
	ask --emulator ./bad --accel tcg --machine pc models
	answered
	ask --emulator ./bad --accel tcg --machine q35 models
	refused 'on record'
	started_is 0
}

@test "a failure with one definition is not one with others" {
	ask_bad signal@query-cpu-model-expansion/globals expand Haswell
	refused SIGSEGV
	make_good_again
	ask --emulator ./bad --accel tcg expand 486
	answered
	ask --emulator ./bad --accel tcg expand Haswell
	refused SIGSEGV 'on record'
	started_is 0
	ask --emulator ./bad --accel tcg probe
	answered
	ask --emulator ./bad --accel tcg expand Haswell
	answered
}

@test "a failure under KVM is not one without" {
	requires /dev/kvm
	make_bad signal/kvm
	ask --emulator ./bad --accel kvm models
	refused SIGSEGV
	ask --emulator ./bad --accel tcg models
	answered
	ask --emulator ./bad --accel kvm models
	refused 'on record'
	started_is 0
}

@test "probe says what failed beside what didn't" {
	requires /dev/kvm
	make_bad signal/kvm
	ask --json --emulator ./bad probe
	answered
	json_has '[.probed[] | [.accel, has("error")]] == [["kvm", true], ["tcg", false]]'
}

@test "a model that lacks nothing and doesn't start isn't usable" {
	make_bad 'signal/cpu'
	ask --json --emulator ./bad --accel tcg expand 486
	answered
	json_has '.usable == false and .removed == [] and ."not-startable".signal == 11'
	ask --json --emulator ./bad --accel tcg models
	answered
	json_has 'any(.[]; .usable == true) | not'
}

@test "a vCPU that hangs decides nothing" {
	CPUGATE_REPLY_TIMEOUT=800 ask_bad hang/cpu --json expand 486
	answered
	json_has '.usable == null and .removed == []'
	make_good_again
	ask --json --emulator ./bad --accel tcg expand 486
	answered
	json_has '.usable == true'
}

@test "where QEMU contradicts the equation, its own list is the answer" {
	make_bad liar
	ask --json --emulator ./bad --accel tcg probe
	answered
	json_has '[.probed[]."equation-holds"] == [false]'

	ask --json --emulator ./bad --accel tcg models
	answered
	json_has 'map(select(.name | startswith("qemu64"))) | length == 2 and
		all(."unavailable-features" == ["mmx"] and .usable == false)'
	ask --json --emulator ./bad --accel tcg expand qemu64
	answered
	json_has '.honesty == "partial" and .removed == ["mmx"] and .usable == false and
		(.effective | index("mmx") | not)'
	ask --emulator ./bad --accel tcg models
	[[ ${lines[0]} == *' partial' ]] || refute_ask 'expected to be told how sure that is'
}

# interrupt SIGNAL STATUS: in the middle of a measurement.
interrupt()
{
	local i

	make_bad stubborn,hang@query-machines
	rm -f "$FAKE_QEMU_PIDS"
	# A shell without job control starts background processes deaf to SIGINT, nohup to SIGHUP.
	env --default-signal=INT,HUP cpugate --emulator ./bad --accel tcg models \
		>out 2>err 3>&- &
	for ((i = 0; i < 500; i++)); do
		[[ ! -s $FAKE_QEMU_PIDS ]] || break
		sleep 0.01
	done
	sleep 0.05
	status=0
	kill -"$1" $!
	wait $! || status=$?
	output=$(<out) stderr=$(<err)
	status_is "$2"
	[[ -z $output ]] || refute_ask 'expected no answer'
	stderr_has interrupted
	no_emulator_is_left
	make_good_again
	ask --emulator ./bad --accel tcg models
	answered
}

@test "SIGINT in mid-probe: ended by it, nothing left, nothing spoilt" {
	interrupt INT 130
}

@test "SIGTERM and SIGHUP in mid-probe: the same" {
	interrupt TERM 143
	interrupt HUP 129
}

@test "an interrupted sweep keeps what it has, and goes on from there" {
	make_bad slow:20
	rm -f "$FAKE_QEMU_PIDS"
	env --default-signal=INT \
		cpugate --emulator ./bad --accel tcg probe --all >out 2>err 3>&- &
	for ((i = 0; i < 1000; i++)); do
		[[ $(cat "$FAKE_QEMU_PIDS" 2>/dev/null | wc -l) -lt 6 ]] || break
		sleep 0.01
	done
	kill -INT $!
	status=0
	wait $! || status=$?
	status_is 130
	no_emulator_is_left
	make_good_again
	ask --json --emulator ./bad --accel tcg probe --all
	answered
	json_has '[.probed[] | select(.from == "cache")] | length >= 2'
	json_has '[.probed[] | select(.from == "measurement")] | length >= 1'
	json_has '.probed | length == 5 and all(.models == 13)'
}
