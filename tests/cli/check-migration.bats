#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # what is for jq; variables of helpers
# May a guest go to another host? What each kind of difference comes to, on guests that run
# and on contracts; that a yes takes a guest that can be believed; and that nothing is
# touched.
bats_require_minimum_version 1.5.0

load helpers
load ../truth/truth
load ../truth/contract

machine=pc-q35-7.2
# What of Haswell QEMU can't do without KVM, and then what makes it whole.
plain=Haswell,-hle,-invpcid,-pcid,-rtm,-tsc-deadline,-x2apic

setup_file()
{
	command -v jq qemu-system-x86_64 >/dev/null || return 0
	mkdir -p "$BATS_FILE_TMPDIR/cache"
	QEMU_10=$(unpack_qemu_10) || QEMU_10="missing: $QEMU_10"
	export QEMU_10
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	PATH=$top_builddir:$PATH
	! qemu-system-x86_64 -machine help | grep -q "^$machine " ||
		cpugate record --accel tcg --machine "$machine" --output "$BATS_FILE_TMPDIR/old.json"
}

setup()
{
	setup_test
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	unset CPUGATE_CACHE CPUGATE_REPLY_TIMEOUT
	requires jq qemu-system-x86_64 socat
	emulator=$(command -v qemu-system-x86_64)
	[[ -e $BATS_FILE_TMPDIR/old.json ]] || skip "this QEMU has no $machine"
	ln -s "$BATS_FILE_TMPDIR/old.json" old.json
}

teardown()
{
	[[ ! -e pids ]] || xargs -r kill <pids 2>/dev/null || true
}

# guest SOCKET CPU [ARGUMENT...]: one that waits, at a monitor.
guest()
{
	"$emulator" -nodefaults -no-user-config -display none -S -m 16 \
		-machine "${MACHINE-$machine},accel=tcg" -cpu "$2" "${@:3}" \
		-qmp "unix:$1,server=on,wait=off" >/dev/null 2>&1 3>&- &
	echo $! >>pids
	wait_for_socket "$1"
}

# between SOCKET GUEST SED-SCRIPT: who speaks to SOCKET speaks to the guest, whose words are
# changed on their way.
between()
{
	echo "socat - UNIX:$2 | sed -u '$3'" >"$1.sh"
	socat "UNIX-LISTEN:$1,fork" "EXEC:bash $1.sh" >/dev/null 2>&1 3>&- &
	echo $! >>pids
	wait_for_socket "$1"
}

# check STATUS ARGUMENT...
check()
{
	run --separate-stderr cpugate --json check migration "${@:2}"
	[[ $status -eq $1 ]] || refute_run "expected status $1: ${*:2}" "$stderr"
}

# says CODE FEATURE...: that reason, for each of these ("-" for none), is among those given.
says()
{
	local feature

	for feature in "${@:2}"; do
		json_has 'any(.reasons[]?; .code == $c and (.feature // "-") == $f and .words)' \
			--arg c "$1" --arg f "$feature" || return
	done
}

# never_yes ARGUMENT...: and in time.
never_yes()
{
	SECONDS=0
	run --separate-stderr timeout 60 cpugate --json check migration "$@"
	[[ $status == [123] ]] || refute_run "a yes, or no end: $*" "$stderr" || return
	[[ $status -ne 2 || $stderr == 'cpugate: '* && $stderr != *$'\n'* ]] ||
		refute_run "$*" "$stderr" || return
	[[ $SECONDS -le 30 ]] || refute_run "it took $SECONDS s"
}

@test "a guest may go where it is, and what it would be started with is told" {
	guest sock Haswell -smp 2
	check 0 --guest qmp:sock --to old.json
	json_has '.verdict == "yes" and .guest == "qmp:sock" and .accel == "tcg" and
		.machine == "pc-q35-7.2" and .topology == {cpus: 2, maxcpus: 2, cores: 2}'
	json_has '.cpu | contains("avx2=on") and contains("x2apic=off") and contains("enforce=on")'
	check 0 --guest qmp:sock --to host
	json_has '.to == "host"'
	# QEMU takes what was told, and it is the same CPU.
	cpu=$(jq -r .cpu <<<"$output")
	guest other "$cpu" -smp 2
	run cpugate --json compare qmp:sock qmp:other
	json_has '.result == "identical"'
	run cpugate check migration --guest qmp:sock --to old.json
	[[ $output == 'yes: qmp:sock to '* ]]
}

