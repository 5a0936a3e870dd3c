#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the guest: the host's own file system, read-only, with a layer in memory above it;
# in there /start runs. What the layer hides of the host, such as its /tmp, is below /run/host.
fail() {
  echo "guest: $*"
  echo o >/proc/sysrq-trigger
  sleep 60
}

/bin/busybox mkdir -p /bin /proc /sys /dev /host /layer /root
/bin/busybox --install -s /bin
PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do
  insmod "/modules/$module" || fail "inserting $module failed"
done </modules/order

share=trans=virtio,version=9p2000.L,msize=262144,cache=loose
mount -t 9p -o "ro,$share" host /host || fail 'mounting the file system of the host failed'
mount -t tmpfs layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root ||
  fail 'mounting the layer failed'
mount --move /dev /root/dev
# What udev would do.
ln -s /proc/self/fd /root/dev/fd
for name in stdin:0 stdout:1 stderr:2; do
  ln -s "/proc/self/fd/${name#*:}" "/root/dev/${name%:*}"
done
# Below it lies that of the host.
mount -t tmpfs -o mode=555 proc /root/proc
mount --move /proc /root/proc
mount --move /sys /root/sys
mkdir -p /root/dev/shm /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t devpts devpts /root/dev/pts
mount -t securityfs securityfs /root/sys/kernel/security
mount -t tmpfs -o mode=755 run /root/run
mount -t tmpfs tmp /root/tmp
chmod 1777 /root/tmp
mkdir /root/run/guest /root/run/host
cp /command /start /first /wanted /root/run/guest/
mount --move /host /root/run/host
release=$(uname -r)
mkdir -p "/root/lib/modules/$release"
read -r kernel </kernel
mount --bind "/root/run/host$kernel/lib/modules/$release" "/root/lib/modules/$release"
exec switch_root /root /bin/sh /run/guest/start
