#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test has a shell of its own
# shellcheck disable=SC2154 # set by helpers.bash, fake.bash and run
# Questions that can't be answered, and places that cpugate can't work in: one sentence that
# names what is at fault, or an answer all the same.

bats_require_minimum_version 1.5.0
load helpers
load fake

setup()
{
	setup_test
	use_fake
}

# ask_fake ARG...: a question to the QEMU that behaves.
ask_fake()
{
	ask --emulator "$emulator" --accel tcg "$@"
}

@test "unknown verbs and options are named" {
	ask
	refused verb --help
	ask nosuch
	refused nosuch
	ask cache
	refused list why history prune path
	ask cache nosuch
	refused nosuch list
	ask --nosuch models
	refused -- '--nosuch'
	ask models --accel
	refused '--accel'
	ask models extra
	refused extra
	ask expand
	refused definition
	started_is 0
}

@test "an option that means nothing to the verb is refused" {
	ask host --machine q35
	refused host machine
	ask models --all
	refused models all
	ask cache list --accel tcg
	refused list accel
	ask --emulator "$emulator" probe --all --machine q35
	refused probe machine
}

@test "unknown accelerators are named" {
	for accel in hvf KVM '' kvm:tcg; do
		ask --emulator "$emulator" --accel "$accel" models
		refused "accelerator $accel" tcg kvm
	done
	started_is 0
}

@test "numbers are numbers" {
	ask_fake verify --sample many
	refused many
	ask_fake verify --sample -1
	refused -1
	ask_fake verify --sample 0
	refused sample
	ask_fake verify --sample 99999999999999999999
	refused 99999999999999999999
	for patience in soon 0 -5 1.5 99999999999999999999; do
		CPUGATE_REPLY_TIMEOUT=$patience ask host
		refused CPUGATE_REPLY_TIMEOUT milliseconds
	done
	CPUGATE_REPLY_TIMEOUT='' ask host
	answered
}

@test "unknown machine types are named, and the one that was meant" {
	for machine in nosuch pc,accel=kvm; do
		ask_fake models --machine "$machine"
		refused "$emulator" "machine type $machine"
	done
	ask_fake models --machine pc-q35-7.3
	refused 'machine type pc-q35-7.3' pc-q35-7.2
}

@test "unknown models are named, and the one that was meant" {
	ask_fake expand nosuch
	refused nosuch
	ask_fake expand Haswel
	refused Haswel
	ask_fake models
	answered
	ask_fake expand nosuch
	refused "$emulator" 'CPU model nosuch'
	ask_fake expand Haswel
	refused 'CPU model Haswel' 'did you mean Haswell?'
	ask_fake expand HASWELL
	refused 'CPU model HASWELL'
}

@test "unknown features are named, and the one that was meant" {
	ask_fake expand Haswell
	answered
	ask_fake expand Haswell,+nosuch
	refused Haswell nosuch
	ask_fake expand Haswell,axv2=on
	refused 'feature axv2' 'did you mean avx2?'
	started_is 0
}

@test "what is no CPU definition is refused" {
	local long

	printf -v long '%09000d' 0
	for definition in '' ',' ',avx' 'Haswell,' 'Haswell,,avx' 'Haswell,+' 'Haswell,=on' "$long"; do
		ask_fake expand "$definition"
		refused
	done
	ask_fake expand $'Has\nwell\e[31m'
	refused 'CPU definition'
	ask $'no\nverb\e[31m'
	refused 'no verb'
	started_is 0
}

@test "what isn't UTF-8 is refused" {
	ask_fake expand $'Has\xffwell'
	refused UTF-8 'Has?well'
	ask --emulator $'\xff' models
	refused UTF-8
	ask --machine $'\xff' models
	refused UTF-8

	mkdir $'\xff'
	cp "$emulator" $'\xff/qemu-other'
	PATH=$PWD/$'\xff':$PATH ask --emulator qemu-other --accel tcg models
	refused UTF-8 qemu-other
	CPUGATE_CACHE=$PWD/$'\xff/cache' ask cache path
	refused UTF-8
	CPUGATE_CACHE=$PWD/$'\xff/cache' ask_fake models
	answered
}

# program FILE [LINE...]: an executable with this content.
program()
{
	local file=$1
	shift

	printf '%s\n' "$@" >"$file"
	chmod +x "$file"
}

