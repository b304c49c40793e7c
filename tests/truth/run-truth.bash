# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tests
# Command lines as QEMU's manual writes them, each started bare and by `cpugate run`, and what
# its guest is both times. $emulator is the QEMU.

# pick WORDS...: one of them, into $picked.
pick()
{
	local words=("$@")

	picked=${words[RANDOM % $#]}
}

# add WORDS...: the words of one of them behind the command line $line.
add()
{
	local words

	pick "$@"
	read -ra words <<<"$picked"
	line+=("${words[@]}")
}

# write_configurations: files for -readconfig.
write_configurations()
{
	cat >machine.cfg <<-'EOT'
		# as -writeconfig wrote them
		[machine]
		  type = "q35"
		  vmport = "off"

		[smp-opts]
		  cpus = "2"
		  cores = "2"
	EOT
	cat >global.cfg <<-'EOT'
		[global]
		  driver = "x86_64-cpu"
		  property = "popcnt"
		  value = "off"

		[rtc]
		  base = "localtime"
	EOT
	cat >devices.cfg <<-'EOT'
		[device "rng0"]
		  driver = "virtio-rng-pci"

		[name]
		  guest = "from-a-file"
	EOT
}

machine_words=('' '' '' '-M q35' '-M q35' '-machine pc' '-M pc' '--machine q35' '-machine type=q35,usb=off' '-M q35 -M type=pc'
	'-machine pc,vmport=off,hpet=off' '-M pc-q35-6.1 -machine usb=off' '-M pc-i440fx-2.4'
	'-M pc-q35-2.12,smm=off' '-machine pc-i440fx-5.2,max-ram-below-4g=2G' '-M microvm'
	'-M isapc' '-readconfig machine.cfg' '-M pc-q35-7.0,mem-merge=off,dump-guest-core=off'
	'-machine q35,graphics=off,nvdimm=off' '-M pc-i440fx-1.7')
accel_words=('' '-accel tcg' '-accel tcg,thread=multi' '-accel tcg,tb-size=64' '-M accel=tcg'
	'-machine accel=hvf:tcg' '-accel nosuch --accel tcg,thread=single')
kvm_words=('-enable-kvm' '-accel kvm' '-M accel=kvm:tcg' '-accel kvm -accel tcg' '-machine accel=kvm')
cpu_words=('' '' '-cpu qemu64' '-cpu qemu64,+ssse3' '-cpu kvm64' '-cpu kvm64,+x2apic' '-cpu max'
	'-cpu max,-avx2,-vaes' '-cpu host' '-cpu 486' '-cpu pentium3' '-cpu coreduo' '-cpu Conroe'
	'-cpu Penryn,model-id=My_CPU' '-cpu Nehalem' '-cpu Nehalem,-popcnt' '-cpu Nehalem,sse4_2=off,+avx'
	'-cpu qemu64 -cpu Nehalem-v1' '-cpu Westmere,-pcid,-tsc-deadline' '-cpu SandyBridge'
	'-cpu Haswell-noTSX' '-cpu Haswell,-hle,-rtm,-pcid,-invpcid,-x2apic,-tsc-deadline' '-cpu Skylake-Client-v4'
	'-cpu Opteron_G2' '-cpu Opteron_G3,-monitor' '-cpu Opteron_G5,-xop,-fma4,-tbm' '-cpu EPYC'
	'-cpu EPYC,-monitor,vendor=AuthenticAMD' '-cpu phenom,-svm' '-cpu n270,-movbe'
	'-cpu qemu64,family=6,model=26,stepping=3' '-cpu qemu64,level=7' '-cpu qemu64,xlevel=0x80000008,phys-bits=36'
	'-cpu qemu64,vendor=GenuineIntel,-svm' '-cpu Conroe,+vmx' '-cpu qemu64,hypervisor=off' '-cpu max,kvm=off'
	'-cpu base,+sse2,+cx16' '-cpu Denverton' '-cpu athlon,+3dnow' '-cpu qemu64,check=off,+avx512f'
	'-cpu nosuch' '-cpu qemu64,nosuch=on' '--cpu qemu32,pmu=on' '-cpu Nehalem,enforce'
	'-cpu 486,+cx8' '-cpu pentium,+sse' '-cpu pentium2' '-cpu core2duo,-vmx,-ssse3' '-cpu kvm32,-nx'
	'-cpu Nehalem-v1,-vme,-de' '-cpu Opteron_G1-v1' '-cpu qemu64,-sse3,-cx16' '-cpu Conroe,-lahf_lm,-syscall'
	'-cpu Penryn,level=4' '-cpu max,-la57,phys-bits=39' '-cpu qemu64,model-id=a.b:c' '-cpu Snowridge-v2' '-cpu Icelake-Server-v3' '-cpu qemu64,tsc-frequency=2000000000')
smp_words=('' '' '' '-smp 2' '-smp 4' '-smp 2,maxcpus=4' '-smp cpus=4,sockets=2,cores=2,threads=1'
	'-smp sockets=1,cores=2,threads=2' '-smp 1,maxcpus=2' '-smp 4,cores=2 -smp 2' '-M smp.cpus=2'
	'-smp 3,cores=2' '-smp 2,dies=2' '-smp 2,threads=2' '-smp 1')
global_words=('' '' '' '' '-global x86_64-cpu.popcnt=off' '-global qemu64-x86_64-cpu.level=5'
	'-global driver=Nehalem-x86_64-cpu,property=sse4.2,value=off' '-global PIIX4_PM.disable_s3=1'
	'-global ICH9-LPC.disable_s4=1' '-readconfig global.cfg' '-readconfig devices.cfg'
	'-global mc146818rtc.lost_tick_policy=slew')
other_words=('' '-name guest' '-name guest=web,debug-threads=on' '-name guest=a,,-cpu' '-uuid 2e0a7dd6-4b0f-4d1c-9d43-5b9a3c0a3f01'
	'-overcommit mem-lock=off' '-overcommit cpu-pm=off' '-boot order=dc,menu=on' '-boot strict=on'
	'-smbios type=1,manufacturer=-cpu' '-fw_cfg name=opt/a,string=-accel' '-rtc base=utc,clock=host,driftfix=slew'
	'-no-reboot' '-action shutdown=pause' '-watchdog-action none' '-k en-us' '-msg timestamp=on'
	'-mem-prealloc' '-object iothread,id=io1' '-object rng-random,id=rng0,filename=/dev/urandom'
	'-device virtio-rng-pci' '-device virtio-balloon-pci' '-device virtio-serial-pci,id=vs'
	'-device ich9-intel-hda' '-device nec-usb-xhci,id=xhci -device usb-tablet,bus=xhci.0'
	'-device pvpanic' '-device isa-debug-exit' '-device edu' '-vga none' '-vga std' '-nodefaults'
	'-no-user-config' '-serial null' '-serial file:serial.log' '-parallel none'
	'-chardev null,id=c0 -serial chardev:c0' '-monitor unix:hmp,server=on,wait=off' '-monitor none'
	'-chardev socket,id=m,path=second,server=on,wait=off -mon chardev=m,mode=control'
	'-pidfile pid' '-D log -d guest_errors' '-trace enable=nothing*' '-sandbox on' '--no-shutdown'
	'-sandbox on,obsolete=deny')
memory_words=('-m 16' '-m 32M' '-m size=64M,slots=2,maxmem=1G' '-m 64')

# random_line: one into $line, without the emulator and without the monitor that is asked.
random_line()
{
	local i accels=("${accel_words[@]}")

	line=()
	[[ ! -w /dev/kvm || $((RANDOM % 2)) -eq 0 ]] || accels=("${kvm_words[@]}")
	add "${memory_words[@]}"
	add "${machine_words[@]}"
	add "${accels[@]}"
	add "${cpu_words[@]}"
	add "${smp_words[@]}"
	add "${global_words[@]}"
	for i in 1 2 3; do
		add "${other_words[@]}"
	done
	add '' '' '' -S
	line+=(-display none -net none)
}

# listens SOCKET PID: until somebody does, or the process has ended.
listens()
{
	local i

	for ((i = 0; i < 1200; i++)); do
		[[ ! -S $1 ]] || return 0
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# has_spoken CONSOLE PID: the firmware of tests/guest says "end" when it has said all.
has_spoken()
{
	local i

	for ((i = 0; i < 400; i++)); do
		! grep -qx end "$1" 2>/dev/null || return 0
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# guest_of NAME COMMAND...: start it in the folder NAME, and say in the file NAME.guest all that
# it is; $end is how it ended. Status 1 if there was no guest.
guest_of()
{
	local name=$1 pid asked=0
	shift

	state=running
	[[ " $* " != *' -S '* ]] || state=prelaunch

	mkdir -p "$name"
	cp ./*.cfg "$name/"
	(
		cd "$name" || exit
		exec timeout 120 "$@" -qmp unix:asked,server=on,wait=off
	) >"$name.out" 2>"$name.err" 3>&- </dev/null &
	pid=$!
	end=0
	if listens "$name/asked" "$pid"; then
		[[ " $* " != *' -debugcon '* || $state != running ]] ||
			has_spoken "$name/console" "$pid" || echo 'it says nothing' >>"$name.err"
		"$top_builddir/tests/truth/vcpus" "$name/asked" "$state" >"$name.all" 2>"$name.why" ||
			asked=1
	else
		asked=1
	fi
	[[ $asked -eq 0 ]] || kill "$pid" 2>/dev/null || true
	wait "$pid" || end=$?
	[[ $asked -eq 0 ]] || return 1
	LC_ALL=C sort "$name.all" >"$name.guest"
}

# What a guest can't see: of which class its CPU is made, whether QEMU would have complained,
# what it complained about, what was asked for rather than what it got.
unseen='cpu[0-9]+ (type|check|enforce|filtered-features|unavailable-features|min-x?level2?|hotplugged|realized)'

# lost_something NAME: did QEMU take from the guest of that name?
lost_something()
{
	grep -E '^cpu[0-9]+ unavailable-features ' "$1.guest" | grep -qv ' \[\]$'
}

# tell WORDS...: what is wrong with this command line.
tell()
{
	printf '%s\n' "$*" "    ${emulator##*/} ${line[*]}"
	cat bare.why run.why 2>/dev/null
	sed 's/^/    bare: /' bare.err
	sed 's/^/    run: /' run.err
	return 1
}

# speaking: make $line one whose guest says what CPUID says. What KVM shows may depend on the
# CPU that it runs on.
speaking()
{
	line+=(-bios "$firmware" -debugcon file:console)
}

# same_guest: $line bare and by run. Counts it in $same, $refused or $failed, and in $spoke.
same_guest()
{
	local end bare_end state bare=0 run=0

	rm -rf bare run bare.* run.* state
	guest_of bare "$emulator" "${line[@]}" || bare=1
	bare_end=$end
	# A name is one guest's.
	XDG_STATE_HOME=$PWD/state guest_of run "$top_builddir/cpugate" run -- "$emulator" "${line[@]}" || run=1
	if [[ $bare -eq 0 && $run -eq 0 ]]; then
		diff <(grep -vE "^$unseen " bare.guest) <(grep -vE "^$unseen " run.guest) >difference ||
			{ tell 'another guest:'; sed 's/^/    /' difference; return 1; }
		[[ ! -e bare/console ]] || cmp bare/console run/console ||
			tell 'it sees another CPU' || return
		[[ ! -s run/console || $state == running ]] || tell 'it ran, though paused' || return
		[[ ! -s bare/console ]] || spoke=$((spoke + 1))
		[[ $end -eq $bare_end ]] || tell "ends with $end, and bare with $bare_end" || return
		same=$((same + 1))
	elif [[ $run -eq 0 ]]; then
		tell 'run has a guest, and bare there is none' || return
	elif [[ $bare -eq 0 ]]; then
		lost_something bare || tell "refused with $end, and bare it has all of its CPU" || return
		grep -q 'no: nothing was started' run.err || tell 'refused without a verdict' || return
		refused=$((refused + 1))
	else
		[[ $end -ne 0 ]] || tell 'no guest, and yet it ends with 0' || return
		failed=$((failed + 1))
	fi
}
