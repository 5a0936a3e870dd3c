// SPDX-License-Identifier: Apache-2.0
import type { SandboxOption } from "./sandbox.ts";
import { runsAsRoot, type Workload } from "./workload.ts";

/**
 * An option of systemd.exec(5), and when it takes nothing away. What the kernel forbids without a
 * capability may be forbidden twice; what it allows without one, a trace of capabilities has not
 * seen.
 */
export interface SandboxRule {
  readonly setting: string;
  /** What it forbids, as the subject of a sentence; without `asks` the whole sentence. */
  readonly what: string;
  /** What all that it forbids asks for, by call; null stands for any. One alone must not be used. */
  readonly asks: readonly {
    readonly capability: string;
    readonly calls: readonly string[] | null;
  }[];
  /** Capabilities that systemd takes out of the bounding set for it (unit_patch_contexts()). */
  readonly implies: readonly string[];
  /** Root may do the same without a capability. */
  readonly user?: "never-root";
  /** Reading the log asks for a capability only where the system says so. */
  readonly log?: "restricted";
  /** In a user namespace of its own a program may do it without a capability on the host. */
  readonly namespaces?: "unused";
}

const MOUNT_CALLS = [
  "mount",
  "umount2",
  "pivot_root",
  "fsopen",
  "fspick",
  "fsmount",
  "move_mount",
  "mount_setattr",
] as const;

/**
 * A filter that answers EPERM does what the kernel does without the capability; each entry has its
 * own answer, so that what the unit's other files say to other calls is left as it is.
 */
function filter(
  entries: readonly string[],
  what: string,
  asks: SandboxRule["asks"],
  facts: Pick<SandboxRule, "namespaces"> = {},
): SandboxRule {
  const [first = "", ...others] = entries.map((entry) => `${entry}:EPERM`);
  const setting = `SystemCallFilter=~${[first, ...others].join(" ")}`;
  return { setting, what, asks, implies: [], ...facts };
}

function asked(capability: string, ...calls: readonly string[]): SandboxRule["asks"][number] {
  return { capability, calls: calls.length === 0 ? null : calls };
}

/** In the order in which they are written. Sources: systemd 252, Linux 6.18. */
export const SANDBOX_RULES: readonly SandboxRule[] = [
  {
    setting: "ProtectSystem=full",
    what: "/usr, /boot and /etc belong to root: another user writes there only what belongs to it",
    asks: [],
    implies: [],
    user: "never-root",
  },
  {
    setting: "ProtectKernelTunables=yes",
    what: "the settings under /proc and /sys belong to root: another user does not write them",
    asks: [],
    implies: [],
    user: "never-root",
  },
  {
    setting: "ProtectControlGroups=yes",
    what: "control groups belong to root, unless the unit has Delegate=",
    asks: [],
    implies: [],
    user: "never-root",
  },
  {
    setting: "ProtectKernelLogs=yes",
    what: "reading the log of the kernel",
    asks: [asked("syslog")],
    implies: ["syslog"],
    user: "never-root",
    log: "restricted",
  },
  {
    setting: "ProtectHostname=yes",
    what: "changing the host name, whose later changes it does not see then,",
    asks: [asked("sys_admin", "sethostname", "setdomainname")],
    implies: [],
    user: "never-root",
  },
  {
    // finit_module() and delete_module() ask before anything else: kernel/module/main.c.
    setting: "ProtectKernelModules=yes",
    what: "loading kernel modules",
    asks: [asked("sys_module")],
    implies: ["sys_module"],
  },
  {
    // user_check_sched_setscheduler(): RLIMIT_RTPRIO is 0 unless LimitRTPRIO= is set.
    setting: "RestrictRealtime=yes",
    what: "realtime scheduling, without LimitRTPRIO=,",
    asks: [asked("sys_nice", "sched_setscheduler", "sched_setparam", "sched_setattr")],
    implies: [],
  },
  {
    // create_new_namespaces() and the install functions of setns(2) ask for it but for user
    // namespaces; mapping ids of one asks for capabilities in it.
    setting: "RestrictNamespaces=yes",
    what: "a new namespace",
    asks: [asked("sys_admin", "clone", "clone3", "unshare", "setns")],
    implies: [],
    namespaces: "unused",
  },
  {
    // packet_create(), xsk_create() and pfkey_create() ask first.
    setting: "RestrictAddressFamilies=~AF_PACKET AF_XDP",
    what: "a packet socket",
    asks: [asked("net_raw", "socket")],
    implies: [],
    namespaces: "unused",
  },
  {
    setting: "RestrictAddressFamilies=~AF_KEY",
    what: "a socket for keys of IPsec",
    asks: [asked("net_admin", "socket")],
    implies: [],
    namespaces: "unused",
  },
  filter(["@module"], "each call that loads a module", [asked("sys_module")]),
  filter(["@reboot"], "each call that restarts the machine", [asked("sys_boot")]),
  filter(["@swap"], "each call that begins or ends swapping", [
    asked("sys_admin", "swapon", "swapoff"),
  ]),
  filter(["@raw-io"], "each call that reaches hardware ports", [asked("sys_rawio")]),
  filter(["clock_settime", "settimeofday"], "each call that sets the clock", [
    asked("sys_time", "clock_settime", "settimeofday"),
  ]),
  filter(["acct"], "acct(2)", [asked("sys_pacct")]),
  filter(MOUNT_CALLS, "each call that mounts", [asked("sys_admin", ...MOUNT_CALLS)], {
    namespaces: "unused",
  }),
  filter(["chroot"], "chroot(2)", [asked("sys_chroot")], {
    namespaces: "unused",
  }),
];

/** Without root's files and without the capability that opens them: what is root's stays as it is. */
export function isUntouchable(workload: Workload): boolean {
  const { evidence, grant } = workload;
  const opens = ["dac_override", "chown", "fowner", "setuid"];
  const holds = grant.all.some((name) => opens.includes(name));
  return evidence?.isNeverRoot === true && !runsAsRoot(workload) && !holds;
}

/** What no trace of capabilities decides, and worth a try: each with what has to be known. */
export const UNDECIDED: readonly SandboxOption[] = [
  {
    setting: "ProtectSystem=strict",
    reason: "which paths it writes: name them in ReadWritePaths=",
  },
  { setting: "ProtectHome=yes", reason: "whether it reads home directories" },
  { setting: "PrivateTmp=yes", reason: "whether it shares files or sockets in /tmp" },
  { setting: "PrivateDevices=yes", reason: "which devices it opens" },
  { setting: "ProtectClock=yes", reason: "whether it opens devices, or reads adjtimex(2)" },
  { setting: "ProtectProc=invisible", reason: "whether it looks at processes of other users" },
  { setting: "RestrictSUIDSGID=yes", reason: "whether it makes setuid or setgid files" },
  { setting: "MemoryDenyWriteExecute=yes", reason: "whether it compiles code while it runs" },
  { setting: "LockPersonality=yes", reason: "whether it changes its personality(2)" },
  { setting: "SystemCallArchitectures=native", reason: "whether it runs programs of another ABI" },
];