@test "an emulator that isn't there is named" {
	ask --emulator nosuch models
	refused 'emulator nosuch' PATH
	ask --emulator ./nosuch models
	refused './nosuch: No such file'
	ask --emulator "$emulator/below" models
	refused "$emulator/below: Not a directory"
	ln -s loop loop
	ask --emulator ./loop models
	refused './loop: Too many levels'
	if [[ ! -e /usr/libexec/qemu-kvm ]]; then
		run --separate-stderr env PATH=/nowhere "$top_builddir/cpugate" models
		refused 'no emulator' qemu-system-
	fi
	ask --emulator '' models
	refused 'no emulator'
}

@test "what can't be executed is no emulator" {
	mkdir folder
	ask --emulator ./folder models
	refused ./folder
	echo text >text
	ask --emulator ./text models
	refused ./text executable
	ask --emulator /dev/null models
	refused /dev/null
	program text 'no program'
	ask --emulator ./text models
	refused './text: Exec format error'
	program missing '#!/nowhere/sh'
	ask --emulator ./missing models
	refused './missing: No such file'
	program empty
	ask --emulator ./empty models
	refused ./empty
	program half $'\177ELF'
	ask --emulator ./half models
	refused ./half
}

@test "an emulator that may not be read is named" {
	local as=()

	if [[ $EUID -eq 0 ]]; then
		requires setpriv
		as=(setpriv --reuid 65534 --clear-groups)
	fi
	cp "$emulator" secret
	chmod 111 secret
	run --separate-stderr "${as[@]}" "$top_builddir/cpugate" --emulator ./secret --accel tcg models
	[[ $status -ne 127 && $status -ne 126 ]] || skip "the program can't be reached by others"
	stderr=${stderr_lines[-1]} # there can be no cache here, too
	refused './secret: Permission denied'
}

@test "programs that aren't QEMU are no emulators" {
	ask --emulator /bin/true models
	refused true 'exit status 0'
	ask --emulator /bin/false models
	refused false 'exit status 1'
	ask --emulator /bin/cat --accel tcg models
	refused cat 'exit status 1'
	program hello '#!/bin/sh' 'echo "not QEMU at all"'
	ask --emulator ./hello models
	refused ./hello 'not QEMU at all'
	program sleeper '#!/bin/sh' 'exec sleep 5'
	CPUGATE_REPLY_TIMEOUT=80 ask --emulator ./sleeper models
	refused ./sleeper '80 ms'
}

@test "a script has to become its emulator" {
	program parent '#!/bin/sh' "\"$emulator\" \"\$@\"" 'exit'
	ask --emulator ./parent --accel tcg models
	refused ./parent exec
	program wrapper '#!/bin/sh' "exec \"$emulator\" \"\$@\""
	ask --emulator ./wrapper --accel tcg models
	answered
}

@test "emulators: what is wrong with one is in its row" {
	program hello '#!/bin/sh' 'echo "not QEMU at all"'
	ask --json --emulator ./hello emulators
	answered
	json_has 'length == 1 and .[0].path == "./hello" and (.[0].error | contains("not QEMU at all"))'
	ask --emulator nosuch emulators
	answered
	output_has nosuch
}

# KVM

@test "without /dev/kvm nothing is said about KVM, and TCG is" {
	mkdir root
	CPUGATE_HOST_ROOT=$PWD/root ask --emulator "$emulator" --accel kvm models
	refused KVM /dev/kvm missing
	started_is 0
	CPUGATE_HOST_ROOT=$PWD/root ask --emulator "$emulator" models
	answered
	[[ ${lines[0]} == *' tcg '* ]] || refute_ask 'expected an answer about TCG'
	CPUGATE_HOST_ROOT=$PWD/nosuch ask host
	refused "$PWD/nosuch"
}

@test "a /dev/kvm that is none is none" {
	requires_mounts
	[[ -e /dev/kvm ]] || skip 'no /dev/kvm to put something over'
	# shellcheck disable=SC2016 # expanded by the inner shell
	local script='mount --bind /dev/null /dev/kvm && exec cpugate "$@"'

	run --separate-stderr unshare -m bash -c "$script" bash --emulator "$emulator" \
		--accel kvm models
	refused KVM /dev/kvm
	run --separate-stderr unshare -m bash -c "$script" bash --emulator "$emulator" models
	answered
	[[ ${lines[0]} == *' tcg '* ]] || refute_ask 'expected an answer about TCG'
}

