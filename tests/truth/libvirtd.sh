#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirtd with folders of its own, in a mount namespace of its own: run by `unshare -m`.
#
#	libvirtd.sh FOLDER HOST-UUID [QEMU MODULES]
#
# FOLDER has what it keeps: etc, lib, cache, log, run (with the socket libvirt-sock) and the
# hook's log. QEMU takes the place of the installed one.
set -eu

folder=$1 uuid=$2
mkdir -p "$folder"/{etc/hooks/qemu.d,lib/qemu,cache,log/qemu,run}
cat >"$folder/etc/qemu.conf" <<-'END'
	user = "root"
	group = "root"
	security_driver = "none"
	stdio_handler = "file"
	cgroup_controllers = [ ]
	namespaces = [ ]
	remember_owner = 0
END
cat >"$folder/etc/libvirtd.conf" <<-END
	auth_unix_rw = "none"
	host_uuid = "$uuid"
END
cat >"$folder/etc/hooks/qemu.d/50-cpugate" <<-END
	#!/bin/sh
	echo "\$@" >>"$folder/hook.log"
	CPUGATE_CONFIG="$folder/cpugate.conf" CPUGATE_CACHE="$folder/cache.db" \
		exec "$top_builddir/cpugate" hook libvirt -- "\$@"
END
chmod +x "$folder/etc/hooks/qemu.d/50-cpugate"
for place in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt \
	log:/var/log/libvirt run:/run/libvirt; do
	mount --bind "$folder/${place%%:*}" "${place#*:}"
done
if [[ $# -gt 2 ]]; then
	mount --bind "$3" /usr/bin/qemu-system-x86_64
	mount --bind "$4" /usr/lib/x86_64-linux-gnu/qemu
	mount --bind "${3%/bin/*}/share/qemu" /usr/share/qemu
	[[ ! -d ${3%/bin/*}/share/seabios ]] ||
		mount --bind "${3%/bin/*}/share/seabios" /usr/share/seabios
fi
exec libvirtd --pid-file "$folder/libvirtd.pid"
