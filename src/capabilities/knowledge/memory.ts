// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL, SPENGLER } from "./model.ts";

/** Capabilities over memory, System V IPC, and how much of the machine one may take. */
export const MEMORY_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "ipc_lock",
    since: "2.2",
    summary: "Lock any amount of memory, and use huge pages.",
    gates: [
      {
        kind: "syscall",
        names: "mlock, mlock2, mlockall, mmap with MAP_LOCKED, shmctl SHM_LOCK",
        allows: "beyond RLIMIT_MEMLOCK",
        source: "mm/mlock.c",
      },
      {
        kind: "syscall",
        names: "shmget with SHM_HUGETLB",
        allows: "for groups other than vm.hugetlb_shm_group",
        source: "fs/hugetlbfs/inode.c",
      },
      {
        kind: "syscall",
        names: "perf_event_open buffers, io_uring and RDMA registrations",
        allows: "pinned memory beyond RLIMIT_MEMLOCK",
        source: "mm/util.c",
      },
    ],
    scope: "initial",
    abuses: [
      {
        how: "Lock so much memory that others are killed.",
        conditions: ["no memory limit of a control group"],
        source: "mm/mlock.c",
      },
    ],
    root: { level: "never", reason: "takes memory, and gains no access" },
    alternatives: [
      { instead: "LimitMEMLOCK=, ulimit -l", purpose: "a known amount", since: "2.6.9" },
      {
        instead: "sysctl vm.hugetlb_shm_group",
        purpose: "huge pages for a database's group",
        since: null,
      },
      {
        instead: "nothing: BPF maps count against the control group instead",
        purpose: "loading BPF",
        since: "5.11",
      },
    ],
    sources: [MANUAL, "mm/mlock.c"],
  },
  {
    name: "ipc_owner",
    since: "2.2",
    summary: "Use any System V IPC object, whatever its permissions are.",
    gates: [
      {
        kind: "syscall",
        names: "shmat, shmget, msgsnd, msgrcv, semop, and their ctl calls for reading",
        allows: "what the mode of the object refuses",
        source: "ipc/util.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Read or change the shared memory of another service, such as a database's.",
        conditions: ["it uses System V shared memory in the same IPC namespace"],
        source: SPENGLER,
      },
    ],
    root: {
      level: "conditional",
      reason: "where a process of root trusts what is in System V shared memory",
    },
    alternatives: [
      { instead: "the mode of the object, and a common group", purpose: "", since: null },
      { instead: "POSIX shared memory or memfd_create", purpose: "new programs", since: "3.17" },
    ],
    sources: [MANUAL, "ipc/util.c"],
  },
  {
    name: "sys_nice",
    since: "2.2",
    summary: "Raise priorities, use real-time scheduling, and place other processes.",
    gates: [
      {
        kind: "syscall",
        names: "nice, setpriority",
        allows: "lower nice values than RLIMIT_NICE, and other users' processes",
        source: "kernel/sched/syscalls.c",
      },
      {
        kind: "syscall",
        names: "sched_setscheduler, sched_setparam, sched_setattr",
        allows: "real-time beyond RLIMIT_RTPRIO, deadline, and other users' processes",
        source: "kernel/sched/syscalls.c",
      },
      {
        kind: "syscall",
        names: "sched_setaffinity",
        allows: "other users' processes",
        source: "kernel/sched/syscalls.c",
      },
      {
        kind: "syscall",
        names: "ioprio_set",
        allows: "the real-time class, and other users' processes",
        source: "block/ioprio.c",
      },
      {
        kind: "syscall",
        names: "migrate_pages, move_pages, mbind with MPOL_MF_MOVE_ALL",
        allows: "pages that others use too",
        source: "mm/mempolicy.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Starve all others with a real-time loop.",
        conditions: ["kernel.sched_rt_runtime_us is -1, or real-time control groups allow it"],
        source: "man 7 sched",
      },
    ],
    root: { level: "never", reason: "takes time from others, and gains no access" },
    alternatives: [
      { instead: "LimitNICE=", purpose: "nice values down to a limit", since: "2.6.12" },
      { instead: "LimitRTPRIO=", purpose: "real-time priorities up to a limit", since: "2.6.12" },
      {
        instead: "Nice=, CPUSchedulingPolicy=, IOSchedulingClass=, CPUAffinity=",
        purpose: "a service of fixed priority: systemd sets it before it starts",
        since: null,
      },
      { instead: "rtkit", purpose: "audio in a user's session", since: null },
    ],
    sources: [MANUAL, "kernel/sched/syscalls.c"],
  },
  {
    name: "sys_resource",
    since: "2.2",
    summary: "Go beyond resource limits, quotas and reserves.",
    gates: [
      {
        kind: "syscall",
        names: "setrlimit, prlimit",
        allows: "raising hard limits",
        source: "kernel/sys.c",
      },
      {
        kind: "syscall",
        names: "fork, clone, execve",
        allows: "more processes than RLIMIT_NPROC (SYS_ADMIN does as well)",
        source: "kernel/fork.c",
      },
      {
        kind: "syscall",
        names: "write on ext2, ext4, f2fs and others",
        allows: "blocks reserved for root, and beyond quotas",
        source: "fs/ext4/balloc.c",
      },
      {
        kind: "syscall",
        names: "prctl PR_SET_MM",
        allows: "fields of the memory map",
        source: "kernel/sys.c",
      },
      {
        kind: "syscall",
        names: "fcntl F_SETPIPE_SZ, msgctl IPC_SET, mq_open, sendmsg with SCM_RIGHTS",
        allows: "beyond the limits of pipes, message queues, and descriptors under way",
        source: "fs/pipe.c",
      },
      {
        kind: "file",
        names: "/proc/PID/oom_score_adj",
        allows: "lower values than the lowest that was set before",
        source: "fs/proc/base.c",
      },
    ],
    scope: "both",
    abuses: [
      {
        how: "Use up processes, files or disk space that was kept for root.",
        conditions: ["no limit of a control group in its way"],
        source: "man 2 setrlimit",
      },
    ],
    root: { level: "never", reason: "takes resources, and gains no access" },
    alternatives: [
      {
        instead: "LimitNOFILE=, LimitNPROC=, LimitCORE= and the like",
        purpose: "limits that are set before the service starts",
        since: null,
      },
      { instead: "OOMScoreAdjust=", purpose: "the same for the OOM killer", since: null },
      {
        instead: "nothing: memory of BPF needs no RLIMIT_MEMLOCK",
        purpose: "loading BPF",
        since: "5.11",
      },
    ],
    sources: [MANUAL, "kernel/sys.c", "kernel/fork.c"],
  },
];
