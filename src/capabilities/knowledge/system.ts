// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL, SPENGLER } from "./model.ts";

/** Capabilities over the machine and the kernel as a whole. */
export const SYSTEM_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "sys_module",
    since: "2.2",
    summary: "Load and remove kernel modules.",
    gates: [
      {
        kind: "syscall",
        names: "init_module, finit_module, delete_module",
        allows: "while kernel.modules_disabled is 0",
        source: "kernel/module/main.c",
      },
      {
        kind: "ioctl",
        names: "requests that name an interface that is not there",
        allows: "loading a module of any name, where NET_ADMIN loads netdev-NAME only",
        source: "net/core/dev_ioctl.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Load a module of one's own: code in the kernel.",
        conditions: [
          "kernel.modules_disabled is 0",
          "signatures of modules are not enforced (lockdown, module.sig_enforce)",
        ],
        source: SPENGLER,
      },
      {
        how: "Load an old module with a flaw.",
        conditions: ["the module is installed, and signed"],
        source: "kernel/module/main.c",
      },
    ],
    root: { level: "always", reason: "runs code in the kernel" },
    alternatives: [
      { instead: "/etc/modules-load.d", purpose: "modules that are loaded at boot", since: null },
      {
        instead: "udev, and loading by the kernel itself",
        purpose: "drivers and protocols as they are needed",
        since: null,
      },
      {
        instead: "ExecStartPre=+/sbin/modprobe NAME",
        purpose: "a module before a service starts",
        since: "systemd 231",
      },
    ],
    sources: [MANUAL, "kernel/module/main.c"],
  },
  {
    name: "sys_rawio",
    since: "2.2",
    summary: "Reach hardware and memory directly.",
    gates: [
      {
        kind: "syscall",
        names: "iopl, ioperm",
        allows: "I/O ports (x86)",
        source: "arch/x86/kernel/ioport.c",
      },
      {
        kind: "file",
        names: "/dev/mem, /dev/port, /proc/kcore",
        allows: "opening them, beside the mode of the file",
        source: "drivers/char/mem.c",
      },
      {
        kind: "file",
        names: "/dev/cpu/*/msr",
        allows: "registers of the processor",
        source: "arch/x86/kernel/msr.c",
      },
      {
        kind: "ioctl",
        names: "SG_IO and other SCSI commands",
        allows: "any command, not those of the filter only",
        source: "drivers/scsi/scsi_ioctl.c",
      },
      {
        kind: "ioctl",
        names: "FIBMAP",
        allows: "the place of a file's blocks",
        source: "fs/ioctl.c",
      },
      {
        kind: "syscall",
        names: "mmap below vm.mmap_min_addr, and of files in /proc/bus/pci",
        allows: "the lowest pages; memory of devices",
        source: "security/commoncap.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Change the kernel or another process through physical memory, ports or registers.",
        conditions: [
          "the device file can be opened",
          "lockdown is off",
          "CONFIG_STRICT_DEVMEM is off for memory (not for ports and registers)",
        ],
        source: SPENGLER,
      },
      {
        how: "Write to a disk below its file system with SCSI commands.",
        conditions: ["a device file of the disk can be opened, even for reading only"],
        source: "drivers/scsi/scsi_ioctl.c",
      },
    ],
    root: {
      level: "conditional",
      reason: "reaches memory and disks of the machine where their device files can be opened",
    },
    alternatives: [
      {
        instead: "permissions of the device file (udev, DeviceAllow=)",
        purpose: "one device: most need no capability beside the mode",
        since: null,
      },
      { instead: "FIEMAP", purpose: "the place of a file's blocks", since: "2.6.28" },
    ],
    sources: [MANUAL, "drivers/char/mem.c"],
  },
  {
    name: "sys_pacct",
    since: "2.2",
    summary: "Switch process accounting on and off.",
    gates: [
      {
        kind: "syscall",
        names: "acct",
        allows: "any file that is accessible",
        source: "kernel/acct.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Switch accounting off, so that commands leave no trace there.",
        conditions: ["process accounting is in use"],
        source: "man 2 acct",
      },
    ],
    root: { level: "never", reason: "writes records of a fixed form" },
    alternatives: [{ instead: "auditd rules for execve", purpose: "who ran what", since: null }],
    sources: [MANUAL, "kernel/acct.c"],
  },
  {
    name: "sys_admin",
    since: "2.2",
    summary: "Mount, enter namespaces, and some hundred other things: the new root.",
    gates: [
      {
        kind: "syscall",
        names: "mount, umount2, pivot_root, move_mount, fsopen, fsmount, open_tree, mount_setattr",
        allows: "in the mount namespace; in a child user namespace only file systems that allow it",
        source: "fs/namespace.c",
      },
      {
        kind: "syscall",
        names: "unshare, clone, setns for all namespaces but user namespaces",
        allows: "new ones, and those whose user namespace one has it in",
        source: "kernel/nsproxy.c",
      },
      {
        kind: "syscall",
        names: "sethostname, setdomainname, swapon, swapoff, quotactl",
        allows: "the name, swap and quotas of the machine",
        source: "kernel/sys.c",
      },
      {
        kind: "syscall",
        names: "bpf, perf_event_open",
        allows: "what BPF, PERFMON and NET_ADMIN allow since 5.8, and bpf_probe_write_user beside",
        source: "include/linux/capability.h",
      },
      {
        kind: "syscall",
        names: "setxattr of trusted.*, and of security.* but capability",
        allows: "attributes that decide on labels",
        source: "fs/xattr.c",
      },
      {
        kind: "syscall",
        names: "seccomp, prctl PR_SET_SECCOMP",
        allows: "filters without no_new_privs",
        source: "kernel/seccomp.c",
      },
      {
        kind: "syscall",
        names:
          "fanotify_init, keyctl on keys of others, ioprio_set real-time, ptrace seccomp filters",
        allows: "listening to whole mounts, and the like",
        source: "fs/notify/fanotify/fanotify_user.c",
      },
      {
        kind: "syscall",
        names: "shmctl, msgctl, semctl with IPC_SET or IPC_RMID",
        allows: "System V objects of others",
        source: "ipc/util.c",
      },
      {
        kind: "syscall",
        names: "open and whatever opens a file",
        allows: "more files than fs.file-max",
        source: "fs/file_table.c",
      },
      {
        kind: "socket",
        names: "SCM_CREDENTIALS",
        allows: "any pid in what is sent over a UNIX socket",
        source: "net/core/scm.c",
      },
      {
        kind: "ioctl",
        names:
          "TIOCSTI where dev.tty.legacy_tiocsti is 0, BLKRRPART, LOOP_*, device mapper, many drivers'",
        allows: "typing for others, disks, devices",
        source: "drivers/tty/tty_io.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Mount over /etc, or mount the disk and write to it.",
        conditions: [
          "the capability counts in the initial user namespace",
          "the device of the disk can be opened, or made, for the latter",
        ],
        source: SPENGLER,
      },
      {
        how: "Leave a container: mount a version 1 control group and name a program as its release_agent.",
        conditions: [
          "control groups of version 1",
          "the container is root without a user namespace, without seccomp, AppArmor or SELinux",
        ],
        source: "Felix Wilhelm, 2019; CVE-2022-0492",
      },
      {
        how: "Attack the kernel through mounting.",
        conditions: [
          "the kernel has such a flaw; a user namespace of one's own suffices to reach it",
        ],
        source: "CVE-2022-0185, CVE-2023-0386",
      },
    ],
    root: { level: "always", reason: "mounts over whatever root trusts" },
    alternatives: [
      {
        instead: "bpf",
        purpose: "loading BPF; with perfmon for tracing, net_admin for the network",
        since: "5.8",
      },
      {
        instead: "perfmon",
        purpose: "perf, PMU and tracepoints, below level 3 of Debian's perf_event_paranoid",
        since: "5.8",
      },
      { instead: "syslog", purpose: "reading the kernel's log, dmesg", since: "2.6.37" },
      {
        instead: "checkpoint_restore",
        purpose: "CRIU: chosen pids, /proc/PID/map_files",
        since: "5.9",
      },
      {
        instead: "a user namespace (unshare --user --map-root-user --mount)",
        purpose: "mounts of one's own: tmpfs, overlay, bind",
        since: "3.8, overlay 5.11",
      },
      { instead: "PR_SET_NO_NEW_PRIVS", purpose: "seccomp filters", since: "3.5" },
      {
        instead: "mount units, PrivateMounts=, BindPaths=, PrivateDevices=",
        purpose: "mounts and namespaces that systemd makes before the service starts",
        since: null,
      },
    ],
    sources: [MANUAL, "fs/namespace.c", "include/linux/capability.h"],
  },
  {
    name: "sys_boot",
    since: "2.2",
    summary: "Restart the machine, and load another kernel.",
    gates: [
      {
        kind: "syscall",
        names: "reboot",
        allows: "also in a PID namespace, which it ends",
        source: "kernel/reboot.c",
      },
      {
        kind: "syscall",
        names: "kexec_load, kexec_file_load",
        allows: "in the initial user namespace, while kernel.kexec_load_disabled is 0",
        source: "kernel/kexec.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Stop the machine.",
        conditions: ["the PID namespace is the initial one"],
        source: "man 2 reboot",
      },
      {
        how: "Start a kernel of one's own.",
        conditions: ["kernel.kexec_load_disabled is 0", "lockdown is off, for kexec_load"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "conditional",
      reason: "starts any kernel where kexec is there and neither disabled nor locked down",
    },
    alternatives: [
      {
        instead: "systemctl reboot, with a polkit rule",
        purpose: "restarting the machine",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/reboot.c", "kernel/kexec.c"],
  },
  {
    name: "sys_time",
    since: "2.2",
    summary: "Set the clocks.",
    gates: [
      {
        kind: "syscall",
        names: "clock_settime, settimeofday, adjtimex, clock_adjtime",
        allows: "the system's clock, its rate and leap seconds",
        source: "kernel/time/timekeeping.c",
      },
      {
        kind: "ioctl",
        names: "RTC_SET_TIME, RTC_EPOCH_SET",
        allows: "the hardware clock",
        source: "drivers/rtc/dev.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Make expired certificates, tickets and passwords valid again, or valid ones expire; confuse logs.",
        conditions: ["what checks them trusts this clock"],
        source: "man 2 clock_settime",
      },
    ],
    root: { level: "never", reason: "changes what others take for the time" },
    alternatives: [
      {
        instead: "systemd-timesyncd or chronyd, as the only one who sets it",
        purpose: "programs that only want the right time",
        since: null,
      },
      {
        instead: "a time namespace",
        purpose: "another boot time and monotonic clock",
        since: "5.6",
      },
    ],
    sources: [MANUAL, "kernel/time/timekeeping.c"],
  },
  {
    name: "sys_tty_config",
    since: "2.2",
    summary: "Configure virtual consoles, and hang up terminals.",
    gates: [
      { kind: "syscall", names: "vhangup", allows: "one's own terminal", source: "fs/open.c" },
      {
        kind: "ioctl",
        names: "KDSETMODE, KDSKBENT, VT_ACTIVATE, VT_DISALLOCATE and others",
        allows: "on a console that is not one's own terminal",
        source: "drivers/tty/vt/vt_ioctl.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Map keys of the console to commands, and wait for root to type.",
        conditions: ["a console device can be opened", "somebody logs in at it"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "conditional",
      reason: "where root logs in at a virtual console whose keys it maps",
    },
    alternatives: [
      {
        instead: "logind, and the ACLs it sets on devices",
        purpose: "display servers",
        since: null,
      },
      { instead: "TTYVHangup=, TTYReset=", purpose: "a service on a terminal", since: null },
    ],
    sources: [MANUAL, "drivers/tty/vt/vt_ioctl.c"],
  },
  {
    name: "perfmon",
    since: "5.8",
    summary: "Watch performance: perf events, and BPF programs that trace.",
    gates: [
      {
        kind: "syscall",
        names: "perf_event_open",
        allows:
          "the kernel, all processors, probes; not at Debian's and Ubuntu's perf_event_paranoid of 3 and more",
        source: "kernel/events/core.c",
      },
      {
        kind: "syscall",
        names: "bpf",
        allows: "tracing programs, pointers and reads of kernel memory, together with BPF",
        source: "kernel/bpf/verifier.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Read addresses and memory of the kernel and of other processes by probes and samples.",
        conditions: ["BPF beside it, for memory", "lockdown is not confidentiality"],
        source: "Documentation/admin-guide/perf-security.rst",
      },
    ],
    root: {
      level: "conditional",
      reason: "together with bpf it reads kernel memory, and with it the secrets of root",
      beside: ["bpf"],
    },
    alternatives: [
      {
        instead: "sysctl kernel.perf_event_paranoid",
        purpose: "a machine on which everybody may profile",
        since: "2.6.31",
      },
      {
        instead: "nothing",
        purpose: "one's own processes in user space, at level 2",
        since: "4.6",
      },
    ],
    sources: [MANUAL, "Documentation/admin-guide/perf-security.rst"],
  },
  {
    name: "bpf",
    since: "5.8",
    summary: "Load BPF programs and make BPF maps.",
    gates: [
      {
        kind: "syscall",
        names: "bpf",
        allows: "programs and maps of all types; PERFMON or NET_ADMIN beside it for most types",
        source: "kernel/bpf/syscall.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Read kernel memory with a tracing program.",
        conditions: ["PERFMON beside it", "lockdown is not confidentiality"],
        source: "kernel/trace/bpf_trace.c",
      },
      {
        how: "Get past the verifier, and write kernel memory.",
        conditions: ["the kernel has such a flaw"],
        source: "CVE-2017-16995, CVE-2020-8835, CVE-2021-3490",
      },
    ],
    root: {
      level: "conditional",
      reason: "together with perfmon it reads kernel memory; flaws in the verifier gave more",
      beside: ["perfmon"],
    },
    alternatives: [
      {
        instead: "a BPF token",
        purpose: "a delegated set of programs in a user namespace",
        since: "6.9",
      },
      {
        instead: "pinned programs and maps, loaded by another process at start",
        purpose: "reading only",
        since: "4.4",
      },
    ],
    sources: [MANUAL, "kernel/bpf/syscall.c"],
  },
  {
    name: "checkpoint_restore",
    since: "5.9",
    summary: "Save and restore processes: chosen pids, their open memory files.",
    gates: [
      {
        kind: "syscall",
        names: "clone3 with set_tid",
        allows: "a process of a chosen pid",
        source: "kernel/pid.c",
      },
      {
        kind: "file",
        names: "/proc/sys/kernel/ns_last_pid",
        allows: "the pid that comes next",
        source: "kernel/pid_namespace.c",
      },
      {
        kind: "file",
        names: "/proc/PID/map_files/*",
        allows: "following its links",
        source: "fs/proc/base.c",
      },
      {
        kind: "syscall",
        names: "prctl PR_SET_MM_MAP",
        allows: "another /proc/self/exe",
        source: "kernel/sys.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Take a pid that others still trust, or pass for another program.",
        conditions: ["something trusts a pid, or /proc/PID/exe"],
        source: "kernel/pid.c",
      },
    ],
    root: { level: "never", reason: "chooses names of its own processes" },
    alternatives: [
      {
        instead: "sys_ptrace beside it",
        purpose: "processes of others: CRIU needs both",
        since: null,
      },
    ],
    sources: [MANUAL, "include/linux/capability.h"],
  },
];
