#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A folder is a layer: what it includes is in itself or on a lower floor. The command line sees of
# the rest what every program sees, lib/cpugate.h, though it is linked with the same objects:
# loading them as a library would take a twentieth of its time. And some libraries have one
# door each. The rules are tried on a bad sample first, for a check that can't
# fail proves nothing.
set -u

: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"

floors='base 0 cpumodels 1 emulator 2 host 2 machine 2 formats 2 cache 2 probe 3 gate 4
lib 5 cli 6 daemon 6'

# Every C file of the floors in the current folder.
floor_files()
{
	# shellcheck disable=SC2046,SC2086 # a list of words
	find $(set -- $floors; while [ $# -gt 0 ]; do [ ! -d "$1" ] || echo "$1"; shift 2; done) \
		-name '*.[ch]' | sort
}

# Each of these takes file names and prints FILE:LINE: WHAT for every offender.
includes_that_go_up()
{
	awk -v floors="$floors" '
	BEGIN {
		n = split(floors, word, /[ \n]+/)
		for (i = 1; i < n; i += 2)
			floor[word[i]] = word[i + 1]
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		mine = FILENAME
		sub("/.*", "", mine)
		dir = quoted[2]
		if (!sub("/.*", "", dir))
			why = "is not rooted at the top"
		else if (dir == mine)
			next
		else if (!(dir in floor))
			why = "is on no floor"
		else if (floor[dir] == floor[mine])
			why = "is a sibling on the same floor"
		else if (floor[dir] + 0 > floor[mine] + 0)
			why = "is on a higher floor"
		else
			next
		print FILENAME ":" FNR ": \"" quoted[2] "\" " why
	}' "$@" /dev/null
}

sqlite_outside_database()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include.*sqlite3(ext)?\.h' "$@" /dev/null |
		grep -v '^cache/database\.c:'
}

jansson_text_outside_json()
{
	grep -nE '\<json_(load|dump)[a-z_]*[[:space:]]*\(' "$@" /dev/null |
		grep -v '^base/json\.c:'
}

beside_the_public_header()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@" /dev/null | grep '^cli/' |
		grep -vE '"(cli/[^"]*|base/[^"]*|lib/cpugate\.h)"'
}

libxml_outside_xml()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include.*libxml/' "$@" /dev/null |
		grep -v '^formats/xml\.c:'
}

libudev_outside_uevents()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include.*libudev' "$@" /dev/null |
		grep -v '^host/uevents\.c:'
}

cmocka_outside_unit()
{
	grep -nE '^[[:space:]]*#[[:space:]]*include.*cmocka' "$@" /dev/null |
		grep -v '^tests/unit/unit\.h:'
}

number=0

# report NAME OFFENDERS: ok when there are none.
report()
{
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
		return
	fi
	echo "not ok $number - $1"
	echo "$2" | sed 's/^/# /'
}

# finds NAME EXPECTED FOUND: the sample's offenders, no more and no fewer.
finds()
{
	if [ "$2" = "$3" ]; then
		report "$1" ''
	else
		report "$1" "expected:
$2
found:
$3"
	fi
}

sample=$(mktemp -d) || exit 1
trap 'rm -rf "$sample"' EXIT
cd "$sample" || exit 1
mkdir -p base cpumodels emulator host formats cache lib cli daemon tests/unit
echo '#include "cpumodels/a.h"' >base/up.c
printf '%s\n' '#include <stdio.h>' '#include "base/a.h"' '#include "emulator/b.h"' \
	'  #  include "host/sibling.h"' '#include "lib/up.h"' '#include "plain.h"' \
	'#include "tests/unit/unit.h"' >emulator/a.c
echo '#include "cli/a.h"' >daemon/sibling.c
printf '%s\n' '#include "lib/a.h"' '#include "base/a.h"' '#include "lib/cpugate.h"' \
	'#include "cli/b.h"' '#include "formats/b.h"' >cli/short-cut.c
echo '#include <sqlite3.h>' | tee cache/database.c >cache/other.c
echo '#include <libxml/tree.h>' | tee formats/xml.c >lib/tree.c
echo 'x = json_loads(text, 0, NULL); y = json_load_file(p);' | tee base/json.c >lib/loads.c
echo 'char *t = json_dumps(json, 0);' >lib/dumps.c
echo '#include <libudev.h>' | tee host/uevents.c >host/watch.h
echo '#include <cmocka.h>' | tee tests/unit/unit.h >tests/unit/test-bad.c

echo 1..14
# shellcheck disable=SC2046 # names without spaces
{
	finds 'self-check: an include that goes up or aside is found' \
'base/up.c:1: "cpumodels/a.h" is on a higher floor
daemon/sibling.c:1: "cli/a.h" is a sibling on the same floor
emulator/a.c:4: "host/sibling.h" is a sibling on the same floor
emulator/a.c:5: "lib/up.h" is on a higher floor
emulator/a.c:6: "plain.h" is not rooted at the top
emulator/a.c:7: "tests/unit/unit.h" is on no floor' \
		"$(includes_that_go_up $(floor_files))"
	finds 'self-check: a way around the public header is found' \
'cli/short-cut.c:1:#include "lib/a.h"
cli/short-cut.c:5:#include "formats/b.h"' \
		"$(beside_the_public_header $(floor_files))"
	finds 'self-check: a second door to SQLite is found' \
		'cache/other.c:1:#include <sqlite3.h>' \
		"$(sqlite_outside_database $(floor_files))"
	finds 'self-check: a second door to JSON text is found' \
'lib/dumps.c:1:char *t = json_dumps(json, 0);
lib/loads.c:1:x = json_loads(text, 0, NULL); y = json_load_file(p);' \
		"$(jansson_text_outside_json $(floor_files))"
	finds 'self-check: a second door to libxml2 is found' \
		'lib/tree.c:1:#include <libxml/tree.h>' \
		"$(libxml_outside_xml $(floor_files))"
	finds 'self-check: a second door to libudev is found' \
		'host/watch.h:1:#include <libudev.h>' \
		"$(libudev_outside_uevents $(floor_files))"
	finds 'self-check: a second door to cmocka is found' \
		'tests/unit/test-bad.c:1:#include <cmocka.h>' \
		"$(cmocka_outside_unit $(floor_files) $(find tests -name '*.[ch]'))"

	cd "$top_srcdir" || exit 1
	report 'includes point to the same folder or a lower floor' \
		"$(includes_that_go_up $(floor_files))"
	report 'cli/ includes base/ and lib/cpugate.h, nothing else' \
		"$(beside_the_public_header $(floor_files))"
	report 'only cache/database.c includes sqlite3.h' \
		"$(sqlite_outside_database $(floor_files))"
	report 'only base/json.c calls json_load* and json_dump*' \
		"$(jansson_text_outside_json $(floor_files))"
	report 'only formats/xml.c includes libxml2' \
		"$(libxml_outside_xml $(floor_files))"
	report 'only host/uevents.c includes libudev' \
		"$(libudev_outside_uevents $(floor_files))"
	report 'only tests/unit/unit.h includes cmocka' \
		"$(cmocka_outside_unit $(floor_files) $(find tests -name '*.[ch]'))"
}
