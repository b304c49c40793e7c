#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every manual page is good scdoc, and what comes out of it is a good page.
set -u

: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"

for tool in scdoc mandoc; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP $tool isn't installed"
		exit 0
	fi
done

page=$(mktemp) || exit 1
trap 'rm -f "$page" "$page.said"' EXIT

set -- "$top_srcdir"/man/*.scd
echo "1..$#"
number=0
for source; do
	number=$((number + 1))
	name=$(basename "$source" .scd)
	# Warnings are about scdoc's own habits, so only errors count.
	if { scdoc <"$source" >"$page" && mandoc -Tlint -W error "$page"; } >"$page.said" 2>&1
	then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$page.said"
	fi
done
