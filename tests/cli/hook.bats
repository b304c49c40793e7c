#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # what is for jq; variables of helpers
# libvirt's hook: what it makes of domains, when it says nothing, and that a real libvirtd
# refuses a guest with our reason, at its start and before a migration has a destination.
bats_require_minimum_version 1.5.0

load helpers
load ../truth/truth

plain=(hle invpcid pcid rtm tsc-deadline x2apic) # what TCG lacks of Haswell

setup_file()
{
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
	mkdir -p "$BATS_FILE_TMPDIR/cache"
}

setup()
{
	setup_test
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	export CPUGATE_CONFIG=$PWD/cpugate.conf
	unset CPUGATE_CACHE
	echo 'libvirt-hook = on' >cpugate.conf
	requires qemu-system-x86_64 jq
	emulator=$(command -v qemu-system-x86_64)
}

teardown()
{
	[[ ! -e pids ]] || xargs -r kill <pids 2>/dev/null || true
	find . -path '*/run/qemu/*.pid' -exec cat {} \; -exec echo \; 2>/dev/null |
		xargs -r kill 2>/dev/null || true
}

# domain NAME CPU-XML: of q35's newest type, under TCG.
domain()
{
	cat <<-END
		<domain type='${TYPE-qemu}'><name>$1</name><memory unit='MiB'>64</memory>
		<vcpu>${VCPUS-1}</vcpu><os><type arch='x86_64' machine='${MACHINE-pc-q35-7.2}'>hvm</type></os><features><acpi/></features>
		$2<devices><emulator>${EMULATOR-$emulator}</emulator>
		<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>
	END
}

# cpu CHECK MODEL [POLICY:FEATURE...]
cpu()
{
	local feature

	echo "<cpu mode='custom' match='${MATCH-exact}' check='$1'><model fallback='forbid'>$2</model>"
	for feature in "${@:3}"; do
		echo "<feature policy='${feature%%:*}' name='${feature#*:}'/>"
	done
	echo '</cpu>'
}

# hook STATUS NAME OPERATION <XML: and nothing is ever on stdout.
hook()
{
	run --separate-stderr cpugate hook libvirt -- "$2" "$3" "${4-begin}" -
	[[ $status -eq $1 && -z $output && $stderr != *$'\n'* ]] ||
		refute_run "expected status $1: $2 $3" "$stderr"
}

# with STATUS WORDS OPERATION CPU-XML
with()
{
	hook "$1" vm "$3" < <(domain vm "$4")
	[[ $stderr == *"$2"* ]] || refute_run "expected: $2" "$stderr"
}

