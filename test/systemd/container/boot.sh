#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots systemd as pid 1 of namespaces of its own, on an overlay of this machine's file system.
# Usage: boot.sh SCRATCH_DIRECTORY REPOSITORY. Prints "pid N". Ends when that process has ended, ends
# it when standard input is closed (as it is when the caller dies), and removes what it made, the
# scratch directory included.
# Exit status 77: not possible here, with the reason as the last line on stderr.
# Every mount is in a private mount namespace; mount -n keeps libmount out of /run/mount.
set -u
impossible() {
  echo "$1" >&2
  [ "$stage" = root ] || remove_scratch
  exit 77
}

stage_cgroup() {
  mount -n --make-rprivate / || impossible "cannot change the propagation of mounts"
  mount -n -t tmpfs -o mode=755 tmpfs "$scratch" || impossible "cannot mount a tmpfs"
  mkdir "$scratch/cgroup" "$scratch/upper" "$scratch/work" "$scratch/root"
  mount -n -t cgroup2 cgroup2 "$scratch/cgroup" || impossible "cannot mount cgroup2"
  cgroup=$scratch/cgroup/capscope-test-$$
  mkdir "$cgroup" || impossible "cannot make a cgroup"
  # A child joins the cgroup, so that this shell stays outside and can remove it.
  (
    read -r self _ </proc/self/stat
    echo "$self" >"$cgroup/cgroup.procs" || impossible "cannot enter a cgroup"
    exec unshare --pid --fork --kill-child=KILL --mount --cgroup --uts --ipc --net \
      "$0" "$scratch" "$repository" root
  ) </dev/null &
  container=$!
  # The shell gives background commands an empty standard input unless they ask for another.
  (
    cat >/dev/null
    kill -KILL "$container"
  ) <&3 &
  watcher=$!
  # Once the caller is dead so is the pipe behind stderr, which the shell tells of killed children.
  trap '' PIPE
  wait "$container"
  status=$?
  kill "$watcher" 2>/dev/null
  remove_cgroup
  remove_scratch
  exit "$status"
}

remove_scratch() {
  umount -n -l "$scratch" 2>/dev/null
  rmdir "$scratch"
}

# Processes that were killed leave their cgroups a moment later.
remove_cgroup() {
  for _ in $(seq 50); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$cgroup" ] || return 0
    sleep 0.1
  done
  echo "cannot remove $cgroup" >&2
}

stage_root() {
  read -r self _ </proc/self/stat
  root=$scratch/root
  mount -n -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay \
    "$root" || impossible "cannot mount an overlay of /"
  for directory in run tmp etc/systemd/system etc/systemd/user; do
    mkdir -p "$root/$directory"
    mount -n -t tmpfs -o mode=755 tmpfs "$root/$directory"
  done
  chmod 1777 "$root/tmp"
  show_repository || impossible "cannot bind the repository"
  make_kernel_directories || impossible "cannot mount /proc, /sys and /dev"
  cp -r "${0%/*}/units/system/." "$root/etc/systemd/system/"
  cp -r "${0%/*}/units/user/." "$root/etc/systemd/user/"
  printf '\ncapscope-test:x:4242:4243::/nonexistent:/bin/sh\n' >>"$root/etc/passwd"
  printf '\ncapscope-test:x:4243:\n' >>"$root/etc/group"
  ip link set lo up
  cd "$root" && mkdir -p .old && pivot_root . .old && umount -n -l .old ||
    impossible "cannot change the root"
  echo "pid $self"
  exec env -i container=capscope-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=capscope-test.target --show-status=no
}

# The repository may be on a file system of its own, and under a home that only its user can enter.
show_repository() {
  if [ ! -e "$root$repository/package.json" ]; then
    mkdir -p "$root$repository"
    mount -n --bind "$repository" "$root$repository" &&
      mount -n -o remount,bind,ro "$root$repository" || return
  fi
  parent=${repository%/*}
  while [ -n "$parent" ]; do
    chmod a+x "$root$parent"
    parent=${parent%/*}
  done
}

make_kernel_directories() {
  mount -n -t proc proc "$root/proc" &&
    mount -n --bind "$root/proc/sys" "$root/proc/sys" &&
    mount -n -o remount,bind,ro "$root/proc/sys" &&
    mount -n -t sysfs -o ro sysfs "$root/sys" &&
    mount -n -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
    mount -n -t tmpfs -o mode=755 tmpfs "$root/dev" || return
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount -n --bind "/dev/$device" "$root/dev/$device" || return
  done
  mkdir "$root/dev/shm"
}

scratch=$1
repository=$2
stage=${3-start}
case $stage in
  start)
    [ -x /lib/systemd/systemd ] || impossible "systemd is not installed"
    unshare --pid --fork --mount --cgroup --uts --ipc --net true ||
      impossible "cannot make namespaces"
    exec unshare --mount "$0" "$scratch" "$repository" cgroup 3<&0
    ;;
  cgroup) stage_cgroup ;;
  root) stage_root ;;
esac
