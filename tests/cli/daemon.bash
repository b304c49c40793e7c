# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of helpers
# A cpugated for a test. For files that load helpers.bash and fake.bash first.

setup()
{
	setup_test
	use_fake
	requires python3 socat
	cp "$emulator" qemu
	emulator=$PWD/qemu
	touch -d 2020-01-01 "$emulator"
	socket=$PWD/socket
	serving=
}

teardown()
{
	[[ -z $serving ]] || kill "$serving" 2>/dev/null || true
	wait
}

# serve [ARGUMENT...]: a cpugated at $socket, told to be patient for a second only. $within is
# what it is started by.
serve()
{
	"${within[@]}" "$top_builddir/cpugated" --socket "$socket" --patience 1 "$@" 2>log 3>&- &
	serving=$!
	for _ in {1..500}; do
		[[ ! -S $socket ]] || return 0
		sleep 0.02
	done
	cat log >&2
	return 1
}

# stop: it ends when it is asked to, and leaves nothing behind.
stop()
{
	kill "$serving"
	wait "$serving"
	serving=
	[[ ! -e $socket ]]
	[[ ! -e $FAKE_QEMU_PIDS ]] || no_emulator_is_left
}

# script NAME.py ARGUMENT...: with a Python that has the installed one's packages, and an end.
script()
{
	PYTHONDONTWRITEBYTECODE=1 timeout "${seconds-600}" python3 "$top_srcdir/tests/cli/$1" "$socket" "${@:2}"
}

# client WHAT [ARGUMENT...]: see qmp.py; fault WHAT [ARGUMENT...]: see faults.py
client()
{
	script qmp.py "$@"
}

fault()
{
	script faults.py "$@"
}

# memory: of the cpugated that serves, in KiB. descriptors: how many it has open.
memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$serving/status"
}

descriptors()
{
	find "/proc/$serving/fd" -mindepth 1 | wc -l
}

# descriptors_are N: or fewer, within ten seconds.
descriptors_are()
{
	for _ in {1..500}; do
		[[ $(descriptors) -gt $1 ]] || return 0
		sleep 0.02
	done
	ls -l "/proc/$serving/fd" >&2
	return 1
}
