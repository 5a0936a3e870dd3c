// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL, SPENGLER } from "./model.ts";

/** Capabilities over ids, processes and what they may become. */
export const IDENTITY_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "kill",
    since: "2.2",
    summary: "Send signals to any process.",
    gates: [
      {
        kind: "syscall",
        names: "kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal",
        allows: "to processes of other users",
        source: "kernel/signal.c",
      },
      {
        kind: "ioctl",
        names: "KDSIGACCEPT",
        allows: "a signal at a key of the console",
        source: "drivers/tty/vt/vt_ioctl.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "End or stop what protects or watches: auditd, a security agent, a firewall daemon.",
        conditions: ["the process is visible in the same PID namespace"],
        source: "kernel/signal.c",
      },
    ],
    root: { level: "never", reason: "stops processes, and gains none of their rights" },
    alternatives: [
      {
        instead: "the same user for supervisor and workers, or PR_SET_PDEATHSIG",
        purpose: "a supervisor of its own children",
        since: null,
      },
      {
        instead: "systemctl, with a polkit rule",
        purpose: "stopping or reloading other services",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/signal.c"],
  },
  {
    name: "setgid",
    since: "2.2",
    summary: "Become a member of any group.",
    gates: [
      {
        kind: "syscall",
        names: "setgid, setregid, setresgid, setfsgid",
        allows: "any group id that is mapped",
        source: "kernel/sys.c",
      },
      {
        kind: "syscall",
        names: "setgroups",
        allows: "any supplementary groups",
        source: "kernel/groups.c",
      },
      {
        kind: "socket",
        names: "SCM_CREDENTIALS",
        allows: "any gid in what is sent over a UNIX socket",
        source: "net/core/scm.c",
      },
      {
        kind: "file",
        names: "/proc/PID/gid_map",
        allows: "more than one's own group",
        source: "kernel/user_namespace.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Take a group that leads to root: disk, shadow, docker, kmem, lxd, sudo.",
        conditions: ["such a group owns something on the system"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "conditional",
      reason: "joins groups such as disk, shadow or docker, where they exist",
    },
    alternatives: [
      {
        instead: "Group=, SupplementaryGroups=",
        purpose: "a service of a fixed group: systemd sets it before it starts",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/sys.c", "kernel/groups.c"],
  },
  {
    name: "setuid",
    since: "2.2",
    summary: "Become any user, root included.",
    gates: [
      {
        kind: "syscall",
        names: "setuid, setreuid, setresuid, setfsuid",
        allows: "any user id that is mapped",
        source: "kernel/sys.c",
      },
      {
        kind: "socket",
        names: "SCM_CREDENTIALS",
        allows: "any uid in what is sent over a UNIX socket",
        source: "net/core/scm.c",
      },
      {
        kind: "file",
        names: "/proc/PID/uid_map",
        allows: "more than one's own user",
        source: "kernel/user_namespace.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "setuid(0), then execute any program: it gets every capability of the bounding set.",
        conditions: ["the secure bit noroot is not set"],
        source: SPENGLER,
      },
      {
        how: "setuid(0) and write to root's files, where the bounding set is empty.",
        conditions: ["uid 0 of the initial user namespace is mapped"],
        source: "fs/namei.c",
      },
    ],
    root: { level: "always", reason: "setuid(0) makes it root" },
    alternatives: [
      {
        instead: "User=, DynamicUser=",
        purpose: "a service of a fixed user: systemd sets it before it starts",
        since: "systemd 235",
      },
      {
        instead: "one small helper that changes the user and nothing else",
        purpose: "servers that act for users who log in",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/sys.c"],
  },
  {
    name: "setpcap",
    since: "2.2",
    summary: "Drop from the bounding set, extend the inheritable set, and set secure bits.",
    gates: [
      {
        kind: "syscall",
        names: "prctl PR_CAPBSET_DROP",
        allows: "drops for good",
        source: "security/commoncap.c",
      },
      {
        kind: "syscall",
        names: "prctl PR_SET_SECUREBITS",
        allows: "bits that are not locked",
        source: "security/commoncap.c",
      },
      {
        kind: "syscall",
        names: "capset",
        allows: "everything of the bounding set as inheritable",
        source: "security/commoncap.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Make capabilities of the bounding set inheritable, and execute a file that has them as inheritable.",
        conditions: ["a file with inheritable capabilities exists", "no_new_privs is not set"],
        source: "security/commoncap.c",
      },
      {
        how: "As uid 0 that secure bits confine: clear noroot, and execute any program.",
        conditions: ["the process is uid 0", "the bit is not locked"],
        source: "security/commoncap.c",
      },
    ],
    root: {
      level: "conditional",
      reason:
        "hands itself what a file has as inheritable; as uid 0 it lifts secure bits that are not locked",
    },
    alternatives: [
      {
        instead: "CapabilityBoundingSet=, SecureBits=, setpriv",
        purpose: "dropping before the program starts",
        since: null,
      },
    ],
    sources: [MANUAL, "security/commoncap.c"],
  },
  {
    name: "sys_chroot",
    since: "2.2",
    summary: "Change the root directory, and enter mount namespaces together with SYS_ADMIN.",
    gates: [
      {
        kind: "syscall",
        names: "chroot",
        allows: "any directory that can be entered",
        source: "fs/open.c",
      },
      {
        kind: "syscall",
        names: "setns to a mount namespace",
        allows: "together with SYS_ADMIN",
        source: "fs/namespace.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Leave a chroot: chroot once more, and walk up from a directory that stayed open.",
        conditions: ["the confinement is a chroot, not a mount namespace with pivot_root"],
        source: "man 2 chroot",
      },
      {
        how: "Run a setuid program under a forged /etc and forged libraries.",
        conditions: [
          "a setuid program can be linked into, or is seen from, a directory of one's own",
          "no_new_privs is not set",
        ],
        source: SPENGLER,
      },
      {
        how: "Share the file system context with a process outside the new user namespace.",
        conditions: ["Linux before 3.8.3"],
        source: "CVE-2013-1858",
      },
    ],
    root: {
      level: "conditional",
      reason: "where a setuid program is on the same file system as a writable directory",
    },
    alternatives: [
      {
        instead: "RootDirectory=, RootImage=",
        purpose: "a service under another root",
        since: null,
      },
      {
        instead: "PrivateTmp=, ProtectSystem=, or landlock",
        purpose: "hiding files: openssh, postfix and others chroot for that",
        since: "5.13 (landlock)",
      },
      {
        instead: "unshare --user --map-root-user",
        purpose: "building in a root of one's own",
        since: "3.8",
      },
    ],
    sources: [MANUAL, "fs/open.c", "fs/namespace.c"],
  },
  {
    name: "sys_ptrace",
    since: "2.2",
    summary: "Look into and control any process.",
    gates: [
      {
        kind: "syscall",
        names: "ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_getfd, get_robust_list",
        allows: "on processes of other users, or with more capabilities",
        source: "kernel/ptrace.c",
      },
      {
        kind: "file",
        names:
          "/proc/PID/maps, exe, cwd, root, ns/*; beside the mode of the file: mem, environ, fd/*",
        allows: "reading and following; mem can be written",
        source: "fs/proc/base.c",
      },
      {
        kind: "syscall",
        names: "userfaultfd",
        allows: "faults of the kernel, where vm.unprivileged_userfaultfd is 0",
        source: "fs/userfaultfd.c",
      },
      {
        kind: "syscall",
        names: "process_madvise",
        allows: "on processes of other users, together with SYS_NICE",
        source: "mm/madvise.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Write code into a process of root and let it run.",
        conditions: [
          "a process with more rights is visible in the PID namespace",
          "kernel.yama.ptrace_scope is not 3 (for ptrace(2) itself)",
        ],
        source: SPENGLER,
      },
      {
        how: "Read keys and passwords from the memory of another process.",
        conditions: ["it is visible in the PID namespace"],
        source: "fs/proc/base.c",
      },
      {
        how: "Leave a container: write to a process of the host.",
        conditions: ["the container shares the PID namespace of the host (--pid=host, hostPID)"],
        source: "man 7 pid_namespaces",
      },
    ],
    root: {
      level: "always",
      reason: "runs code in any process that it sees; one of root's is enough",
    },
    alternatives: [
      {
        instead: "perfmon",
        purpose: "profiling and counting, also of other users' processes",
        since: "5.8",
      },
      { instead: "checkpoint_restore", purpose: "CRIU", since: "5.9" },
      {
        instead: "the same user as the process that is looked at",
        purpose: "debugging one's own service",
        since: null,
      },
      { instead: "PR_SET_PTRACER", purpose: "crash handlers, where Yama is active", since: "3.4" },
    ],
    sources: [MANUAL, "kernel/ptrace.c"],
  },
];
