#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tarball holds what git holds, and beside that only what is generated. Files that git
# doesn't know yet count too, unless ignored: a forgotten line in a local.mk shows up before
# the commit.
set -u

skip()
{
	echo "1..0 # SKIP $1"
	exit 0
}

: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:?}"

command -v git >/dev/null || skip "git isn't installed"
# An unpacked tarball may lie inside of some other repository: that one doesn't count.
top=$(git -C "$top_srcdir" rev-parse --show-toplevel 2>/dev/null) || skip 'not a git tree'
[ "$top" = "$(cd "$top_srcdir" && pwd -P)" ] || skip 'not a git tree'

work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# The inner make starts afresh: flags of the outer one, and its job server, aren't for it.
if ! (unset MAKEFLAGS MFLAGS MAKELEVEL
	${MAKE:-make} -C "$top_builddir" distdir distdir="$work/dist") >"$work/said" 2>&1; then
	echo 1..1
	echo 'not ok 1 - make distdir'
	sed 's/^/# /' "$work/said"
	exit 0
fi

# Listed by git but just deleted is no file.
git -C "$top_srcdir" ls-files --cached --others --exclude-standard |
	(cd "$top_srcdir" && while read -r file; do [ ! -e "$file" ] || echo "$file"; done) |
	sort -u >"$work/git"
(cd "$work/dist" && find . ! -type d) | sed 's|^\./||' | sort >"$work/tar"

generated='^(Makefile\.in|aclocal\.m4|config\.h\.in|configure|build-aux/.*|m4/.*\.m4'
generated="$generated|man/[^/]*\.[1-8])\$"

number=0
report()
{
	number=$((number + 1))
	if [ -s "$2" ]; then
		echo "not ok $number - $1"
		sed 's/^/# /' "$2"
	else
		echo "ok $number - $1"
	fi
}

echo 1..2
comm -23 "$work/git" "$work/tar" >"$work/missing"
report 'every file is in the tarball' "$work/missing"
comm -13 "$work/git" "$work/tar" | grep -vE "$generated" >"$work/extra"
report 'the tarball has nothing else' "$work/extra"
