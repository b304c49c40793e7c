# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016 # what is in single quotes is for jq
# shellcheck disable=SC2154 # set by helpers.bash and by run
# The manual pages against the program: the examples run, and replies have no members that
# the manual doesn't tell of. What needs no QEMU to know is in check-man.sh.
bats_require_minimum_version 1.5.0
load helpers
load contracts

# The commands in a page's EXAMPLES: lines "$ COMMAND" between ``` and ```.
examples()
{
	awk '/^# / { on = $0 == "# EXAMPLES" } on && /^\$ / { print substr($0, 3) }' \
		"$top_srcdir/man/$1.scd"
}

# Examples are for x86 hosts, as most readers have one.
requires_x86()
{
	[[ $(uname -m) == x86_64 ]] || skip "not an x86_64 host"
	requires qemu-system-x86_64 jq
}

run_examples()
{
	local command count=0

	while IFS= read -r command; do
		# What goes to the background isn't waited for, and bats waits for its fd 3.
		run --separate-stderr bash -o pipefail -c "$command" 3>&-
		# A no is an answer. Whether it is the right one is for other tests to say.
		[[ ! $command =~ ^'cpugate '(check|verify|diff|compare|baseline|hosts-for|matrix|explain|'contract verify'|'contract impact'|audit) || $status -ne 1 ]] || status=0
		# Others may have guests here that can't be looked at.
		[[ ! $command =~ ^'cpugate audit' || $status -ne 3 ]] || status=0
		if [[ $status -ne 0 || $stderr == *'cpugate: warning'* ]]; then
			refute_run "$command" "$stderr"
		fi
		count=$((count + 1))
	done < <(examples "$1")
	[[ $count -gt 0 ]]
}

# What examples take for granted.
keep_contract()
{
	make_contract web qemu-system-x86_64 -M q35,accel=tcg -cpu Nehalem >web.in
	cpugate contract import web.in
}

@test "every example of cpugate(1) works" {
	requires_x86
	unset CPUGATE_CACHE
	keep_contract
	run_examples cpugate.1
}

@test "every example of cpugate-cache(5) works" {
	requires_x86
	unset CPUGATE_CACHE
	cpugate models >/dev/null
	run_examples cpugate-cache.5
}

@test "every example of cpugate-baseline(1) works" {
	requires_x86
	unset CPUGATE_CACHE
	run_examples cpugate-baseline.1
}

@test "every example of cpugate-run(1) and cpugate-guarantees(7) works" {
	requires_x86
	run_examples cpugate-run.1
	run_examples cpugate-guarantees.7
}

@test "every example of cpugate-hook(8) works" {
	requires_x86
	unset CPUGATE_CACHE
	[[ -x /usr/bin/qemu-system-x86_64 ]] || skip "no /usr/bin/qemu-system-x86_64"
	cpugate machines --emulator /usr/bin/qemu-system-x86_64 >/dev/null
	run_examples cpugate-hook.8
}

@test "every example of cpugate-migrate(1) works" {
	requires_x86
	requires socat
	run_examples cpugate-migrate.1
}

@test "every example of cpugate-receive(1) works" {
	requires_x86
	requires socat
	run_examples cpugate-receive.1
}

@test "every example of cpugate-compare(1) works" {
	requires_x86
	unset CPUGATE_CACHE
	run_examples cpugate-compare.1
}

@test "every example of cpugate-contract(5) works" {
	requires_x86
	unset CPUGATE_CACHE
	keep_contract
	run_examples cpugate-contract.5
}

@test "every example of cpugate-matrix(1) works" {
	requires_x86
	unset CPUGATE_CACHE
	run_examples cpugate-matrix.1
}

# serve: a cpugated of this test, which examples ask.
serve()
{
	export CPUGATE_SOCKET=$PWD/socket
	"$top_builddir/cpugated" 2>log 3>&- &
	serving=$!
	for _ in {1..200}; do
		[[ ! -S $CPUGATE_SOCKET ]] || return 0
		sleep 0.02
	done
	return 1
}

teardown()
{
	[[ -z ${serving-} ]] || kill "$serving"
}

@test "every example of cpugated(8) works" {
	requires_x86
	unset CPUGATE_CACHE
	serve
	run_examples cpugated.8
}

@test "every example of cpugate-protocol(7) works" {
	requires_x86
	requires socat
	unset CPUGATE_CACHE
	serve
	run_examples cpugate-protocol.7
}

@test "every example of cpugate-record(5) works" {
	requires_x86
	unset CPUGATE_CACHE
	run_examples cpugate-record.5
}

