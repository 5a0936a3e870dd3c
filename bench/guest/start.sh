# SPDX-License-Identifier: Apache-2.0
# Process 1 after init.sh, in the host's file system. The command's output goes to the second serial
# line, its complaints to the first.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
hostname guest
ip link set lo up
mount -t cgroup2 cgroup2 /sys/fs/cgroup
stty -F /dev/ttyS1 raw -echo
/bin/sh /run/command </dev/null >/dev/ttyS1 2>/dev/console
echo "guest: status $?" >/dev/ttyS1
sync
# Lets the serial line become empty.
sleep 1
echo o >/proc/sysrq-trigger
sleep 60