@test "what the other CPU hasn't, or has beyond, is a no" {
	guest sock "$plain"
	check 0 --guest qmp:sock --to old.json --cpu "$plain"
	check 0 --guest qmp:sock --to old.json --cpu Haswell # all the rest can't be had
	check 1 --guest qmp:sock --to old.json --cpu "$plain,popcnt=off"
	says missing.definition popcnt
	check 1 --guest qmp:sock --to old.json --cpu Conroe
	says missing.definition avx2 popcnt
	says width.level level
	check 1 --guest qmp:sock --to old.json --cpu "$plain,sse4a=on"
	says extra.vmm sse4a
	check 1 --guest qmp:sock --to old.json --cpu EPYC
	says identity.vendor vendor
	says identity.model family model stepping
	check 1 --guest qmp:sock --to old.json --cpu "$plain,model=61"
	says identity.model model
	check 1 --guest qmp:sock --to old.json --cpu "$plain,level=5"
	says width.level level
	check 1 --guest qmp:sock --to old.json --cpu "$plain,phys-bits=36"
	says width.phys-bits phys-bits
	check 1 --guest qmp:sock --to old.json --cpu Haswell,enforce=on
	says start.failed -
	check 1 --guest qmp:sock --to old.json --cpu Nosuch
	says name.unknown Nosuch
	check 1 --guest qmp:sock --to host --cpu Nosuch
	check 1 --guest qmp:sock --to host --cpu "$plain,-popcnt"
	says missing.definition popcnt
	check 2 --guest qmp:sock --to old.json --cpu ',,'
}

@test "machine type, accelerator and vCPUs are the guest's own" {
	guest sock qemu64 -smp 2,maxcpus=4
	check 1 --guest qmp:sock --to host --machine pc
	says machine.differs -
	check 1 --guest qmp:sock --to host --machine pc-q35-99.0
	says machine.absent pc-q35-7.2 || says machine.absent pc-q35-99.0
	check 0 --guest qmp:sock --to host --machine q35
	check 0 --guest qmp:sock --to host --smp 2,maxcpus=4
	check 0 --guest qmp:sock --to host --smp cpus=2,maxcpus=4,cores=4
	for smp in 1 4 2 2,maxcpus=8 2,maxcpus=4,sockets=4 2,maxcpus=4,threads=4 \
		2,maxcpus=4,cores=2,threads=2; do
		check 1 --guest qmp:sock --to host --smp "$smp"
		says topology.cpus -
	done
	check 2 --guest qmp:sock --to host --smp two
	check 2 --guest qmp:sock --to old.json --accel kvm
	sed 's/"accel":"tcg"/"accel":"kvm"/' old.json | jq -c 'del(.digest)' >kvm.json
	check 2 --guest qmp:sock --to kvm.json # a record that was touched is none
}

@test "vCPUs that aren't alike, and what keeps a guest where it is" {
	guest sock "$plain" -smp 1,maxcpus=2 \
		-device Haswell-x86_64-cpu,avx2=off,socket-id=0,core-id=1,thread-id=0
	check 3 --guest qmp:sock --to old.json
	says guest.unread -
	guest away "$plain" -device ivshmem-plain,memdev=m -object memory-backend-ram,id=m,size=1M
	run cpugate check migration --guest qmp:away --to old.json
	if [[ $status -ne 2 ]]; then # not every build has that device
		guest sent "$plain"
		{
			printf '{"execute":"%s"}\n' qmp_capabilities
			echo '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1}}'
			echo '{"execute":"migrate","arguments":{"uri":"exec:sleep 60"}}'
			sleep 0.5
		} | socat - UNIX:sent >/dev/null
		check 1 --guest qmp:sent --to old.json
		says migration.blocked -
	fi
}

@test "between two QEMUs: names, vCPUs of several threads, and the way back" {
	use_qemu_10
	new=$emulator
	cpugate record --emulator "$new" --accel tcg --machine "$machine" --output new.json
	guest new Haswell -smp 2
	unset QEMU_MODULE_DIR
	emulator=$(command -v qemu-system-x86_64)
	guest old Haswell -smp 2
	check 0 --guest qmp:old --to new.json
	says advisory.ht -
	json_has '.cpu | contains("x2apic=off")'
	check 1 --guest qmp:old --to new.json --cpu Haswell
	says extra.vmm x2apic
	check 1 --guest qmp:new --to old.json
	says missing.vmm x2apic
	says advisory.emulator -
	contract "$machine" Haswell >contract.json
	check 0 --guest contract.json --to new.json
	# What the old one has no name for isn't asked of it, if it is off.
	contract "$machine" Haswell 1 '.cpu |= sub(",enforce"; ",lam=off,enforce")' >contract.json
	check 0 --guest contract.json --to old.json
	json_has '.cpu | contains("lam") | not'
	check 1 --guest contract.json --to old.json --cpu Haswell,lam=on
	says name.unknown lam
}

