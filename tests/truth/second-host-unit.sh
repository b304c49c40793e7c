#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A unit under systemd: cpugated's, seen from outside. What is found is in files here.
set -u -o pipefail
PATH=/run/bin:$PATH

show()
{
	systemctl show -P "$1" cpugated.service
}

show ActiveState >state-before
cpugate --connect --json models --accel tcg >answer 2>answer-said
echo $? >answer-status
show ActiveState >state-after
cpugate --connect --json host >parts
show MainPID | xargs -I{} cat /proc/{}/status >process
stat -c '%U %a' /var/cache/cpugate/cache.db >cache
for question in 'expand 486 --accel tcg' probe; do
	# shellcheck disable=SC2086 # its words
	setpriv --reuid=65534 --regid=65534 --clear-groups cpugate --connect $question
	echo "status $?"
done >nobody 2>&1

first=$(show MainPID)
kill -STOP "$first"
for ((i = 0; i < 100; i++)); do
	second=$(show MainPID)
	[[ $second == 0 || $second == "$first" ]] || break
	sleep 1
done
show NRestarts >restarts
cpugate --connect --json models --accel tcg | cmp - answer && echo same >revived
systemctl stop cpugated.service
show Result >result
journalctl -u cpugated -o json --no-pager >journal
