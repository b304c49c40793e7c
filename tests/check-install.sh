#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What make install puts where, and that it is good for others: the public header alone, the
# library's symbols, and the program of libcpugate(3) built against what was installed.
set -u

: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:?}"
: "${CC:=cc}" "${CXX:=c++}"

work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
dest=$work/dest

# prefix, libdir and includedir, as configured.
eval "$(grep -E '^[a-z_]+=' "$top_builddir/lib/libcpugate.pc")"
: "${prefix:?}" "${libdir:?}" "${includedir:?}"

# The inner make starts afresh: flags of the outer one, and its job server, aren't for it.
inner_make()
{
	(unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
		${MAKE:-make} -C "$top_builddir" DESTDIR="$dest" "$@") \
		>"$work/make" 2>&1
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

# skip NAME WHY
skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

has()
{
	command -v "$1" >/dev/null 2>&1
}

echo 1..8

inner_make install || cp "$work/make" "$work/said"
[ -s "$work/said" ] || : >"$work/said"
report 'make install with a DESTDIR'

: >"$work/said"
for file in "$includedir/cpugate.h" "$libdir/libcpugate.so" "$libdir/libcpugate.so.0" \
	"$libdir/pkgconfig/libcpugate.pc" "$prefix/bin/cpugate" \
	"$prefix/sbin/cpugated" "$prefix/lib/sysusers.d/cpugate.conf" \
	"$prefix/lib/tmpfiles.d/cpugate.conf" "$prefix/share/man/man1/cpugate.1" "$prefix/share/man/man3/libcpugate.3" \
	"$prefix/share/man/man5/cpugate-cache.5" \
	"$prefix/share/bash-completion/completions/cpugate.bash" \
	"$prefix/share/fish/vendor_completions.d/cpugate.fish" \
	"$prefix/share/zsh/site-functions/_cpugate"; do
	[ -e "$dest$file" ] || echo "missing: $file" >>"$work/said"
done
for file in cpugated.service cpugated.socket cpugate.conf 50-cpugate cpugated.8; do
	find "$dest" -name "$file" | grep -q . || echo "missing: $file" >>"$work/said"
done
find "$dest" -type f -o -type l | grep -vE "^$dest($prefix|/lib/systemd|/etc)/" |
	sed 's/^/elsewhere: /' >>"$work/said"
# Programs of tests and private libraries are nobody's.
(cd "$dest$prefix" && find . \( -type f -o -type l \) ! -path './share/*') |
	grep -vE '/(cpugated?|50-cpugate|cpugate\.h|libcpugate\.(pc|la|so(\.[0-9]+)*)|cpugate[a-z-]*\.(conf|service|socket))$' |
	sed 's/^/not to be there: /' >>"$work/said"
report 'everything is in its place, and nothing else'

# Symbols: the header, the map and the library say the same.
grep -oE '\<cpugate_[a-z_]+\(' "$top_srcdir/lib/cpugate.h" | tr -d '(' | sort -u >"$work/declared"
grep -oE '^	cpugate_[a-z_]+;' "$top_srcdir/lib/cpugate.map" | tr -d '	;' | sort >"$work/mapped"
nm -D --defined-only "$dest$libdir/libcpugate.so" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' |
	sort >"$work/exported"
{
	# cpugate_open() and the like in comments are declared as well.
	diff "$work/declared" "$work/mapped"
	diff "$work/mapped" "$work/exported"
	[ -s "$work/exported" ] || echo 'exports nothing'
} >"$work/said" 2>&1
report 'libcpugate.so exports what cpugate.h declares, and nothing else'

# The header, seen by compilers that know nothing of ours.
echo '#include <cpugate.h>' >"$work/header.c"
cp "$work/header.c" "$work/header.cc"
strict="-Wall -Wextra -pedantic -pedantic-errors -Werror -I$dest$includedir"
# shellcheck disable=SC2086 # words
$CC -std=c99 $strict -fsyntax-only "$work/header.c" >"$work/said" 2>&1
report 'cpugate.h alone is C99'
if has "${CXX%% *}"; then
	# shellcheck disable=SC2086 # words
	$CXX -std=c++98 $strict -fsyntax-only "$work/header.cc" >"$work/said" 2>&1
	report 'cpugate.h alone is C++'
else
	skip 'cpugate.h alone is C++' "$CXX isn't installed"
fi

# The program of the manual, as a reader would build it.
awk '/^# EXAMPLES/ { on = 1 } on && /^```/ { if (inside) exit; inside = 1; next } inside' \
	"$top_srcdir/man/libcpugate.3.scd" >"$work/usable.c"
if ! has pkg-config; then
	skip 'the program of libcpugate(3) can be built' "pkg-config isn't installed"
	skip 'the program of libcpugate(3) answers' "pkg-config isn't installed"
elif [ "${SANITIZERS:-no}" = yes ]; then
	skip 'the program of libcpugate(3) can be built' 'the library needs sanitizers'
	skip 'the program of libcpugate(3) answers' 'the library needs sanitizers'
else
	flags=$(PKG_CONFIG_PATH=$dest$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest \
		pkg-config --cflags --libs libcpugate 2>"$work/said")
	# shellcheck disable=SC2086 # words
	$CC -Wall -Wextra -Werror -o "$work/usable" "$work/usable.c" $flags >>"$work/said" 2>&1
	report 'the program of libcpugate(3) can be built'

	fake=$top_builddir/tests/fake-qemu/fake-qemu
	FAKE_QEMU_DIR=$top_srcdir/tests/fake-qemu/qemu-7.2
	CPUGATE_CACHE=$work/cache.db
	export FAKE_QEMU_DIR CPUGATE_CACHE
	ask()
	{
		LD_LIBRARY_PATH=$dest$libdir "$work/usable" "$@"
	}
	{
		[ "$(ask 486 "$fake" 2>&1)" = yes ] || echo "486: $(ask 486 "$fake" 2>&1)"
		ask Haswell "$fake" >"$work/answer"
		status=$?
		[ $status -eq 1 ] || echo "Haswell: exit status $status"
		grep -qx no "$work/answer" || cat "$work/answer"
		grep -q '"removed":\[' "$work/answer" || cat "$work/answer"
	} >"$work/said" 2>&1
	report 'the program of libcpugate(3) answers'
fi

{
	inner_make uninstall || cat "$work/make"
	find "$dest" -type f -o -type l
} >"$work/said"
report 'make uninstall leaves nothing'
