// SPDX-License-Identifier: Apache-2.0

/**
 * What a trace yields, as plain readonly data; the published schema is schemas/profile.schema.json.
 * A check seen is not a need: verdicts say what the evidence allows to say.
 */

export const PROFILE_SCHEMA_VERSION = 1;

/**
 * The weightiest first.
 *
 * - `required`: granted, and the answer decides the outcome of a system call
 * - `conditional`: the same, but only because a setting of this system asks for it
 * - `self-confinement`: asked for by a program that gives up privileges for good
 * - `denied`: asked for and refused, every time
 * - `capset-only`: put or deliberately kept into a set by the program, and never asked for
 * - `namespaced`: asked for in a user namespace other than the initial one: no need on the host, but
 *   one in that namespace when the process lives in it
 * - `opportunistic`: the kernel asks and has a fallback: memory accounting, reserved blocks ...
 * - `borrowed`: asked of credentials that are not the program's own, such as those of a mounter
 */
export type Verdict = (typeof VERDICTS)[number];
export const VERDICTS = [
  "required",
  "conditional",
  "self-confinement",
  "denied",
  "capset-only",
  "namespaced",
  "opportunistic",
  "borrowed",
] as const;

/**
 * How far the rules carry a verdict.
 *
 * - `high`: a rule explains each place in the kernel that was seen to ask
 * - `medium`: not each; or none was seen, and the system call alone tells
 * - `low`: no rule explains it; a granted one is taken as a need
 */
export type Confidence = (typeof CONFIDENCES)[number];
export const CONFIDENCES = ["high", "medium", "low"] as const;

/** Verdicts of what a program must be granted to do the same again. */
export const NEEDED_VERDICTS: readonly Verdict[] = ["required", "conditional"];

/**
 * Verdicts of what is granted by the evidence of a trace alone: a set that breaks the program is worse
 * than one that is too wide. Whether it copes without is for re-runs to tell.
 */
export const GRANTED_VERDICTS: readonly Verdict[] = [
  ...NEEDED_VERDICTS,
  "self-confinement",
  "capset-only",
];

/** Whether a process had given up privileges when it asked; see `CredentialsRow`. */
export type Phase = "start-up" | "after-drop";

/** What was followed. `program` is the path of the first program, or its name. */
export type Subject =
  | { readonly kind: "command"; readonly program: string; readonly argv: readonly string[] }
  | { readonly kind: "process"; readonly program: string; readonly pid: number }
  | { readonly kind: "unit"; readonly unit: string }
  | {
      readonly kind: "service";
      readonly unit: string;
      readonly file: string;
      readonly argv: readonly string[];
    }
  | { readonly kind: "container"; readonly id: string; readonly runtime: string | null }
  | { readonly kind: "cgroup"; readonly path: string };

/** Settings that decide whether a capability is asked for. */
export interface SystemContext {
  /** By dotted name, "kernel.kptr_restrict"; null where this kernel has none or hides it. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Active security modules in the kernel's order; null where securityfs is not mounted. */
  readonly securityModules: readonly string[] | null;
  readonly lockdown: "none" | "integrity" | "confidentiality" | null;
}

/** One program of one process, from its exec to the next one or to its exit. */
export interface Image {
  readonly id: number;
  /** Of the initial PID namespace. */
  readonly pid: number;
  readonly parentPid: number;
  readonly comm: string;
  /** As it was executed; the name in brackets where only that is known. */
  readonly exe: string;
  readonly argv: readonly string[] | null;
  /**
   * What its file gives and insists on ("+ep" in setcap's words): without one of them in the
   * bounding set the program cannot be executed, not even by root.
   */
  readonly fileCapabilities: readonly string[];
  /** True when it ran before the trace began. */
  readonly attached: boolean;
  /** Nanoseconds since the trace began; negative when it ran before. */
  readonly startNs: number;
  /** Null while it runs. */
  readonly endNs: number | null;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
}

/** Credentials that a process of an image was seen with. */
export interface CredentialsRow {
  readonly id: number;
  readonly image: number;
  /** The row that the process had before: of the same image, or of the program that executed it. */
  readonly previous: number | null;
  /** The credentials after a loss of permitted capabilities, or after root's uid was given up. */
  readonly phase: Phase;
  readonly uid: number;
  readonly effectiveUid: number;
  readonly permitted: readonly string[];
  readonly effective: readonly string[];
  readonly inheritable: readonly string[];
  readonly bounding: readonly string[];
  readonly ambient: readonly string[];
  /** "noroot", "noroot-locked", "keep-caps" ...: man 7 capabilities. */
  readonly securebits: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly firstNs: number;
}

