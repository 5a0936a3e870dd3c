// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL, SPENGLER } from "./model.ts";

/** Capabilities over logs, and over the machine's sleep. */
export const LOGGING_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "audit_write",
    since: "2.6.11",
    summary: "Write records to the kernel's audit log.",
    gates: [
      {
        kind: "netlink",
        names: "AUDIT_USER, AUDIT_FIRST_USER_MSG to AUDIT_LAST_USER_MSG2",
        allows: "records of user space",
        source: "kernel/audit.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Forge log-ins, or fill the log until it rotates or the machine stops.",
        conditions: ["auditd runs, and stops the machine when its disk is full, for the latter"],
        source: "kernel/audit.c",
      },
    ],
    root: { level: "never", reason: "adds records only" },
    alternatives: [
      {
        instead:
          "nothing: programs that log in users go on without, where audit refuses with EPERM",
        purpose: "sshd, sudo, cron and PAM in containers",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/audit.c"],
  },
  {
    name: "audit_control",
    since: "2.6.11",
    summary: "Configure auditing: rules, state, log-in ids.",
    gates: [
      {
        kind: "netlink",
        names:
          "AUDIT_SET, AUDIT_GET, AUDIT_ADD_RULE, AUDIT_DEL_RULE, AUDIT_LIST_RULES, AUDIT_TTY_SET",
        allows: "rules and state; to become the audit daemon",
        source: "kernel/audit.c",
      },
      {
        kind: "file",
        names: "/proc/PID/loginuid",
        allows: "a change, where it was set already and is not immutable",
        source: "kernel/auditsc.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Delete rules, switch auditing off, or take another log-in id.",
        conditions: ["the configuration is not locked (auditctl -e 2)"],
        source: "kernel/audit.c",
      },
      {
        how: "Become the audit daemon, and read what is recorded: commands, and what root types.",
        conditions: ["no audit daemon is registered", "pam_tty_audit is in use, for the latter"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "conditional",
      reason:
        "reads the records of auditing, passwords of root among them where key strokes are audited",
    },
    alternatives: [
      { instead: "audit_read", purpose: "reading records by multicast", since: "3.16" },
      {
        instead: "pam_loginuid, once, by what starts sessions",
        purpose: "log-in ids",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/audit.c"],
  },
  {
    name: "audit_read",
    since: "3.16",
    summary: "Read audit records as they come, by multicast.",
    gates: [
      {
        kind: "netlink",
        names: "bind to AUDIT_NLGRP_READLOG",
        allows: "listening",
        source: "kernel/audit.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Read what others do, with arguments of commands, and key strokes where they are audited.",
        conditions: ["auditing is on"],
        source: "kernel/audit.c",
      },
    ],
    root: { level: "never", reason: "reads records; a password in them is another matter" },
    alternatives: [
      {
        instead: "a plugin of auditd (audisp), or the journal",
        purpose: "records without a capability",
        since: null,
      },
    ],
    sources: [MANUAL, "kernel/audit.c"],
  },
  {
    name: "syslog",
    since: "2.6.37",
    summary: "Read and clear the kernel's log, and see kernel addresses.",
    gates: [
      {
        kind: "syscall",
        names: "syslog",
        allows: "all actions; reading needs it where kernel.dmesg_restrict is 1",
        source: "kernel/printk/printk.c",
      },
      {
        kind: "file",
        names: "/dev/kmsg, /proc/kmsg",
        allows: "reading, beside the mode of the file",
        source: "kernel/printk/printk.c",
      },
      {
        kind: "file",
        names: "/proc/kallsyms, /proc/modules and other %pK",
        allows: "addresses, where kernel.kptr_restrict is 1",
        source: "kernel/ksyms_common.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Learn the kernel's addresses, which makes another flaw usable.",
        conditions: ["there is such a flaw", "kernel.kptr_restrict is not 2"],
        source: "lib/vsprintf.c",
      },
    ],
    root: { level: "never", reason: "learns addresses; a flaw has to come to it" },
    alternatives: [
      { instead: "the journal (group systemd-journal)", purpose: "kernel messages", since: null },
      {
        instead: "sysctl kernel.dmesg_restrict=0",
        purpose: "a machine whose log everybody may read",
        since: "2.6.37",
      },
    ],
    sources: [MANUAL, "kernel/printk/printk.c"],
  },
  {
    name: "wake_alarm",
    since: "3.0",
    summary: "Set timers that wake the machine from sleep.",
    gates: [
      {
        kind: "syscall",
        names: "timer_create, timerfd_create with CLOCK_REALTIME_ALARM or CLOCK_BOOTTIME_ALARM",
        allows: "them",
        source: "kernel/time/alarmtimer.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Keep a machine awake, and empty its battery.",
        conditions: ["the machine sleeps"],
        source: "kernel/time/alarmtimer.c",
      },
    ],
    root: { level: "never", reason: "only wakes the machine" },
    alternatives: [{ instead: "WakeSystem= in a timer unit", purpose: "", since: "systemd 212" }],
    sources: [MANUAL, "kernel/time/alarmtimer.c"],
  },
  {
    name: "block_suspend",
    since: "3.5",
    summary: "Keep the machine from going to sleep.",
    gates: [
      {
        kind: "syscall",
        names: "epoll_ctl with EPOLLWAKEUP",
        allows: "it; without, the flag is left out in silence",
        source: "fs/eventpoll.c",
      },
      {
        kind: "file",
        names: "/sys/power/wake_lock, /sys/power/wake_unlock",
        allows: "locks, beside the mode of the file",
        source: "kernel/power/wakelock.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Keep a machine awake, and empty its battery.",
        conditions: ["the machine sleeps"],
        source: "kernel/power/wakelock.c",
      },
    ],
    root: { level: "never", reason: "only keeps the machine awake" },
    alternatives: [
      { instead: "systemd-inhibit", purpose: "holding off sleep for a while", since: null },
    ],
    sources: [MANUAL, "fs/eventpoll.c"],
  },
];
