# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by helpers.bash and by run
# Completions, and the manual's synopsis, against what the program takes. Starts no QEMU.
load helpers

# "models", "cache why" ... one a line.
verbs()
{
	cpugate --help | sed -nE 's/^  ([a-z][a-z-]*( [a-z]+)?)   *.*/\1/p'
}

options()
{
	cpugate --help | grep '^  --' | grep -oE -- '--[a-z-]+'
}

# takes VERB OPTION: does the verb know the option? An emulator that isn't there keeps it
# from doing anything.
takes()
{
	local words=()

	read -ra words <<<"$1"
	case $2 in
	--json | --connect | --help | --version) return 0 ;;
	--all | --launch | --named | --nested | --cross-vendor | --like-virsh | --short | --both | --keep-source | --resume) words+=("$2") ;;
	--sample | --seed | --partition | --replaced | --deadline) words+=("$2=1") ;;
	*) words+=("$2=/nowhere/qemu") ;;
	esac
	if [[ $2 != --emulator ]] && takes "$1" --emulator; then
		words+=(--emulator=/nowhere/qemu)
	fi
	run cpugate "${words[@]}" </dev/null
	[[ $output != *"takes no argument"* ]]
}

# What bash offers after these words, the last of which is being typed.
bash_offers()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	PATH='' "$BASH" --norc -c '
		source "$1"
		shift
		PATH=/usr/bin:/bin
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_cpugate
		printf "%s\n" "${COMPREPLY[@]}"' \
		bash "$top_srcdir/completions/cpugate.bash" "$@"
}

fish_offers()
{
	# shellcheck disable=SC2016 # expanded by fish
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$top_srcdir/completions/cpugate.fish" "$1" | cut -f 1
}

# same WHAT EXPECTED SEEN: the same lines, in whatever order.
same()
{
	output=$(diff <(sort <<<"$2") <(sort <<<"$3")) || refute_run "$1: (<) isn't offered, (>) is"
}

# The options that a verb takes, one a line.
options_of()
{
	local option

	while IFS= read -r option; do
		! takes "$1" "$option" || echo "$option"
	done < <(options)
}

@test "bash: verbs" {
	same verbs "$(verbs | cut -d ' ' -f 1 | uniq)" "$(bash_offers cpugate '')"
	same 'cache verbs' "$(verbs | sed -n 's/^cache //p')" "$(bash_offers cpugate cache '')"
	same 'contract verbs' "$(verbs | sed -n 's/^contract //p')" \
		"$(bash_offers cpugate contract '')"
	same m "$(verbs | grep ^m)" "$(bash_offers cpugate m)"
	same 'after an option' machines "$(bash_offers cpugate --accel tcg --json mac)"
	same 'after a verb' '' "$(bash_offers cpugate models '')"
}

@test "bash: options that the verb takes" {
	local verb words

	same 'no verb' "$(options)" "$(bash_offers cpugate --)"
	while IFS= read -r verb; do
		read -ra words <<<"$verb"
		same "$verb" "$(options_of "$verb")" "$(bash_offers cpugate "${words[@]}" --)"
	done < <(verbs)
	same expand "$(options_of expand)" "$(bash_offers cpugate expand Haswell --)"
}

@test "bash: values, however bash splits them" {
	same 'next word' $'kvm\ntcg' "$(bash_offers cpugate models --accel '')"
	same 'after =' $'kvm\ntcg' "$(bash_offers cpugate --accel =)"
	same 'behind =' kvm "$(bash_offers cpugate --accel = k)"
	same 'one word' tcg "$(bash_offers cpugate --accel=t)"
	same 'of a side' $'kvm\ntcg' "$(bash_offers cpugate diff accel = '')"
	same 'its other keys' $'accel=\nemulator=\ngeneration=\nhost=\nmachine=' \
		"$(bash_offers cpugate diff accel = tcg '')"
	mkdir bin
	touch bin/qemu-system-sparrow
	same emulators "$PWD/bin/qemu-system-sparrow" "$(bash_offers cpugate --emulator "$PWD/bin/")"
	same 'a value is no verb' "$(options_of models)" \
		"$(bash_offers cpugate --emulator host models --)"
}

@test "bash: nothing is started" {
	run bash_offers cpugate --machine ''
	status_is 0
	[[ -z $output ]] || refute_run "machine types are offered"
	requires strace
	run strace -f -qq -e trace=execve -o trace \
		"$BASH" --norc -c "source '$top_srcdir/completions/cpugate.bash'
			COMP_WORDS=(cpugate --emulator '') COMP_CWORD=2
			_cpugate"
	status_is 0
	run grep -E 'execve\("[^"]*(cpugate|qemu)' trace
	status_is 1
}

@test "fish: the same" {
	local verb

	requires fish
	fish --no-execute "$top_srcdir/completions/cpugate.fish"
	same verbs "$(verbs | cut -d ' ' -f 1 | uniq)" "$(fish_offers 'cpugate ')"
	same 'cache verbs' "$(verbs | sed -n 's/^cache //p')" "$(fish_offers 'cpugate cache ')"
	same accel $'kvm\ntcg' "$(fish_offers 'cpugate --accel ')"
	while IFS= read -r verb; do
		same "$verb" "$(options_of "$verb")" "$(fish_offers "cpugate $verb --")"
	done < <(verbs)
}

@test "zsh: it can be read" {
	requires zsh
	zsh -n "$top_srcdir/completions/_cpugate"
}

@test "fish, zsh: every verb and option is there" {
	local file what

	for file in cpugate.fish _cpugate; do
		while IFS= read -r what; do
			grep -qE -- "(-l |-a |--|')${what/#--/}([ =:[]|\$)" \
				"$top_srcdir/completions/$file" || refute_run "$file lacks $what"
		done < <(verbs | sed 's/^cache //; s/^check //; s/^contract //; s/^hook //'; options)
	done
}

@test "the manual's synopsis has each verb with the options that it takes" {
	local verb line

	while IFS= read -r verb; do
		line=$(grep -F "*cpugate* *$verb*" "$top_srcdir/man/cpugate.1.scd") ||
			refute_run "no synopsis of $verb"
		same "$verb" "$(options_of "$verb" | grep -vE -- '--(connect|help|version)')" \
			"$(grep -oE -- '--[a-z-]+' <<<"$line" | sort -u)"
	done < <(verbs)
}