@test "a contract is a guest, too" {
	contract "$machine" "$plain" 4 >contract.json
	check 0 --guest contract.json --to old.json
	json_has '."self-check" == "ok"'
	check 0 --guest contract.json --to host
	check 1 --guest contract.json --to old.json --cpu "$plain,-avx2"
	says missing.definition avx2
	contract "$machine" "$plain" 100000 >contract.json
	check 1 --guest contract.json --to old.json
	says topology.maxcpus -
	contract "$machine" "$plain" 1 '.target = "i386" | .made.emulator.target = "i386"' >contract.json
	check 1 --guest contract.json --to old.json
	says target.differs -
	contract "$machine" "$plain" 1 '.accel = "kvm"' >contract.json
	check 1 --guest contract.json --to old.json
	says accel.differs -
	check 2 --guest nobody --to old.json
	[[ $stderr == *'no contract of nobody'* ]]
	check 2 --guest contract.json
	check 2 --to host
	check 2 --guest contract.json --to ./nowhere.json
}

@test "a source that would refuse its own guest decides nothing" {
	contract "$machine" "$plain" 1 '.features += ["zz-new"] | .features |= sort |
		.cpu |= sub(",enforce"; ",zz-new=on,enforce")' >contract.json
	check 3 --guest contract.json --to old.json
	says missing.emulator zz-new || says name.unknown zz-new
	says record.self-inconsistent -
	json_has '."self-check" == "failed"'
	# Of another host's it is a no, unless its own is named.
	contract "$machine" "$plain" 1 '.features += ["zz-new"] | .features |= sort |
		.cpu |= sub(",enforce"; ",zz-new=on,enforce") |
		.made.emulator.sha256 |= sub("^."; "x")' >contract.json
	check 2 --guest contract.json --to old.json # no digest has an x
	contract "$machine" "$plain" 1 '.features += ["zz-new"] | .features |= sort |
		.cpu |= sub(",enforce"; ",zz-new=on,enforce") |
		.made.emulator.sha256 = ("0" * 64)' >contract.json
	check 1 --guest contract.json --to old.json
	check 3 --guest contract.json --to old.json --from old.json
	says record.self-inconsistent -
	guest sock "$plain"
	check 0 --guest qmp:sock --to old.json --from host
	json_has '."self-check" == "ok"'
}

@test "an untrusted contract is refused, or isn't believed" {
	contract "$machine" "$plain" >good.json
	check 0 --guest good.json --to old.json
	jq '.cpu |= sub("avx2=on"; "avx2=off")' good.json >bad.json
	never_yes --guest bad.json --to old.json
	[[ $stderr == *digest* ]]
	while IFS= read -r filter; do
		jq "$filter" good.json | seal >bad.json
		never_yes --guest bad.json --to old.json
		never_yes --guest bad.json --to host
	done <<-'END'
		.features -= ["avx2"]
		.features = []
		.features = ["fpu"]
		.cpu |= sub("avx2=on"; "avx2=off")
		.cpu |= sub("vendor=GenuineIntel"; "vendor=AuthenticAMD")
		.scalars.family = 15
		.scalars.level = 1
		.scalars |= del(.vendor)
		.scalars = {}
		.scalars."phys-bits" = 99999999999
		.topology = {cpus: 5, maxcpus: 1}
		.topology = {cpus: -1, maxcpus: 1}
		.topology.cores = 4294967297
		.machine = "pc-q35-7.2 -S"
		.machine = "none"
		.accel = "hvf"
		.target = "s390x" | .made.emulator.target = "s390x"
		.contract = 2
		.features = [range(2000) | "f\(. + 10000)"]
		.cpu = ("Haswell" + ",avx=on" * 5000)
		.cpu = "Haswell" | .features = ["fpu"]
		.features += ["a\u001b[2J"] | .features |= sort
	END
	jq "[.]" good.json >bad.json
	never_yes --guest bad.json --to old.json
	head -c 3000000 /dev/zero | tr '\0' '[' >bad.json
	never_yes --guest bad.json --to old.json
	head -c 100 good.json >bad.json
	never_yes --guest bad.json --to old.json
	mkfifo pipe
	(timeout 3 sleep 3 >pipe) 3>&- &
	never_yes --guest ./pipe --to old.json
}