@test "a guest whose CPU can't be had is refused, one that can starts" {
	with 1 'missing.vmm hle' prepare "$(cpu partial Haswell)"
	[[ $stderr == 'cpugate: refused: vm with Haswell on pc-q35-7.2: '* ]]
	with 1 'missing.vmm' migrate "$(cpu full Haswell)"
	with 1 'missing.vmm' restore "$(cpu full Haswell)"
	with 0 '' prepare "$(cpu partial Nehalem)"
	[[ -z $stderr ]]
	with 0 '' migrate "$(cpu partial Haswell "${plain[@]/#/disable:}")"
	[[ -z $stderr ]]
	with 1 name prepare "$(cpu partial NoSuchModel)" || with 1 start.failed prepare "$(cpu partial NoSuchModel)"
	MACHINE=pc-q35-99.0 with 1 machine.absent prepare "$(cpu partial Nehalem)"
	VCPUS=100000 with 1 topology.maxcpus prepare "$(cpu partial Nehalem)"
}

@test "policies and check= mean what they do to libvirt" {
	with 0 'advisory hle' prepare "$(cpu none Haswell)"
	with 1 'missing.vmm hle' prepare "$(cpu partial Nehalem require:hle)"
	with 0 '' prepare "$(cpu partial Nehalem optional:hle)"
	with 0 '' prepare "$(cpu partial Nehalem disable:hle)"
	with 0 'advisory hle' prepare "$(cpu partial Nehalem force:hle)"
	with 1 'missing.vmm hle' prepare "$(cpu full Nehalem force:hle)"
	with 0 'launch.unread' prepare "$(cpu partial Nehalem forbid:avx)"
	with 0 'advisory' prepare "$(cpu partial Haswell optional:hle optional:rtm \
		optional:pcid optional:invpcid optional:x2apic optional:tsc-deadline)"
	with 0 launch.unread prepare "$(MATCH=strict cpu partial Nehalem)"
	with 0 '' prepare "<cpu mode='maximum'/>"
	with 0 launch.unread migrate "<cpu mode='maximum'/>"
	with 1 start.failed prepare "<cpu mode='host-passthrough'/>" # without KVM
	with 0 launch.unread prepare "<cpu mode='host-model'/>"
	with 0 '' prepare ''
	with 0 '' prepare "<cpu><topology sockets='1' cores='1' threads='1'/></cpu>"
	if [[ -w /dev/kvm ]] && cpugate --json expand host --accel kvm | jq -e .usable; then
		TYPE=kvm with 0 '' prepare "<cpu mode='host-passthrough' migratable='on'/>"
		TYPE=kvm with 0 launch.unread migrate "<cpu mode='host-passthrough'/>"
	fi
}

@test "what can't be decided is let through, unless it was decided otherwise" {
	doubtful()
	{
		hook "$1" vm prepare < <(domain vm "<cpu mode='host-model'/>")
		[[ $stderr == 'cpugate: '*launch.unread* ]]
		hook "$1" vm prepare </dev/null
		hook "$1" vm prepare < <(echo '<domain')
		hook "$1" vm prepare < <(echo '<cpu/>')
		hook "$1" vm prepare < <(domain vm '' | sed 's/<emulator.*emulator>//')
		hook "$1" vm prepare < <(TYPE=hvf domain vm '')
		hook "$1" vm prepare < <(TYPE=xen domain vm '')
		hook "$1" vm prepare < <(EMULATOR=/nowhere/qemu domain vm '')
	}
	doubtful 0
	printf '%s\n' '# a comment' '' ' libvirt-hook=yes # on' 'strict = yes' >cpugate.conf
	doubtful 1
	with 0 '' prepare "$(cpu partial Nehalem)"
	with 1 'missing.vmm' prepare "$(cpu partial Haswell)"
}

@test "off, and for other operations, it says nothing" {
	for operation in start started stopped release reconnect attach; do
		hook 0 vm "$operation" < <(domain vm "$(cpu partial Haswell)")
		[[ -z $stderr ]]
	done
	hook 0 vm prepare end < <(domain vm "$(cpu partial Haswell)")
	hook 0 -vm prepare < <(domain vm "$(cpu partial Nehalem)")
	for text in '' 'libvirt-hook = off' '# libvirt-hook = on' 'strict = on'; do
		echo "$text" >cpugate.conf
		hook 0 vm prepare < <(domain vm "$(cpu partial Haswell)")
		[[ -z $stderr ]]
	done
	# A file that isn't right is told, and guests start.
	while IFS='|' read -r text words; do
		echo "$text" >cpugate.conf
		hook 0 vm prepare < <(domain vm "$(cpu partial Haswell)")
		[[ $stderr == *"cpugate.conf, line 1: $words"* ]] || refute_run "$text" "$stderr"
	done <<-END
		libvirt-hook|NAME = VALUE
		libvirt-hook = maybe|it is on or off
		hook = on|there is no such setting
		$(printf 'a%.0s' {1..600})|it is too long
	END
	CPUGATE_CONFIG=$PWD/nothing hook 0 vm prepare < <(domain vm "$(cpu partial Haswell)")
	[[ $stderr == *'nothing: No such file'* ]]
	run --separate-stderr cpugate hook libvirt </dev/null
	status_is 2
}

@test "untrusted XML is never let through as a yes" {
	echo 'strict = on
		libvirt-hook = on' >cpugate.conf
	hostile()
	{
		run --separate-stderr timeout 20 cpugate hook libvirt -- vm prepare begin -
		[[ ($status -eq 1 || $status -eq 2) && -z $output && $stderr != *$'\n'* ]] ||
			refute_run "$1" "$stderr"
	}
	hostile 'NUL' < <(printf '<domain>\0</domain>')
	hostile 'not UTF-8' < <(printf '<domain>\xff</domain>')
	hostile 'too long' < <(head -c 6000000 /dev/zero | tr '\0' '<')
	hostile 'deep' < <(printf '<a>%.0s' {1..50000})
	hostile 'an entity' < <(printf '<!DOCTYPE a [<!ENTITY b "%s">]>' '&b;' && domain vm '')
	hostile 'a file' < <(echo '<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><domain type="qemu"><name>&b;</name></domain>')
	hostile 'options' < <(domain vm "$(cpu partial 'Nehalem,+avx')")
	hostile 'an option' < <(MACHINE='q35,dump-guest-core=on' domain vm "$(cpu partial Nehalem)")
	hostile 'a terminal' < <(domain vm "$(cpu partial $'Nehalem&#27;[2J')")
	hostile 'many' < <(domain vm "$(cpu partial Nehalem $(printf 'require:f%d ' {1..3000}))")
	hostile 'twice' < <(domain vm "$(cpu partial Nehalem require:avx disable:avx)")
	hostile 'an emulator that is none' < <(EMULATOR=/bin/true domain vm "$(cpu partial Nehalem)")
}

@test "a warm answer starts no QEMU, and is there in time" {
	domain vm "$(cpu partial Nehalem)" >domain.xml
	hook 0 vm prepare <domain.xml
	requires strace
	run strace -f -qq -e trace=execve -o calls cpugate hook libvirt -- vm prepare begin - <domain.xml
	[[ $(grep -c execve calls) -eq 1 ]] || skip "strace can't trace here"
}

@test "what is installed does nothing until it is switched on" {
	run make -s -C "$top_builddir" install DESTDIR="$PWD/root" sysconfdir=/etc
	status_is 0
	script=root/etc/libvirt/hooks/qemu.d/50-cpugate
	[[ -x $script && $(grep -c '^[^#]' root/etc/cpugate.conf) -eq 0 ]]
	grep -q '^cpugate=/.*/cpugate$' "$script"
	sed -i "s|^cpugate=.*|cpugate=$top_builddir/cpugate|" "$script"
	for text in '' 'libvirt-hook = on'; do
		echo "$text" >cpugate.conf
		run "$script" vm prepare begin - < <(CPUGATE_CACHE=$PWD/cache.db domain vm "$(cpu partial Haswell)")
		status_is $((${#text} > 0))
	done
	echo 'strict = yes' >root/etc/cpugate.conf
	run make -s -C "$top_builddir" install DESTDIR="$PWD/root" sysconfdir=/etc
	[[ $(<root/etc/cpugate.conf) == 'strict = yes' ]] || refute_run "the administrator's file is gone"
}

# A real libvirtd.

requires_libvirtd()
{
	requires libvirtd virsh unshare
	[[ -d /var/lib/libvirt && -d /etc/libvirt ]] || skip "libvirt's folders aren't there"
	unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "file systems can't be mounted"
}

# libvirtd FOLDER UUID [QEMU MODULES]: $connection reaches it.
start_libvirtd()
{
	local try

	mkdir -p "$1"
	export top_builddir
	unshare -m bash "$top_srcdir/tests/truth/libvirtd.sh" "$PWD/$1" "${@:2}" \
		>"$1/output" 2>&1 3>&- &
	echo $! >>pids
	for ((try = 0; try < 300; try++)); do
		[[ ! -S $1/run/libvirt-sock ]] || break
		sleep 0.1
	done
	[[ -S $1/run/libvirt-sock ]] || refute_run "no libvirtd" "$(tail "$1/output")"
	echo 'libvirt-hook = on' >"$1/cpugate.conf"
}

at()
{
	timeout 120 virsh -q -c "qemu+unix:///system?socket=$PWD/$1/run/libvirt-sock" "${@:2}" 3>&-
}

# create FOLDER NAME CPU-XML
create()
{
	domain "$2" "$3" >"$2.xml"
	run at "$1" create "$2.xml"
}

@test "a real libvirtd refuses with our reason, and starts what can be had" {
	requires_libvirtd
	start_libvirtd one 3a7b1f0e-0001-4000-8000-000000000001
	create one bad "$(cpu partial Haswell)"
	status_is 1
	output_has 'Hook script execution failed' 'refused: bad with Haswell' 'missing.vmm hle'
	[[ ! -e one/log/qemu/bad.log ]] || ! grep -q 'starting up' one/log/qemu/bad.log
	create one good "$(cpu partial Nehalem)"
	status_is 0
	[[ $(at one domstate good) == running ]]
	at one destroy good
	grep -qx 'good prepare begin -' one/hook.log
	# Of a CPU that the host has to make, libvirt tells what it made.
	create one model "<cpu mode='host-model' check='partial'/>"
	echo "# host-model: $status $(tail -1 <<<"$output")" >&3
	echo '# off' >one/cpugate.conf
	create one unchecked "$(cpu none Haswell)"
	status_is 0
}

@test "a migration is refused before it has a destination" {
	requires_libvirtd
	use_qemu_10
	unset QEMU_MODULE_DIR
	start_libvirtd old 3a7b1f0e-0001-4000-8000-000000000002
	start_libvirtd new 3a7b1f0e-0001-4000-8000-000000000003 "$emulator" \
		"$(cd "$QEMU_10/../lib/x86_64-linux-gnu/qemu" && pwd)"
	emulator=/usr/bin/qemu-system-x86_64
	go()
	{
		run at new migrate --live "$1" "qemu+unix:///system?socket=$PWD/old/run/libvirt-sock" \
			--migrateuri "unix://$PWD/$1.sock"
	}
	create new able "$(cpu partial Haswell "${plain[@]/#/disable:}")"
	status_is 0
	go able
	status_is 0 || skip "guests can't be moved between two libvirtds here: $(tail -1 <<<"$output")"
	[[ $(at old domstate able) == running ]]
	grep -qx 'able migrate begin -' old/hook.log
	grep -qx 'able prepare begin -' old/hook.log
	# The new QEMU has x2apic without KVM, and the old one hasn't.
	lacks=("${plain[@]:0:5}")
	create new unable "$(cpu partial Haswell "${lacks[@]/#/disable:}")"
	status_is 0
	go unable
	status_is 1
	output_has 'refused: unable' 'missing.vmm x2apic'
	[[ ! -e old/log/qemu/unable.log ]] || ! grep -q 'starting up' old/log/qemu/unable.log
	[[ $(at new domstate unable) == running ]]
	# It is the hook that did: without it QEMU is started, and libvirt looks then.
	echo '# off' >old/cpugate.conf
	go unable
	status_is 1
	grep -q 'starting up' old/log/qemu/unable.log
}