/** A place in a program, as far as its symbols tell. */
export interface UserFunction {
  /** "[jit]" for code that no file holds, "[unknown]" where no symbol covers it. */
  readonly name: string;
  /** Path of the program or shared object; null where the kernel knew none. */
  readonly file: string | null;
  /** Hexadecimal. */
  readonly buildId: string | null;
  /** Of the return address in the file. */
  readonly offset: number | null;
}

/** How system calls ended in which a capability was denied. */
export interface SyscallOutcome {
  readonly syscall: string;
  /** Null for success. */
  readonly errno: string | null;
  readonly count: number;
}

/** Checks of one image that are alike. */
export interface Observation {
  readonly image: number;
  /** Row of `credentials` that the check was made with; null where they were not seen. */
  readonly credentials: number | null;
  readonly phase: Phase;
  /** Lower case without prefix; unknown numbers as `cap_41`. */
  readonly capability: string;
  readonly granted: boolean;
  /** Null outside a system call. */
  readonly syscall: string | null;
  readonly verdict: Verdict;
  /** The kernel function that asked; null where the kernel hides its symbols. */
  readonly gate: string | null;
  /** Why the verdict is what it is, in one sentence for whoever does not know the kernel. */
  readonly reason: string | null;
  readonly confidence: Confidence;
  /** The kernel's functions, innermost first, where no rule explains the check; else empty. */
  readonly kernelStack: readonly string[];
  /** The settings of the system that bear on the question: "kernel.dmesg_restrict = 1". */
  readonly conditions: readonly string[];
  /** Capabilities that together do in its place, because the kernel asks for them first or next. */
  readonly alternatives: readonly string[];
  /** For which it was asked: the initial one, the process's own other one, a further one. */
  readonly userNamespace: "initial" | "own" | "other";
  /** The program's functions that led there most often, innermost first; empty without samples. */
  readonly userStack: readonly UserFunction[];
  /**
   * How the system calls of a denied check ended; empty where that was not seen. Of a granted one,
   * only those that failed with EPERM or EACCES: by another check, or by a security module.
   */
  readonly outcomes: readonly SyscallOutcome[];
  readonly count: number;
  /** Nanoseconds since the trace began. */
  readonly firstNs: number;
  readonly lastNs: number;
}

export interface TraceCoverage {
  /** False when checks or programs were lost, or no program ran. */
  readonly complete: boolean;
  readonly lost: { readonly checks: number; readonly stacks: number; readonly images: number };
  readonly gaps: readonly string[];
}

/**
 * What re-runs under real limits say of a capability that the command was granted.
 *
 * - `needed`: the command does not work with the proven set without it
 * - `droppable`: the command works with the proven set, which is without it
 * - `untested`: nothing is proven, for a reason that is told
 */
export type ProofVerdict = (typeof PROOF_VERDICTS)[number];
export const PROOF_VERDICTS = ["needed", "droppable", "untested"] as const;

/** A system call of a re-run in which a capability was refused. */
export interface RefusedCall {
  readonly capability: string;
  readonly program: string;
  /** Null outside a system call. */
  readonly syscall: string | null;
  /** `not-seen` also outside a system call. */
  readonly end: "failed" | "succeeded" | "not-seen";
  /** Null unless it failed. */
  readonly errno: string | null;
  readonly gate: string | null;
  readonly userStack: readonly UserFunction[];
}

export interface CapabilityProof {
  readonly capability: string;
  readonly proof: ProofVerdict;
  /** How the command fared without it: "ended with status 1, not 0"; null where it worked. */
  readonly failure: string | null;
  /** Why it is untested; null where it is not. */
  readonly reason: string | null;
  /** Calls that were refused it when it was not there: also where the command works all the same. */
  readonly refused: readonly RefusedCall[];
}

/** What had to be so for the command to count as working. */
export interface ProofCriterion {
  /** Of the command; null for a daemon, which is stopped. */
  readonly status: number | null;
  /** How a daemon shows that it is ready: "port:8080"; null for a command that ends by itself. */
  readonly ready: string | null;
  /** Line of shell that had to succeed; null without one. */
  readonly check: string | null;
  /** Also no system call may be refused a capability that was not refused with all of them. */
  readonly strict: boolean;
}

/** What re-runs of the command of a trace have proven, each under limits that the kernel enforced. */
export interface Proof {
  /** Root limited by the bounding set, or a user with ambient capabilities. */
  readonly method: "root" | "user";
  readonly uid: number;
  readonly criterion: ProofCriterion;
  /** How often each answer was confirmed. */
  readonly runsPerAnswer: number;
  /** One for each capability, in number order. */
  readonly capabilities: readonly CapabilityProof[];
  /**
   * Sets with which the command works, and with none of whose members less, ordered; the first is
   * the recommended one. Empty where none was proven.
   */
  readonly minimalSets: readonly (readonly string[])[];
  /** The smallest set with which the command was seen to work, also where more could go. */
  readonly workingSet: readonly string[];
  /** Runs of the command, that of the trace included, and how long they took. */
  readonly runs: number;
  readonly durationNs: number;
  readonly notes: readonly string[];
}

