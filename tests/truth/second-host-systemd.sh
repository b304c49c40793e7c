#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What second-host-systemd.bats does on another host: let a real systemd have cpugated's units,
# in a namespace of processes where it is the first, and second-host-unit.sh as one more unit.
set -u -o pipefail
folder=$PWD
units=/run/systemd/system

# Of this machine's own units none is for that host, but for the journal.
mask_others()
{
	local unit

	for unit in /lib/systemd/system/*.target.wants/*; do
		[[ $unit == */systemd-journald* ]] || ln -sf /dev/null "$units/${unit##*/}"
	done
	rm -rf /etc/systemd/system/*.wants
}

mount -t cgroup2 none /sys/fs/cgroup || exit
cp -a /etc /tmp/etc && mount --bind /tmp/etc /etc || exit
for name in lib cache log; do
	mkdir -p "/tmp/var/$name" && mount --bind "/tmp/var/$name" "/var/$name" || exit
done
mkdir -p /run/bin "$units"
cp cpugate cpugated /run/bin/
mask_others
systemd-sysusers "$folder/sysusers.conf" && systemd-tmpfiles --create "$folder/tmpfiles.conf" ||
	exit
chgrp kvm /dev/kvm && chmod 660 /dev/kvm
cp cpugated.socket "$units/"
sed 's|^ExecStart=.*/|ExecStart=/run/bin/|' cpugated.service >"$units/cpugated.service"
mkdir "$units/cpugated.service.d"
# Everything takes long here; but for the watchdog nobody needs to wait.
cat >"$units/cpugated.service.d/test.conf" <<END
[Service]
WatchdogSec=10
Environment=CPUGATE_REPLY_TIMEOUT=100000
END
cat >"$units/test.service" <<END
[Unit]
Wants=cpugated.socket systemd-journald.service
After=cpugated.socket systemd-journald.service

[Service]
Type=oneshot
WorkingDirectory=$folder
ExecStart=/bin/bash ./second-host-unit.sh
ExecStopPost=systemctl --force poweroff
TimeoutStartSec=500
END
printf '[Unit]\nRequires=test.service\nAllowIsolate=yes\n' >"$units/test.target"
container=other unshare --pid --fork --mount-proc \
	/lib/systemd/systemd --system --unit=test.target --log-target=console