@test "a monitor that lies, stalls or never ends gets no yes" {
	guest sock "$plain" -smp 2
	between honest sock ''
	check 0 --guest qmp:honest --to old.json
	export CPUGATE_REPLY_TIMEOUT=500
	local n=0 script
	while IFS= read -r script; do
		n=$((n + 1))
		between "lie$n" sock "$script"
		never_yes --guest "qmp:lie$n" --to old.json
	done <<-'END'
		s/"GenuineIntel"/""/
		s/"GenuineIntel"/"Genuine,Intel=on"/
		s/"return": \[{"cpuid-.*/"return": [], "id": 0}/
		s/"features": [0-9]*/"features": 0/g
		s/"features": [0-9]*/"features": "all"/g
		s/"qom-path": "[^"]*"/"qom-path": 7/g
		s/"return": \[.*qom-path.*\]/"return": []/
		s/"maxcpus": 2/"maxcpus": 0/
		s/"maxcpus": 2/"maxcpus": -2/
		s/"maxcpus": 2/"maxcpus": 1/
		s/"maxcpus": 2/"maxcpus": 99999999999999999999/
		s/"maxcpus": 2/"maxcpus": "2"/
		s/"cores": 2/"cores": 3/
		s/"return": {}, "id": [0-9]*/"return": {"blocked-reasons": 5}/
		s/pc-q35-7.2-machine/none-machine/
		s/pc-q35-7.2-machine/\x1b[2J/
		s/"arch": "x86_64"/"arch": "s390x"/
		s/"enabled": false/"enabled": "no"/
		s/"return": 40/"return": 0/
		s/"return": 13/"return": 4294967295/
		s/"avx2": true/"avx2": true, "avx2": false/
		s/}\r*$/}}/
		s/^{"return"/{"return": 1, "return"/
		s/"maxcpus".*/"maxcpus"/
		/"return"/s/.*/{/
		/"return"/d
		/cpuid-register/d
	END
	echo "# $n lies" >&3
	cat >endless.sh <<-'END'
		echo '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}'
		read -r; echo '{"return": {}, "id": 1}'
		read -r; printf '{"return": "'
		tr '\0' a </dev/zero
	END
	socat UNIX-LISTEN:endless,fork EXEC:'bash endless.sh' >/dev/null 2>&1 3>&- &
	echo $! >>pids
	wait_for_socket endless
	never_yes --guest qmp:endless --to old.json
	[[ $status -eq 2 ]]
	# The guest is as it was.
	check 0 --guest qmp:sock --to old.json
}

@test "the XSAVE area of a contract's guest counts as that of one that runs" {
	local guest

	contract "$machine" Skylake-Server >contract.json
	guest sock "$(jq -r .cpu contract.json)"
	for guest in contract.json qmp:sock; do
		check 0 --guest "$guest" --to old.json
		# Of AVX-512, which can't be had, QEMU may make parts of it.
		check 3 --guest "$guest" --to old.json --cpu Skylake-Server
		says launch.unread xsave
	done
	# Without "enforce" it may have asked for more.
	contract "$machine" Skylake-Server 1 '.cpu |= sub(",enforce=on"; "")' >contract.json
	check 0 --guest contract.json --to old.json
	check 3 --guest contract.json --to old.json --cpu Skylake-Server
	says guest.unread xsave
}

@test "a saved guest goes on where its contract says that it can" {
	guest sock "$plain"
	{
		printf '{"execute":"%s"}\n' qmp_capabilities
		echo '{"execute":"migrate","arguments":{"uri":"exec:cat >saved"}}'
		sleep 1
	} | socat - UNIX:sock >/dev/null
	contract "$machine" "$plain" >contract.json
	restore()
	{
		run --separate-stderr cpugate --json check restore "${@:2}"
		[[ $status -eq $1 ]] || refute_run "expected status $1: ${*:2}" "$stderr"
	}
	restore 0 --contract contract.json saved
	json_has '.guest == "saved" and .to == "host"'
	restore 0 --contract contract.json
	restore 0 --contract contract.json saved --to old.json
	restore 1 --contract contract.json saved --to old.json --cpu "$plain,-popcnt"
	says missing.definition popcnt
	contract pc-q35-7.1 "$plain" >other.json
	restore 3 --contract other.json saved
	says guest.inconsistent -
	restore 2 --contract contract.json contract.json
	restore 2 --contract contract.json /dev/zero
	restore 2 --contract contract.json nothing
	restore 2 saved
	for size in 0 3 8 12 16 20; do
		head -c $size saved >cut
		restore $((size < 8 ? 2 : size < 13 ? 3 : 2)) --contract contract.json cut
	done
	# libvirt has the same behind a header and a domain: 92 bytes and here 8.
	{
		printf 'LibvirtQemudSave\2\0\0\0\10\0\0\0'
		head -c 68 /dev/zero
		printf '<domain>'
		cat saved
	} >image
	restore 0 --contract contract.json image
	printf '\1' | dd of=image bs=1 seek=28 conv=notrunc status=none
	restore 3 --contract contract.json image
	says guest.unread -
}

@test "it starts nothing once it is known, and touches nobody's guest" {
	contract "$machine" "$plain" >contract.json
	check 0 --guest contract.json --to host
	PATH=$top_builddir:/usr/bin:/bin run strace -f -qq -e trace=execve -o calls \
		cpugate check migration --guest contract.json --to host
	[[ $(grep -c execve calls) -eq 1 ]] || skip "strace can't trace here"
}