/** One trace: everything that it saw. A profile is made of one or more. */
export interface Run {
  /** Told apart by it when profiles are merged. */
  readonly id: string;
  readonly host: { readonly name: string; readonly kernel: string };
  readonly tool: { readonly name: "capscope"; readonly version: string };
  /** When it began; RFC 3339, UTC. */
  readonly time: string;
  readonly subject: Subject;
  readonly wayIn: "tp_btf" | "fexit" | "kprobe";
  readonly durationNs: number;
  readonly context: SystemContext;
  readonly images: readonly Image[];
  readonly credentials: readonly CredentialsRow[];
  readonly observations: readonly Observation[];
  readonly coverage: TraceCoverage;
  /** Null where the command was not run again. */
  readonly proof: Proof | null;
}

/** One way in which a capability was asked for: by a program, in a system call, by a function. */
export interface Use {
  readonly program: string;
  readonly syscall: string | null;
  readonly gate: string | null;
  readonly verdict: Verdict;
  readonly reason: string | null;
  readonly confidence: Confidence;
  /** The kernel's functions, innermost first, where no rule explains the checks; else empty. */
  readonly kernelStack: readonly string[];
  readonly phase: Phase;
  readonly granted: number;
  readonly denied: number;
  readonly userStack: readonly UserFunction[];
  readonly outcomes: readonly SyscallOutcome[];
}

/**
 * What the ends of the system calls say about a denial.
 *
 * - `failing`: one failed with EPERM or EACCES
 * - `mixed`: some succeeded, some were interrupted or failed otherwise
 * - `harmless`: all succeeded all the same
 * - `not-established`: they failed for other reasons
 * - `inconclusive`: their ends were not seen, or they were interrupted
 */
export type Denial = (typeof DENIALS)[number];
export const DENIALS = ["failing", "mixed", "harmless", "not-established", "inconclusive"] as const;

/** What the observations of one capability add up to. */
export interface CapabilityFinding {
  readonly capability: string;
  /** The weightiest verdict among its observations, in the order of `VERDICTS`. */
  readonly verdict: Verdict;
  /** Of a need, that of its best explained use; of anything else, that of its worst. */
  readonly confidence: Confidence;
  readonly granted: number;
  readonly denied: number;
  /** Phases of the uses with that verdict. */
  readonly phases: readonly Phase[];
  /** All ways in which it was asked for, those with that verdict first. */
  readonly uses: readonly Use[];
  /** The settings of the system that bear on it, such as "kernel.dmesg_restrict = 1". */
  readonly conditions: readonly string[];
  /** Capabilities that together do in its place wherever it was needed; empty where none do. */
  readonly alternatives: readonly string[];
  /** Of denied checks; null where there were none. */
  readonly denial: Denial | null;
  /** Sets into which the program put it: "effective", "permitted", "inheritable"; its file: "file". */
  readonly installedIn: readonly string[];
  /** Ids of the runs that saw it. */
  readonly runs: readonly string[];
}

/**
 * - `needs`: at least one capability decided something
 * - `needs-nothing-seen`: programs ran and no capability decided anything
 * - `inconclusive`: no program ran, one that ran already did nothing that asks, or checks were lost
 */
export type Conclusion = "needs" | "needs-nothing-seen" | "inconclusive";

export interface Profile {
  readonly schemaVersion: typeof PROFILE_SCHEMA_VERSION;
  readonly kind: "profile";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  /** Of the first run. */
  readonly subject: Subject;
  /** Ordered by time. Everything below follows from them. */
  readonly runs: readonly Run[];
  readonly findings: readonly CapabilityFinding[];
  readonly conclusion: Conclusion;
  /** With what all runs' commands work, each by its first minimal set; null when one is unproven. */
  readonly proven: readonly string[] | null;
  readonly coverage: TraceCoverage;
}

export const PROFILE_DIFF_SCHEMA_VERSION = 1;

/** What a comparison says of each of its two profiles. */
export interface ComparedProfile {
  readonly subject: Subject;
  /** When its runs began: RFC 3339, UTC, ordered. */
  readonly times: readonly string[];
  readonly conclusion: Conclusion;
  readonly coverage: TraceCoverage;
}

/**
 * A capability of which two profiles say different things.
 *
 * - `added`: the new profile alone speaks of it
 * - `gone`: the old one alone
 * - `verdict`: they judge it differently
 * - `uses`: it is needed in both, and the new one has programs, system calls or gates more
 */
