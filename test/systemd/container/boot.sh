#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots systemd as pid 1 of namespaces of its own, on an overlay of this machine's file system.
# Usage: boot.sh SCRATCH_DIRECTORY REPOSITORY LAYOUT. LAYOUT is that of the control groups: unified (v2
# alone), hybrid (v1, and v2 beside it), legacy (v1 alone). Prints "pid N". Ends when that process has ended, ends
# it when standard input is closed (as it is when the caller dies), and removes what it made, the
# scratch directory included.
# Exit status 77: not possible here, with the reason as the last line on stderr.
# Every mount is in a private mount namespace; mount -n keeps libmount out of /run/mount.
set -u
impossible() {
  echo "$1" >&2
  [ "$stage" = cgroup ] && remove_groups
  [ "$stage" = root ] || remove_scratch
  exit 77
}

stage_cgroup() {
  mount -n --make-rprivate / || impossible "cannot change the propagation of mounts"
  mount -n -t tmpfs -o mode=755 tmpfs "$scratch" || impossible "cannot mount a tmpfs"
  mkdir "$scratch/cgroup" "$scratch/upper" "$scratch/work" "$scratch/root"
  make_group unified
  if [ "$layout" != unified ]; then
    make_group name=systemd
    make_group pids
  fi
  # A child joins the groups, so that this shell stays outside and can remove them.
  (
    read -r self _ </proc/self/stat
    for group in $groups; do
      echo "$self" >"$group/cgroup.procs" || exit 1
    done
    exec unshare --pid --fork --kill-child=KILL --mount --cgroup --uts --ipc --net \
      "$0" "$scratch" "$repository" "$layout" root
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
  remove_groups
  remove_scratch
  exit "$status"
}

# In the v2 tree, or in a v1 hierarchy that this machine has, as /proc/self/cgroup calls it.
make_group() {
  tree=$scratch/cgroup/$1
  mkdir "$tree"
  mount_hierarchy "$1" "$tree" || impossible "cannot mount control groups ($1)"
  group=$tree$(sed -n "s/^[1-9][0-9]*:$1://p" /proc/self/cgroup)/capscope-test-$$
  mkdir "$group" || impossible "cannot make a control group ($1)"
  groups="$groups $group"
}

mount_hierarchy() {
  if [ "$1" = unified ]; then
    mount -n -t cgroup2 cgroup2 "$2"
    return
  fi
  grep -q "^[1-9][0-9]*:$1:" /proc/self/cgroup || return
  case $1 in
    name=*) mount -n -t cgroup -o "none,$1" cgroup "$2" ;;
    *) mount -n -t cgroup -o "$1" cgroup "$2" ;;
  esac
}

remove_scratch() {
  umount -n -l "$scratch" 2>/dev/null
  rmdir "$scratch"
}

# Processes that were killed leave their cgroups a moment later.
remove_groups() {
  for group in $groups; do
    for _ in $(seq 50); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
      [ -d "$group" ] || break
      sleep 0.1
    done
    [ ! -d "$group" ] || echo "cannot remove $group" >&2
  done
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
    show_groups "$root/sys/fs/cgroup" &&
    mount -n -t tmpfs -o mode=755 tmpfs "$root/dev" || return
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount -n --bind "/dev/$device" "$root/dev/$device" || return
  done
  # As in every container: systemd looks at it before it makes a service a /dev of its own.
  mkdir "$root/dev/shm" && ln -s pts/ptmx "$root/dev/ptmx"
}

# What is not mounted here systemd would mount by itself: it cannot make the directories.
show_groups() {
  if [ "$layout" = unified ]; then
    mount_hierarchy unified "$1"
    return
  fi
  mount -n -t tmpfs -o mode=755 tmpfs "$1" && mkdir "$1/systemd" "$1/pids" &&
    mount_hierarchy name=systemd "$1/systemd" && mount_hierarchy pids "$1/pids" || return
  if [ "$layout" = hybrid ]; then
    mkdir "$1/unified" && mount_hierarchy unified "$1/unified" || return
  fi
  mount -n -o remount,ro "$1"
}

scratch=$1
repository=$2
layout=$3
stage=${4-start}
groups=
case $stage in
  start)
    [ -x /lib/systemd/systemd ] || impossible "systemd is not installed"
    unshare --pid --fork --mount --cgroup --uts --ipc --net true ||
      impossible "cannot make namespaces"
    exec unshare --mount "$0" "$scratch" "$repository" "$layout" cgroup 3<&0
    ;;
  cgroup) stage_cgroup ;;
  root) stage_root ;;
esac
