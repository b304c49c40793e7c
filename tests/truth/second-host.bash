# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Booting other hosts, in a folder that is writable there as well.

second_host=$top_srcdir/../shared/tools/second-host

# no_second_host: says why there is none, and is false if there is one.
no_second_host()
{
	local what

	if [[ ! -x $second_host ]]; then
		echo 'no second-host'
	elif [[ ${SANITIZERS-} == yes ]]; then
		# It is the same for both builds, and slow.
		echo 'runs in the build without sanitizers'
	else
		for what in jq qemu-system-x86_64 cpio; do
			command -v "$what" >/dev/null || { echo "$what isn't installed"; return; }
		done
		return 1
	fi
}

# An emulated CPU now and then spins for good when KVM is used there: then once more.
patience=600
attempts=2

# boot SCRIPT NAME [OPTION...] [-- ARG...]: run the script there with the name and the
# arguments, for $patience seconds at most. What it says is in NAME-said. Says why no host
# came up, and fails; what fails there is for the tests to see.
boot()
{
	local script=$1 name=$2 options=() status=125 i
	shift 2

	while [[ $# -gt 0 && $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift $(($# > 0))
	for ((i = 0; i < attempts && status == 125; i++)); do
		status=0
		env -u XDG_CACHE_HOME "$second_host" -t "$patience" -w "$PWD" \
			"${options[@]}" -- bash "./$script" "$name" "$@" \
			>"$name-said" 2>&1 3>&- || status=$?
	done
	[[ $status -ne 125 ]] || { echo "no $name host: $(tail -n 1 "$name-said")"; return 1; }
}