export interface CapabilityChange {
  readonly capability: string;
  readonly change: "added" | "gone" | "verdict" | "uses";
  /** Null where the profile does not speak of it. */
  readonly oldVerdict: Verdict | null;
  readonly newVerdict: Verdict | null;
  /** Of a capability that is needed now: what had no need of it in the old profile. */
  readonly newPrograms: readonly string[];
  readonly newSyscalls: readonly string[];
  readonly newGates: readonly string[];
}

/** A setting of the systems that the runs were made on. Values are those of all runs, ordered. */
export interface ContextChange {
  /** "kernel", "lockdown", "security modules", or the dotted name of a sysctl. */
  readonly setting: string;
  /** Null for a run that could not tell. */
  readonly oldValues: readonly (string | null)[];
  readonly newValues: readonly (string | null)[];
}

/** What changed from one profile to another; schemas/profile-diff.schema.json. */
export interface ProfileDiff {
  readonly schemaVersion: typeof PROFILE_DIFF_SCHEMA_VERSION;
  readonly kind: "profile-diff";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly old: ComparedProfile;
  readonly new: ComparedProfile;
  /** False for profiles of different programs, units ... */
  readonly sameSubject: boolean;
  /** True when anything below differs, or the conclusions do. */
  readonly differs: boolean;
  readonly capabilities: readonly CapabilityChange[];
  readonly context: readonly ContextChange[];
}

export const MONITOR_SCHEMA_VERSION = 1;

/** What a monitor's totals are kept by. */
export type MonitorGrouping = (typeof MONITOR_GROUPINGS)[number];
export const MONITOR_GROUPINGS = ["pid", "comm", "unit"] as const;

/** The first line of a monitor: schemas/monitor-line.schema.json. */
export interface MonitorStart {
  readonly schemaVersion: typeof MONITOR_SCHEMA_VERSION;
  readonly kind: "monitor";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC, as all times of a monitor. */
  readonly time: string;
  readonly wayIn: "tp_btf" | "fexit" | "kprobe";
}

/**
 * A process asked for a capability in a way that is new for its program: another system call,
 * another answer, another place in the kernel. It is told once.
 */
export interface MonitorCheck {
  readonly schemaVersion: typeof MONITOR_SCHEMA_VERSION;
  readonly kind: "check";
  /** Of the first check of this kind. */
  readonly time: string;
  /** Of the initial PID namespace; null where the process was lost. */
  readonly pid: number | null;
  readonly parentPid: number | null;
  /** When the process was made: tells it from others that had the pid. Null where not known. */
  readonly started: string | null;
  /** The program's name at its exec. */
  readonly comm: string | null;
  readonly exe: string | null;
  readonly unit: string | null;
  readonly container: { readonly id: string; readonly runtime: string | null } | null;
  /** Whose control group tells unit and container: of a process that ended early, an ancestor's. */
  readonly placedBy: "process" | "ancestor" | null;
  /** Lower case without prefix; unknown numbers as `cap_41`. */
  readonly capability: string;
  readonly granted: boolean;
  /** Null outside a system call. */
  readonly syscall: string | null;
  readonly gate: string | null;
  readonly verdict: Verdict;
  readonly reason: string | null;
}

/** How often a group asked for a capability. What does not tell the group apart is null. */
export interface MonitorTotal {
  readonly schemaVersion: typeof MONITOR_SCHEMA_VERSION;
  readonly kind: "total";
  readonly by: MonitorGrouping;
  /** Groups that were too many to be kept apart; of processes, those with one comm. */
  readonly rest: boolean;
  readonly pid: number | null;
  readonly started: string | null;
  readonly comm: string | null;
  readonly unit: string | null;
  readonly capability: string;
  readonly granted: number;
  readonly denied: number;
  readonly first: string;
  readonly last: string;
}

/** The last line of a monitor: what it counted, and what it could not see. */
export interface MonitorCoverage {
  readonly schemaVersion: typeof MONITOR_SCHEMA_VERSION;
  readonly kind: "coverage";
  readonly time: string;
  readonly durationNs: number;
  /** False when checks or programs were lost. */
  readonly complete: boolean;
  /** Checks, but for the monitor's own. The next three add up to it. */
  readonly counted: number;
  /** Those that lines and totals speak of. */
  readonly shown: number;
  /** Those that filters left out. */
  readonly filtered: number;
  /** Those that no filter left out, but that need `--all`, by verdict. */
  readonly hidden: Readonly<Partial<Record<Verdict, number>>>;
  /** Of `filtered`: made by processes that ended before unit or container could be read. */
  readonly unplaced: number;
  readonly lines: number;
  readonly lost: { readonly checks: number; readonly stacks: number; readonly images: number };
  readonly gaps: readonly string[];
}
