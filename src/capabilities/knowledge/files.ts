// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL, SPENGLER } from "./model.ts";

/** Capabilities that override the permissions of files. */
export const FILE_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "chown",
    since: "2.2",
    summary: "Change owner and group of any file.",
    gates: [
      {
        kind: "syscall",
        names: "chown, fchown, lchown, fchownat",
        allows: "an owner other than oneself, a group that one is not in",
        source: "fs/attr.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Take a file that root trusts (/etc/shadow, /etc/sudoers.d, a unit file, a crontab) and write to it as its owner.",
        conditions: ["such a file is on a file system that is mounted writable"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "always",
      reason: "takes over files that decide who is root, such as /etc/shadow",
    },
    alternatives: [
      {
        instead: "User= with StateDirectory=, CacheDirectory=, LogsDirectory=, RuntimeDirectory=",
        purpose: "own directories of a service: systemd gives them to its user",
        since: "systemd 235",
      },
      {
        instead: "systemd-tmpfiles, or install -o at installation",
        purpose: "owners that are set once",
        since: null,
      },
      {
        instead: "an id-mapped mount",
        purpose: "files of a container or another host under other ids",
        since: "5.12",
      },
    ],
    sources: [MANUAL, "fs/attr.c"],
  },
  {
    name: "dac_override",
    since: "2.2",
    summary: "Read, write and execute any file, whatever its permissions are.",
    gates: [
      {
        kind: "syscall",
        names: "open, openat, creat, access, truncate, execve, and whatever takes a path",
        allows: "what mode and ACL refuse; execution needs one x bit",
        source: "fs/namei.c",
      },
      {
        kind: "syscall",
        names: "mkdir, unlink, rename, link, symlink",
        allows: "changes in directories that are not writable",
        source: "fs/namei.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Write to /etc/shadow, /etc/ld.so.preload, a crontab or a unit file; root then runs it.",
        conditions: ["such a file is on a file system that is mounted writable"],
        source: SPENGLER,
      },
      {
        how: "Connect to the UNIX socket of a container engine and start a privileged container.",
        conditions: ["its socket can be reached, such as /run/docker.sock"],
        source: "net/unix/af_unix.c",
      },
    ],
    root: { level: "always", reason: "writes to files that root reads or runs" },
    alternatives: [
      {
        instead: "dac_read_search",
        purpose: "reading and searching only, as for backups",
        since: null,
      },
      {
        instead: "a group or an ACL on the files (setfacl)",
        purpose: "a known set of files",
        since: null,
      },
      {
        instead: "LoadCredential=",
        purpose: "keys and secrets: systemd hands them to the service",
        since: "systemd 247",
      },
      {
        instead: "User= with StateDirectory=, LogsDirectory=, RuntimeDirectory=",
        purpose: "a root service that writes to directories of its own user",
        since: "systemd 235",
      },
    ],
    sources: [MANUAL, "fs/namei.c"],
  },
  {
    name: "dac_read_search",
    since: "2.2",
    summary: "Read any file, and list and enter any directory.",
    gates: [
      {
        kind: "syscall",
        names: "open for reading, readdir, stat, access, chdir",
        allows: "what mode and ACL refuse",
        source: "fs/namei.c",
      },
      {
        kind: "syscall",
        names: "open_by_handle_at",
        allows: "opening an inode by its handle, past all directories",
        source: "fs/fhandle.c",
      },
      {
        kind: "syscall",
        names: "linkat with AT_EMPTY_PATH",
        allows: "a name for a file that is only open",
        source: "fs/namei.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Read password hashes, private keys, service tokens and block devices' contents.",
        conditions: ["they are on a file system that is mounted"],
        source: SPENGLER,
      },
      {
        how: "Leave a container: open files of the host by guessed handles.",
        conditions: [
          "a mount of the host's file system is visible in the container",
          "the capability counts in the initial user namespace",
          "seccomp allows open_by_handle_at",
        ],
        source: "Sebastian Krahmer: shocker, 2014",
      },
    ],
    root: {
      level: "conditional",
      reason: "reads the secrets of root: with a key or a password in them it is root",
    },
    alternatives: [
      { instead: "a group or an ACL on the files", purpose: "a known set of files", since: null },
      {
        instead: "LoadCredential=",
        purpose: "keys and secrets: systemd hands them to the service",
        since: "systemd 247",
      },
      {
        instead: "BindReadOnlyPaths= and InaccessiblePaths= beside it",
        purpose: "backups: it can only read what is mounted",
        since: "systemd 233",
      },
    ],
    sources: [MANUAL, "fs/namei.c", "fs/fhandle.c"],
  },
  {
    name: "fowner",
    since: "2.2",
    summary: "Do to any file what only its owner may.",
    gates: [
      {
        kind: "syscall",
        names: "chmod, fchmod, fchmodat, utimensat",
        allows: "mode and times of other users' files",
        source: "fs/attr.c",
      },
      {
        kind: "syscall",
        names: "setxattr",
        allows: "ACLs, and user.* in sticky directories",
        source: "fs/xattr.c",
      },
      {
        kind: "syscall",
        names: "unlink, rename, rmdir",
        allows: "other users' files in sticky directories",
        source: "fs/namei.c",
      },
      {
        kind: "syscall",
        names: "open, fcntl with O_NOATIME",
        allows: "on any file",
        source: "fs/fcntl.c",
      },
      {
        kind: "ioctl",
        names: "FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR",
        allows: "inode flags",
        source: "fs/file_attr.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Make a file that root trusts writable for all, and write to it.",
        conditions: ["such a file is on a file system that is mounted writable"],
        source: SPENGLER,
      },
    ],
    root: { level: "always", reason: "makes /etc/shadow or a program of root writable" },
    alternatives: [
      {
        instead: "running as the owner of the files (User=)",
        purpose: "files that all belong to one user",
        since: null,
      },
      {
        instead: "UMask=, and the default ACL of the directory",
        purpose: "the mode of new files",
        since: null,
      },
    ],
    sources: [MANUAL, "fs/inode.c"],
  },
  {
    name: "fsetid",
    since: "2.2",
    summary: "Keep the setuid and setgid bits where the kernel takes them away.",
    gates: [
      {
        kind: "syscall",
        names: "chmod, fchmod, fchmodat",
        allows: "the setgid bit on a file of a group that one is not in",
        source: "fs/attr.c",
      },
      {
        kind: "syscall",
        names: "write, truncate, fallocate",
        allows: "writing without the loss of setuid and setgid",
        source: "fs/attr.c",
      },
      {
        kind: "syscall",
        names: "mkdir, open with O_CREAT in a setgid directory",
        allows: "the setgid bit on a new file of its group",
        source: "fs/inode.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Overwrite a setuid program that one may write, and have it keep the bit.",
        conditions: ["a setuid or setgid file is writable for the process"],
        source: SPENGLER,
      },
      {
        how: "Make a setgid copy of a shell for a group that owns the directory.",
        conditions: ["a setgid directory of a powerful group is writable for the process"],
        source: "fs/inode.c",
      },
    ],
    root: {
      level: "conditional",
      reason: "where a setuid root file is writable, its contents can be replaced and stay setuid",
    },
    alternatives: [
      {
        instead: "nothing: most programs that ask lose a setgid bit that they do not need",
        purpose: "",
        since: null,
      },
    ],
    sources: [MANUAL, "fs/attr.c", "fs/inode.c"],
  },
  {
    name: "linux_immutable",
    since: "2.2",
    summary: "Set and clear the flags immutable and append-only.",
    gates: [
      {
        kind: "ioctl",
        names: "FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR (chattr +i, +a)",
        allows: "FS_IMMUTABLE_FL and FS_APPEND_FL",
        source: "fs/file_attr.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Make logs erasable again, or a planted file hard to remove.",
        conditions: ["the process may write to the file otherwise"],
        source: MANUAL,
      },
    ],
    root: { level: "never", reason: "changes flags of files that it can open already" },
    alternatives: [
      {
        instead: "ReadOnlyPaths=, ProtectSystem=strict",
        purpose: "keeping a service from changing files",
        since: "systemd 232",
      },
    ],
    sources: [MANUAL, "fs/file_attr.c"],
  },
  {
    name: "mknod",
    since: "2.4",
    summary: "Make device files.",
    gates: [
      {
        kind: "syscall",
        names: "mknod, mknodat",
        allows: "character and block devices; FIFOs, sockets and whiteouts need nothing",
        source: "fs/namei.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Make the device of the disk, and read or write the file system below all permissions.",
        conditions: [
          "the device control group allows the device (a container's default does not)",
          "the file is on a mount without nodev",
        ],
        source: SPENGLER,
      },
      {
        how: "From a container, make the device in a directory that an unprivileged process of the host can open.",
        conditions: [
          "the container has no user namespace of its own",
          "the directory is shared with the host, on a mount without nodev",
          "an account on the host has the same uid",
        ],
        source: "man 2 mknod, kernel: security/device_cgroup.c",
      },
    ],
    root: {
      level: "conditional",
      reason: "reads and writes disks below all permissions where the device control group lets it",
    },
    alternatives: [
      {
        instead: "devtmpfs and udev rules",
        purpose: "device files that the kernel makes by itself",
        since: null,
      },
      {
        instead: "DeviceAllow=, docker run --device",
        purpose: "a device for one service: made and opened for it",
        since: null,
      },
    ],
    sources: [MANUAL, "fs/namei.c"],
  },
  {
    name: "lease",
    since: "2.4",
    summary: "Take leases on files of others.",
    gates: [
      {
        kind: "syscall",
        names: "fcntl with F_SETLEASE",
        allows: "on a file of another user",
        source: "fs/locks.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Delay each open of a file, up to lease-break-time seconds, again and again.",
        conditions: ["the process can open the file"],
        source: "man 2 fcntl",
      },
    ],
    root: { level: "never", reason: "only delays others" },
    alternatives: [
      { instead: "inotify, fanotify", purpose: "being told of changes", since: "2.6.13" },
      { instead: "running as the owner of the files", purpose: "file servers", since: null },
    ],
    sources: [MANUAL, "fs/locks.c"],
  },
  {
    name: "setfcap",
    since: "2.6.24",
    summary: "Give capabilities to files.",
    gates: [
      {
        kind: "syscall",
        names: "setxattr, lsetxattr, fsetxattr, removexattr of security.capability",
        allows: "any set, on a file whose owner is mapped",
        source: "security/commoncap.c",
      },
      {
        kind: "file",
        names: "/proc/PID/uid_map",
        allows: "a map of uid 0 of the parent namespace (Linux 5.12)",
        source: "kernel/user_namespace.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Give all capabilities to a program and execute it.",
        conditions: [
          "no_new_privs is not set",
          "the file is on a mount without nosuid",
          "the bounding set still has what is given",
        ],
        source: SPENGLER,
      },
      {
        how: "Set capabilities in a child user namespace that count in the initial one.",
        conditions: ["overlayfs without the check, as Ubuntu had it until April 2021"],
        source: "CVE-2021-3493",
      },
    ],
    root: {
      level: "always",
      reason: "gives a file every capability of the bounding set, and executes it",
    },
    alternatives: [
      {
        instead: "the package manager, once, at installation",
        purpose: "programs with file capabilities",
        since: null,
      },
      {
        instead: "AmbientCapabilities=",
        purpose: "a service of another user: no file needs any",
        since: "4.3, systemd 229",
      },
    ],
    sources: [MANUAL, "security/commoncap.c"],
  },
  {
    name: "mac_override",
    since: "2.6.25",
    summary: "Pass over mandatory access control; only Smack asks for it.",
    gates: [
      {
        kind: "file",
        names: "every access that Smack checks",
        allows: "what its rules refuse",
        source: "security/smack/smack_access.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Act as if no Smack rule were there.",
        conditions: ["Smack is active"],
        source: "security/smack/smack_access.c",
      },
    ],
    root: { level: "never", reason: "lifts Smack only; permissions of files still count" },
    alternatives: [
      { instead: "a Smack rule for the access", purpose: "", since: null },
      { instead: "nothing, where Smack is not active", purpose: "", since: null },
    ],
    sources: [MANUAL, "security/smack/smack_access.c"],
  },
  {
    name: "mac_admin",
    since: "2.6.25",
    summary: "Change the policy of Smack or AppArmor, and set labels that SELinux does not know.",
    gates: [
      {
        kind: "file",
        names: "/sys/kernel/security/apparmor/.load, .replace, .remove",
        allows: "loading, replacing and removing profiles",
        source: "security/apparmor/policy.c",
      },
      {
        kind: "file",
        names: "/sys/fs/smackfs/*, xattr security.SMACK64*",
        allows: "rules and labels",
        source: "security/smack/smackfs.c",
      },
      {
        kind: "syscall",
        names: "setxattr, getxattr of security.selinux",
        allows: "labels that the loaded policy does not define",
        source: "security/selinux/hooks.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Remove or replace the profile that confines the process.",
        conditions: ["AppArmor or Smack is active", "securityfs is mounted and writable"],
        source: "security/apparmor/policy.c",
      },
    ],
    root: {
      level: "never",
      reason: "removes mandatory confinement; permissions of files still count",
    },
    alternatives: [
      {
        instead: "AppArmorProfile=, SELinuxContext=, SmackProcessLabel=",
        purpose: "a service under a profile that is loaded already",
        since: "systemd 210",
      },
    ],
    sources: [MANUAL, "security/apparmor/policy.c"],
  },
];
