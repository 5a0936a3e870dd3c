# SPDX-License-Identifier: Apache-2.0
# Process 1 after init.sh, in the host's file system. The command's output goes to the second serial
# line, its complaints to the first; then the guest is switched off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
hostname guest
ip link set lo up
# As systemd does on a machine of its own.
mount -t debugfs debugfs /sys/kernel/debug
while read -r module; do
  modprobe --quiet "$module"
done </run/guest/wanted

cat >/run/guest/run <<'END'
stty -F /dev/ttyS1 raw -echo
/bin/sh /run/guest/command </dev/null >/dev/ttyS1 2>/dev/console
echo "guest: status $?" >/dev/ttyS1
sync
# Lets the serial line become empty.
sleep 1
echo o >/proc/sysrq-trigger
# Until it is off: by now no program can be read any more.
while :; do :; done
END

read -r first </run/guest/first
if [ "$first" = systemd ]; then
  # Nothing of what the host has enabled is started.
  mkdir -p /run/systemd/system
  cat >/run/systemd/system/guest.target <<'END'
[Unit]
DefaultDependencies=no
Requires=guest.service systemd-journald.socket
END
  cat >/run/systemd/system/guest.service <<'END'
[Unit]
DefaultDependencies=no
After=systemd-journald.socket
[Service]
ExecStart=/bin/sh /run/guest/run
END
  exec env -i /lib/systemd/systemd --system --unit=guest.target --show-status=no
fi
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec /bin/sh /run/guest/run
