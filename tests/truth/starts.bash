# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# What a question costs: counting the emulators that cpugate starts, and changing, one at
# a time, the things that its answers depend on.

# traced COMMAND...: run it; $started is the number of emulators that it and its children
# executed, which must be called qemu-system-SOMETHING.
traced()
{
	rm -f trace.*
	status=0
	# The leak checker and strace both want to be the tracer.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		strace -qq -ff --seccomp-bpf -e trace=execve -s 256 -o trace -- "$@" || status=$?
	output=$(sed -n 's/^execve("\([^"]*\)", .* = 0$/executed: \1/p' trace.*)
	started=$(grep -c '/qemu-system-[^/]*$' <<<"$output") || true
}

# asks ARG...: one question. The answer is in the file "answer", complaints in "complaint".
asks()
{
	status=0
	cpugate --json "$@" >answer 2>complaint || status=$?
	is_answered "$@"
}

# counts ARG...: the same, with the emulators that it starts counted. strace makes a
# measurement ten times slower.
counts()
{
	traced cpugate --json "$@" >answer 2>complaint
	is_answered "$@"
}

is_answered()
{
	output+=$(printf '\n' && cat complaint)
	[[ $status -eq 0 ]] || refute_run "cpugate $*" || return
	output_lacks warning
}

# started_is N|some
started_is()
{
	if [[ $1 == some ]]; then
		[[ $started -gt 0 ]]
	else
		[[ $started -eq $1 ]]
	fi || refute_run "emulators started: $started, expected: $1" || return
}

# from_is measurement|cache: where the last answer is from.
from_is()
{
	[[ $(jq -r .from answer) == "$1" ]] || refute_run "expected an answer from $1" || return
}

# The last answer without the word on where it is from.
answer_itself()
{
	jq -S 'walk(if type == "object" then del(.from) else . end)' answer
}

# why [ARG...]: what has changed, as `cache why` says it, one part a line, into $output.
why()
{
	cpugate --json "$@" cache why >reasons
	output=$(jq -r '[.remeasure[].changed[].part] | unique[]' reasons)
}

# changed_is PART...: these parts and no others are named by `cache why`, about $why_about.
changed_is()
{
	why ${why_about:+"${why_about[@]}"}
	[[ $output == "$(printf '%s\n' "$@" | sort)" ]] ||
		refute_run "expected to have changed: $*" || return
}

# changed_has PART: it is among them.
changed_has()
{
	why ${why_about:+"${why_about[@]}"}
	grep -qx "$1" <<<"$output" || refute_run "expected to have changed: $1" || return
}

nothing_changed()
{
	changed_is ''
}

# prefix_of BINARY: /usr of /usr/bin/BINARY.
prefix_of()
{
	dirname "$(dirname "$(readlink -f "$1")")"
}

# copy_emulator FOLDER: the installed emulator with its modules and firmware, as
# FOLDER/bin/qemu-system-x86_64.
copy_emulator()
{
	local binary prefix modules

	binary=$(command -v qemu-system-x86_64)
	prefix=$(prefix_of "$binary")
	mkdir -p "$1/bin"
	cp -L "$binary" "$1/bin/"
	ln -s "$prefix/share" "$1/share"
	for modules in "$prefix"/lib*/qemu "$prefix"/lib/*/qemu; do
		[[ -d $modules ]] || continue
		mkdir -p "$1${modules#"$prefix"}"
		cp -r "$modules/." "$1${modules#"$prefix"}"
	done
}

# module_folder FOLDER: where below FOLDER the accelerator's module is; skips where TCG is
# built in.
module_folder()
{
	local module

	for module in "$1"/lib*/qemu/accel-tcg-x86_64.so "$1"/lib/*/qemu/accel-tcg-x86_64.so; do
		[[ ! -e $module ]] || { dirname "$module"; return; }
	done
	return 1
}

# A change of content that changes nothing else.
append_byte()
{
	printf x >>"$1"
}

# fake_host: from here on cpugate looks at a copy of this host's facts, in the folder
# "host".
fake_host()
{
	local file

	for file in /proc/sys/kernel/{osrelease,version} /proc/cpuinfo /sys/kernel/notes \
		/sys/devices/system/cpu/cpu0/microcode/version /sys/devices/cpu_*/cpus \
		/sys/module/kvm{,_*}/parameters/* /sys/module/kvm{,_*}/notes/.note.gnu.build-id; do
		[[ -r $file ]] || continue
		mkdir -p "host${file%/*}"
		cat "$file" >"host$file"
	done
	for file in /sys/module/kvm/holders/*; do
		[[ ! -e $file ]] || mkdir -p "host$file"
	done
	mkdir -p host/dev
	for file in /dev/{kvm,sgx_vepc,sgx_provision,sev}; do
		[[ ! -e $file ]] || ln -s "$file" "host$file"
	done
	cpugate --json host >real
	export CPUGATE_HOST_ROOT=$PWD/host
	cpugate --json host >fake
	diff real fake || { echo 'the copy is not like this host'; return 1; }
}

# put FILE TEXT: a file of the fake host.
put()
{
	mkdir -p "$(dirname "host/$1")"
	printf '%s\n' "$2" >"host/$1"
}

# The emulators that run with this test's mark in their environment, whoever is their
# parent by now. The dead have no environment.
marked_emulators()
{
	local environment pid

	for environment in /proc/[0-9]*/environ; do
		pid=${environment//[!0-9]/}
		[[ $(readlink "/proc/$pid/exe") == *qemu-system-* ]] || continue
		grep -qz "^CPUGATE_TEST=$TEST_DIR\$" "$environment" || continue
		echo "$pid"
	done 2>/dev/null
}

# A process that was killed may take a moment to be gone, with a KVM guest in it.
no_emulator_is_left()
{
	local i

	for ((i = 0; i < 50; i++)); do
		[[ -n $(marked_emulators) ]] || return 0
		sleep 0.1
	done
	echo "still there: $(marked_emulators | xargs ps -fp)"
	return 1
}

# start_probing ARG...: cpugate in the background, as $probing, in the middle of a long
# probe.
start_probing()
{
	local i

	# A shell without job control starts background processes deaf to SIGINT.
	CPUGATE_TEST=$TEST_DIR env --default-signal=INT cpugate probe --all "$@" \
		>probing.out 2>probing.err 3>&- &
	probing=$!
	for ((i = 0; i < 500; i++)); do
		[[ -z $(cat "/proc/$probing/task"/*/children 2>/dev/null) ]] || return 0
		sleep 0.01
	done
	echo 'cpugate starts no emulator'
	cat probing.err
	return 1
}

# end_of_probing: its exit status, into $status.
end_of_probing()
{
	status=0
	wait "$probing" || status=$?
	output=$(cat probing.out probing.err)
}
