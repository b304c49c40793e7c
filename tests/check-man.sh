#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every manual page is good scdoc, what comes out of it is a good page, and it says what the
# program and the source say. What needs a QEMU to know is in tests/cli/examples.bats.
set -u

: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:?}"

for tool in scdoc mandoc; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP $tool isn't installed"
		exit 0
	fi
done

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# section PAGE HEADING: its lines.
section()
{
	awk -v heading="# $2" '/^# / { on = $0 == heading } on' "$top_srcdir/man/$1.scd"
}

number=0
# report NAME: what is in $work/said is what is wrong.
report()
{
	number=$((number + 1))
	if [ -s "$work/said" ]; then
		echo "not ok $number - $1"
		sed 's/^/# /' "$work/said"
	else
		echo "ok $number - $1"
	fi
}

# compare NAME: each line of $work/wanted is an extended regular expression for a line of
# $work/section; a tab and words for people may follow it.
compare()
{
	: >"$work/said"
	lines=0
	while IFS='	' read -r pattern words; do
		lines=$((lines + 1))
		grep -qE -- "$pattern" "$work/section" || echo "${words:-$pattern}" >>"$work/said"
	done <"$work/wanted"
	[ $lines -gt 0 ] || echo 'found nothing to compare with' >"$work/said"
	report "$1"
}

set -- "$top_srcdir"/man/*.scd
echo "1..$(($# + 8))"
for source; do
	# Warnings are about scdoc's own habits, so only errors count.
	if { scdoc <"$source" >"$work/page" && mandoc -Tlint -W error "$work/page"; } \
		>"$work/said" 2>&1; then
		: >"$work/said"
	elif [ ! -s "$work/said" ]; then
		echo 'failed without a word' >"$work/said"
	fi
	report "$(basename "$source" .scd) is a good page"
done

"$top_builddir/cpugate" --help >"$work/help"

section cpugate.1 VERBS >"$work/section"
sed -nE 's/^  ([a-z][a-z-]*( [a-z]+)?)   *([A-Z].*|[a-z].*)$/^\\*\1\\*( _[A-Z]+_([.]{3})?)*$	\1/p' "$work/help" >"$work/wanted"
compare 'every verb is in the manual'

section cpugate.1 OPTIONS >"$work/section"
sed -n 's/^  \(--.*\)/\1/p' "$work/help" | grep -oE -- '--[a-z-]+' |
	sed 's/.*/^\\*&\\*( _[A-Z]+_)?$	&/' >"$work/wanted"
compare 'every option is in the manual'

section cpugate.1 ENVIRONMENT >"$work/section"
(cd "$top_srcdir" && grep -rhoE --include='*.c' 'getenv\("[A-Z_]+"\)' \
	base cpumodels emulator host machine cache probe gate lib cli) |
	sed -E 's/.*"(.*)".*/^\\*\1\\*$	\1/' | sort -u >"$work/wanted"
compare 'every variable of the environment is in the manual'

# The key of each kind of fact, in the words of the page.
section cpugate-cache.5 'KINDS OF FACTS' >"$work/section"
sed -nE 's/^\t\[CG_KIND_[A-Z_]+\] = \{ "([a-z-]+)", CG_SCOPE_([A-Z]+),.*/\1 \2/p' \
	"$top_srcdir/probe/keep.c" | sed 's/ ACCEL$/ ACCELERATOR/' | while read -r kind scope; do
	scope=$(echo "$scope" | tr '[:upper:]' '[:lower:]')
	printf '^\\*%s\\* \\((key: )?%s\\)$\t%s (%s)\n' "$kind" "$scope" "$kind" "$scope"
done >"$work/wanted"
compare 'every kind of fact is in the manual, with its key'

# And the other way round: what the page has exists.
sed -nE 's/^\t\[CG_KIND_[A-Z_]+\] = \{ "([a-z-]+)".*/\1/p; s/^#define PATH_KIND "(.*)"/\1/p' \
	"$top_srcdir/probe/keep.c" "$top_srcdir/probe/facts-emulator.c" >"$work/section"
section cpugate-cache.5 'KINDS OF FACTS' | sed -nE 's/^\*([a-z-]+)\*.*/^\1$	\1/p' >"$work/wanted"
compare 'every kind of fact in the manual exists'

grep -oE '\[CG_E_[A-Z]+\] = "[a-z]+"' "$top_srcdir/base/error.c" | sed 's/.* = //; s/"//g' \
	>"$work/section"
section cpugate-cache.5 FAILURES | sed -nE 's/^\*([a-z]+)\*$/^\1$	\1/p' >"$work/wanted"
compare 'every error code in the manual exists'

# Codes of reasons, both ways.
section cpugate.1 REASONS >"$work/section"
grep -oE '"[a-z.-]+", CG_WEIGHT' "$top_srcdir/cpumodels/reason.c" |
	sed -E 's/"(.*)", .*/^\\*(.*, \\*)?\1\\*(,|$)	\1/' >"$work/wanted"
compare 'every code of a reason is in the manual'

grep -oE '"[a-z.-]+", CG_WEIGHT' "$top_srcdir/cpumodels/reason.c" | sed -E 's/"(.*)", .*/\1/' \
	>"$work/codes"
grep -E '^\*[a-z.-]+\*(, \*[a-z.-]+\*)*$' "$work/section" | grep -oE '[a-z.-]+' |
	sed 's/.*/^&$	&/' >"$work/wanted"
mv "$work/codes" "$work/section"
compare 'every code of a reason in the manual exists'