# A QEMU that finds the modules of another one can't do what is in them. Real, because it is
# QEMU that has an opinion.
@test "the modules of another QEMU: answers go as far as QEMU does" {
	local qemu=qemu-system-x86_64

	requires $qemu
	mkdir modules
	echo 'no module' >modules/accel-tcg-x86_64.so
	! echo '{"execute": "qmp_capabilities"}{"execute": "quit"}' |
		QEMU_MODULE_DIR=$PWD/modules $qemu -machine none,accel=tcg -nodefaults \
			-display none -qmp stdio >/dev/null 2>&1 || skip 'TCG is built into this QEMU'
	QEMU_MODULE_DIR=$PWD/modules ask --emulator $qemu --accel tcg expand 486
	refused $qemu module
	QEMU_MODULE_DIR=$PWD/modules ask --emulator $qemu machines
	if [[ -r /dev/kvm && -w /dev/kvm ]]; then
		answered
		QEMU_MODULE_DIR=$PWD/modules ask --emulator $qemu --accel kvm expand 486
		answered
	else
		refused $qemu
	fi
	ask --emulator $qemu --accel tcg expand 486
	answered
}

# The cache

# remembers: what was measured now is there for the next question. Who changed in the last
# seconds is hashed again, but never started.
remembers()
{
	ask_fake models
	answered || return
	started_is 0 || return
}

# forgets: it isn't.
forgets()
{
	ask_fake models
	started_is some || return
}

@test "a cache folder that is missing is made, for its owner only" {
	export CPUGATE_CACHE=$PWD/some/deep/folder/cache.db
	ask_fake models
	answered
	[[ $(stat -c %a some/deep/folder) == 700 ]]
	remembers
}

@test "where no cache can be, answers cost a measurement" {
	: >file
	mkdir folder
	for CPUGATE_CACHE in file/cache.db file/deep/cache.db /proc/nowhere/cache.db folder; do
		export CPUGATE_CACHE
		ask_fake models
		warned "${CPUGATE_CACHE%/*}"
		started_is some
		ask_fake expand Haswell
		warned
		output_has 'missing here'
		for question in 'cache list' 'cache history' 'cache prune'; do
			# shellcheck disable=SC2086 # two words
			ask $question
			warned
		done
		ask --json cache path
		warned
		json_has '.state == "unavailable"'
	done
	ask_fake probe
	warned
	[[ ! -s file && -z $(ls folder) ]]
}

@test "where no cache can be, nothing is measured twice for one question" {
	local once

	ask --json --emulator "$emulator" --accel tcg models
	once=$started
	: >file
	CPUGATE_CACHE=file/cache.db ask_fake models
	started_is "$once"
}

# see_once: $once is how many emulators the question takes.
see_once()
{
	requires_mounts
	ask_fake models
	once=$started
	export emulator CPUGATE_CACHE=$PWD/disk/cache.db
}

# with_mount OPTIONS SCRIPT: in a namespace where ./disk is a file system of its own. In the
# script, `ask` is one question; what comes out is "$status $started" of each.
with_mount()
{
	mkdir -p disk
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr unshare -m bash -c '
		ask()
		{
			: >"$FAKE_QEMU_LOG"
			cpugate --emulator "$emulator" --accel tcg "$@" >>out 2>>err
			echo "$? $(wc -l <"$FAKE_QEMU_LOG")"
		}
		mount -t tmpfs -o "$1" none disk && eval "$2"' bash "$1" "$2"
	stderr+=$(<err)
}

@test "a read-only cache answers what it has, and measures the rest" {
	see_once
	with_mount size=4m 'ask models; mount -o remount,ro disk; ask models; ask expand Haswell;
		ask expand Haswell; mount -o remount,rw disk; ask models'
	[[ ${lines[*]} == "0 $once 0 0 0 1 0 1 0 0" ]] || refute_run 'unexpected' "$stderr"
	[[ $(sort <<<"$stderr" | uniq -c) == *' 3 cpugate: warning: '*'cache.db can only be read' ]] ||
		refute_run 'one warning each' "$stderr"
	[[ $(grep -c 'Haswell = ' out) -eq 2 ]]
}

@test "a read-only folder without a cache is one without a cache" {
	see_once
	with_mount size=4m,ro 'ask models; ask models'
	[[ ${lines[*]} == "0 $once 0 $once" ]] || refute_run 'unexpected' "$stderr"
	[[ $(grep -c '^cpugate: warning: .*Read-only file system$' <<<"$stderr") -eq 2 ]]
}

@test "a full disk costs measurements, and spoils nothing" {
	local size

	requires_mounts
	export emulator CPUGATE_CACHE=$PWD/disk/cache.db
	for size in 4 40 80 120 160 200; do
		rm -f out err
		with_mount size=${size}k 'ask models; ask expand Haswell;
			mount -o remount,size=4m disk; ask models; ask models; ask machines'
		[[ $output =~ ^(0\ [0-9]+.){3}0\ 0.0\ 0$ ]] || refute_run "$size KiB" "$stderr"
		[[ $(grep -c . <<<"$stderr") -eq 2 &&
			$(grep -c '^cpugate: warning: .*No space left on device' <<<"$stderr") -eq 2 ]] ||
			refute_run "$size KiB: one warning for each of the first two" "$stderr"
	done
}