@test "examples are what the reader sees, and every verb has one" {
	local page verb

	for page in "$top_srcdir"/man/*.scd; do
		page=$(basename "$page" .scd)
		output=$(examples "$page")
		[[ -n $output ]] || refute_run "$page has no examples"
		# A backslash is for scdoc and would be lost on the page.
		output_lacks "\\"
	done
	output=$(examples cpugate.1)
	while IFS= read -r verb; do
		grep -qE "cpugate( --json)? $verb( |\$)" <<<"$output" ||
			refute_run "no example of $verb"
	done < <(cpugate --help | sed -nE 's/^  ([a-z][a-z-]*( [a-z]+)?)   *.*/\1/p')
}

# part VERB: that of cpugate(1) about this verb's reply.
part()
{
	awk -v verb="$1" '/^# / { json = $0 == "# JSON REPLIES"; on = 0 }
		/^## / { on = json && index(", " substr($0, 4) ",", ", " verb ",") } on' \
		"$top_srcdir/man/cpugate.1.scd"
}

# told VERB: the members there, one a line, and those of other verbs that it refers to.
told()
{
	local other

	part "$1" | grep -oE '\*[a-z][a-z0-9-]*\*' | tr -d '*'
	while IFS= read -r other; do
		told "$other"
	done < <(part "$1" | grep -oE 'members of \*[a-z ]+\*' | sed 's/members of //; s/\*//g')
}

# What the emulator object has is told once, before the replies.
told_of_emulator()
{
	awk '/^## / { on = 0 } on; /^# / { on = $0 == "# JSON REPLIES" }' \
		"$top_srcdir/man/cpugate.1.scd" | grep -oE '^\*[a-z][a-z0-9-]*\*' | tr -d '*'
}