@test "on a full disk nothing is measured twice for one question" {
	local size

	see_once
	for size in 4 80 120; do
		rm -f out err
		with_mount size=${size}k 'ask models'
		[[ $output == "0 $once" ]] || refute_run "$size KiB: once is $once" "$stderr"
		[[ $stderr == *"the cache $CPUGATE_CACHE can't be used: "* ]] ||
			refute_run "$size KiB" "$stderr"
	done
}

@test "a full disk doesn't keep a cache from answering" {
	see_once
	with_mount size=1m 'ask models; cat /dev/zero >disk/fill 2>/dev/null; ask models'
	[[ ${lines[*]} == "0 $once 0 0" ]] || refute_run 'unexpected' "$stderr"
}

@test "a cache that is garbage is set aside" {
	export CPUGATE_CACHE=$PWD/cache.db
	for content in 'not a database' "$(printf '%05000d' 0)"; do
		echo "$content" >cache.db
		ask_fake models
		warned "$CPUGATE_CACHE" damaged cache.db.corrupt
		[[ $(<cache.db.corrupt) == "$content" ]]
		remembers
	done
	: >cache.db # is nothing, which is no damage
	forgets
	remembers
}

@test "a cache that was cut short is set aside" {
	local size

	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake probe
	for size in 100 4096 20000; do
		ask_fake models
		truncate -s $size cache.db
		ask_fake models
		warned "$CPUGATE_CACHE" damaged
		[[ $(stat -c %s cache.db.corrupt) -eq $size ]]
		remembers
	done
}

# damage TEXT: not the file's structure, only one text in it. Each is kept with its digest.
damage()
{
	cp good.db cache.db
	LC_ALL=C sed -i "s/$1/\U&/" cache.db
	! cmp -s good.db cache.db || refute_run "no $1 in a cache"
}

@test "a cache that shows its damage late costs time, not the answer" {
	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake --json expand Haswell
	answered
	answer_itself >expansion
	ask_fake --json machines
	cp cache.db good.db
	echo "$output" >machines

	for text in default-machine '"features"' '"started"' '"alias-of"'; do
		damage "$text"
		ask_fake --json expand Haswell
		warned "$CPUGATE_CACHE" damaged
		answer_itself | diff expansion -
	done
	damage is-default
	ask_fake --json machines
	warned "$CPUGATE_CACHE" damaged
	diff machines - <<<"$output"
	forgets
	remembers
}

# cross SQL: rows of a good cache that are changed so that one points at another one's content.
cross()
{
	cp good.db cache.db
	sqlite3 cache.db "$1"
}

@test "rows that point at each other are damage, never an answer" {
	local question sql

	requires sqlite3
	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake --json expand Haswell
	answer_itself >expand.right
	ask_fake --json models
	answer_itself >models.right
	ask_fake --json machines
	answer_itself >machines.right
	sqlite3 cache.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	cp cache.db good.db

	for sql in \
		'UPDATE fact SET blob = blob % (SELECT max(id) FROM blob) + 1' \
		'CREATE TEMP TABLE t AS SELECT max(id) AS most FROM blob; UPDATE blob SET id = -id;
			UPDATE blob SET id = (SELECT most FROM t) + 1 + id' \
		'CREATE TEMP TABLE b AS SELECT * FROM blob; UPDATE blob SET body = (SELECT body
			FROM b WHERE b.id = blob.id % (SELECT max(id) FROM b) + 1)' \
		"UPDATE subject SET kind = 'x' WHERE kind = 'machines';
			UPDATE subject SET kind = 'machines', name = '' WHERE kind = 'unsupported'" \
		"UPDATE subject SET name = '' WHERE kind = 'models';
			UPDATE subject SET kind = 'models', name = 'pc-i440fx-7.2' WHERE kind = 'emulator'" \
		'UPDATE fact SET key = (SELECT min(id) FROM key)' \
		'UPDATE fact SET seal = seal + 1' 'UPDATE blob SET seal = seal + 1, body = upper(body)' \
		'UPDATE file SET seal = 1 - seal' \
		"UPDATE file SET digest = (SELECT digest FROM blob LIMIT 1)"; do
		for question in 'expand Haswell' models machines; do
			cross "$sql"
			# shellcheck disable=SC2086 # two words
			ask_fake --json $question
			status_is 0
			answer_itself | diff "${question%% *}.right" - || refute_ask "$sql"
		done
	done
}

@test "machine types that were lost are measured again, and nothing else" {
	requires sqlite3
	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake probe
	ask_fake --json machines
	echo "$output" >machines
	for question in machines '--machine q35 expand 486' '--machine q36 models'; do
		sqlite3 cache.db "DELETE FROM fact WHERE subject =
			(SELECT id FROM subject WHERE kind = 'machines')"
		# shellcheck disable=SC2086 # several words
		ask_fake --json $question
		started_is some
		if [[ $question == *q36* ]]; then
			refused 'no machine type q36'
		else
			answered
		fi
		ask_fake --json machines
		started_is 0
		diff machines - <<<"$output"
	done
	sqlite3 cache.db "DELETE FROM fact WHERE subject =
		(SELECT id FROM subject WHERE kind = 'machines')"
	ask_fake expand Haswell
	answered
	started_is 0 # its machine type is known to be one
}

@test "damage that shows in the middle of measuring costs time, not the answer" {
	requires sqlite3
	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake --json expand Haswell
	answered
	answer_itself >expansion
	sqlite3 cache.db "DELETE FROM fact WHERE subject IN
			(SELECT id FROM subject WHERE kind IN ('requested', 'models'));
		UPDATE fact SET seal = 0 WHERE subject IN
			(SELECT id FROM subject WHERE kind IN ('started', 'likeness'))"
	ask_fake --json expand Haswell
	warned "$CPUGATE_CACHE" damaged
	answer_itself | diff expansion -
}

@test "a cache of a newer version is set aside" {
	requires sqlite3
	export CPUGATE_CACHE=$PWD/cache.db
	ask_fake models
	sqlite3 cache.db 'PRAGMA user_version = 999' >/dev/null
	ask_fake models
	warned "$CPUGATE_CACHE" newer 999 cache.db.newer
	[[ $(sqlite3 cache.db.newer 'PRAGMA user_version') == 999 ]]
	remembers
}

@test "another program's database is left alone" {
	requires sqlite3
	export CPUGATE_CACHE=$PWD/cache.db
	sqlite3 cache.db 'CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES (1)'
	sha256sum cache.db >before
	ask_fake models
	warned "$CPUGATE_CACHE" another
	sha256sum -c before
}

@test "several writers at once" {
	local machine pid pids=() model

	for machine in pc q35 isapc microvm pc-i440fx-2.4; do
		for model in 486 base; do
			cpugate --json --emulator "$emulator" --accel tcg --machine $machine \
				expand $model >"answer.$machine.$model" 2>>err &
			pids+=($!)
		done
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || refute_run "$(<err)"
	done
	[[ ! -s err ]] || refute_run "$(<err)"
	for machine in pc q35 isapc microvm pc-i440fx-2.4; do
		for model in 486 base; do
			ask --json --emulator "$emulator" --accel tcg --machine $machine expand $model
			answered
			started_is 0
			answer_itself | diff - <(output=$(<"answer.$machine.$model") answer_itself)
		done
	done
}

# Output

@test "an answer that can't be written is a failure" {
	local question about="--emulator $emulator --accel tcg"

	[[ -w /dev/full ]] || skip 'no /dev/full'
	ask_fake probe
	for question in "models $about" "--json models $about" "expand Haswell $about" \
		"machines $about" "probe $about" "emulators --emulator $emulator" host \
		'cache list' 'cache path' --help --version; do
		status=0
		# shellcheck disable=SC2086 # several words
		cpugate $question >/dev/full 2>err || status=$?
		stderr=$(<err) output=
		refused 'No space left on device'
	done
}

@test "a stream that is closed is not taken for another file" {
	status=0 output=
	cpugate --emulator "$emulator" --accel tcg models >&- 2>err || status=$?
	stderr=$(<err)
	refused 'write the answer: Bad file descriptor'
	cpugate --emulator "$emulator" --accel tcg models <&- 2>&- >out
	grep -q 'models usable' out
	rm -r "$XDG_CACHE_HOME"
	status=0
	cpugate --emulator "$emulator" --accel tcg models <&- >&- 2>&- || status=$?
	status_is 2
	run grep -l 'models usable' "$XDG_CACHE_HOME"/cpugate/*
	status_is 1
	remembers
}

@test "a reader that goes away is no failure worth words" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run --separate-stderr bash -c 'cpugate --emulator "$1" --accel tcg models | true' \
		bash "$emulator"
	[[ -z $stderr ]] || refute_ask 'expected silence'
}