# The members of the JSON on stdin, as paths without list indices. What is below
# "properties", a part of the host, or a changed value isn't ours; reasons have a section of
# their own.
members()
{
	jq -r '[paths | map(select(type == "string"))] | unique[] | select(length > 0) |
		select((.[0] == "properties" and length > 1 or
			.[0] == "parts" and length > 2 or
			.[0:2] == ["remeasure", "changed"] and length > 3 or
			.[0] == "host-changed" and length > 2 or
			.[-2] == "props" or (index("reasons") // 9) < length - 1) | not) | join("/")'
}

# tells VERB [OPTION-OR-OPERAND...]: ask, and look each member of the reply up.
tells()
{
	local verb=$1 member reply
	shift

	# shellcheck disable=SC2086 # "cache why" is two words
	reply=$(cpugate --json $verb "$@") || [[ $? -eq 1 || $? -eq 3 ]]
	[[ -n $reply ]] || refute_run "no reply: $verb $*"
	while IFS= read -r member; do
		if [[ /$member == */emulator/* ]]; then
			told_of_emulator
		else
			told "$verb"
		fi | grep -qx -- "${member##*/}" ||
			refute_run "not in the manual, of $verb $*: $member"
		echo "$verb $member" >>"$TEST_DIR/seen"
	done < <(members <<<"$reply")
}

saw()
{
	local what

	for what; do
		grep -qx -- "$what" "$TEST_DIR/seen" || refute_run "was to be seen: $what"
	done
}

# qemu FILE [LINE...]: a wrapper script with these lines in front.
qemu()
{
	local file=$1
	shift

	printf '%s\n' '#!/bin/sh' "$@" 'exec qemu-system-x86_64 "$@"' >"$file"
	chmod +x "$file"
}

@test "every member of every reply is in the manual" {
	local accels=(tcg)

	requires_x86
	unset CPUGATE_CACHE
	[[ ! -r /dev/kvm || ! -w /dev/kvm ]] || accels+=(kvm)
	for accel in "${accels[@]}"; do
		tells models --accel "$accel"
		tells expand Haswell,-avx2 --accel "$accel"
		tells expand qemu64,phys-bits=200 --accel "$accel" # no QEMU starts with that
		tells probe --accel "$accel"
	done
	saw 'models usable' 'expand not-startable/status' 'expand not-startable/words'

	tells diff machine=pc machine=q35 --accel tcg
	tells diff machine=microvm machine=isapc --accel tcg
	if [[ ${#accels[@]} -gt 1 ]]; then
		tells diff accel=tcg accel=kvm
		tells diff generation=1 generation=0
		saw 'diff from/missing'
	fi
	saw 'diff changed/requested/lost' 'diff changed/properties/name'

	cpugate record --accel tcg --output tcg.json
	cpugate record --accel tcg --machine q35 --output q35.json
	tells compare Haswell Westmere --accel tcg
	tells compare Haswell tcg.json
	tells compare --like-virsh tcg.json q35.json
	tells baseline tcg.json q35.json --partition 2
	tells baseline --level x86-64-v4 tcg.json
	tells hosts-for Westmere tcg.json q35.json
	tells hosts-for Haswell tcg.json
	tells matrix tcg.json q35.json
	tells matrix --cpu Haswell tcg.json q35.json
	saw 'compare reasons' 'compare virsh/number' 'baseline definition' \
		'baseline partition/groups/definition' 'baseline reasons' \
		'hosts-for hosts/spare' 'hosts-for hosts/reasons'

	tells explain avx512-fp16 --accel tcg
	tells explain Haswell --accel tcg --machine pc-q35-2.4
	tells explain missing.host
	saw 'explain stages/state' 'explain reasons' 'explain causes/features' \
		'explain switched-off/features' 'explain versions/missing' 'explain weight'

	tells 'check launch' -- qemu-system-x86_64 -accel tcg -cpu Haswell
	tells pin -- qemu-system-x86_64 -accel tcg -cpu max
	tells run -- qemu-system-x86_64 -accel tcg -cpu Haswell
	cpugate run -- qemu-system-x86_64 -M q35,accel=tcg -cpu qemu64 -display none \
		-qmp unix:old,server=on,wait=off -daemonize 3>&-
	tells migrate --from qmp:old -- qemu-system-x86_64 -accel tcg -smp 2
	tells migrate --from qmp:old -- qemu-system-x86_64 -accel tcg -display none \
		-qmp unix:new,server=on,wait=off -daemonize 3>&-
	{ printf '%s\n' '{"execute": "qmp_capabilities"}' '{"execute": "quit"}'; sleep 1; } |
		socat - UNIX-CONNECT:new
	keep_contract
	tells receive --deadline 1 --uri unix:way --contract web -- qemu-system-x86_64 -accel tcg \
		-display none
	saw 'migrate moved' 'migrate transfer/bytes' 'migrate reasons' 'receive address' \
		'receive failure'
	saw 'run started' 'check launch effective' 'check launch vcpus/cpus' 'pin long/command' 'pin notes'

	keep_contract
	tells 'contract show' web
	tells 'contract export' web
	tells 'contract import' web.in
	tells 'contract list'
	tells 'contract verify'
	tells 'contract impact'
	qemu-system-x86_64 -M q35,accel=tcg -cpu Nehalem -name web -smp 1,maxcpus=2 -m 16 -S \
		-nodefaults -display none -qmp unix:monitor,server=on,wait=off \
		3>&- >/dev/null 2>&1 </dev/null &
	guest=$!
	for _ in {1..100}; do [[ -S monitor ]] || sleep 0.05; done
	tells audit qmp:monitor
	kill -KILL "$guest"
	saw 'audit guests/lacks/mitigations' 'audit guests/contract/name'
	tells 'contract forget' web
	saw 'contract show made/kernel' 'contract list contracts/digest' \
		'contract verify contracts/model'

	tells export --format qemu --accel tcg qemu64
	tells export --format nfd --accel tcg

	tells emulators
	qemu broken 'exit 1'
	tells emulators --emulator ./broken
	saw 'emulators version' 'emulators error'

	tells host
	tells 'cache list'
	tells 'cache history'
	tells 'cache path'
	saw 'cache list measured' 'cache list emulator' 'cache history kind'

	qemu liar 'case "$*" in *" -cpu "*) exec qemu-system-x86_64 "$@" -cpu 486 ;; esac'
	tells verify --emulator ./liar --accel tcg --machine pc --sample 2
	saw 'verify mismatches/missing' 'verify machines/compared'
	# A dry run has "enforce", and tells that it will start; the trial then doesn't.
	qemu mute 'case "$*" in *enforce*) ;; *" -cpu "*) echo no >&2; exit 1 ;; esac'
	tells verify --emulator ./mute --accel tcg --machine pc --sample 20 --seed 1
	saw 'verify mismatches/started'
	tells verify --emulator ./mute --launch --accel tcg --machine pc --sample 2
	qemu stuck 'case "$*" in *"-machine isapc,"*) echo no >&2; exit 1 ;; esac'
	tells verify --emulator ./stuck --accel tcg --sample 60 --seed 1
	saw 'verify unstartable/words'

	qemu wrapper
	tells models --emulator ./wrapper --accel tcg
	qemu wrapper ':'
	tells 'cache why' --emulator ./wrapper --accel tcg
	saw 'cache why remeasure/changed/from'

	if [[ ${#accels[@]} -gt 1 ]]; then
		qemu half 'case "$*" in *-machine\ pc*accel=kvm*) exit 1 ;; esac'
		tells probe --emulator ./half
		saw 'probe probed/error'
	fi
	tells 'cache prune'
}

@test "the members of machine types that the manual names are QEMU's" {
	local member

	requires_x86
	unset CPUGATE_CACHE
	run -0 cpugate --json machines
	while IFS= read -r member; do
		jq -e --arg member "$member" 'any(has($member))' <<<"$output" >/dev/null ||
			refute_run "no machine type has $member"
	done < <(told machines)
}
