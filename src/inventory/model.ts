// SPDX-License-Identifier: Apache-2.0
import type {
  Credentials,
  DifferingThreads,
  Gap,
  Management,
  SeccompMode,
} from "../process/model.ts";

/**
 * What `ps`, `files` and `self` know, as plain readonly data; the published schemas are
 * schemas/ps.schema.json, files.schema.json and self.schema.json. `null` always means "could not
 * be checked", never "no"; what could not be seen is counted in `coverage`.
 */
export const INVENTORY_SCHEMA_VERSION = 1;

/** What every document says of where and when it was made. */
export interface ReportHead<Kind extends string> {
  readonly schemaVersion: typeof INVENTORY_SCHEMA_VERSION;
  readonly kind: Kind;
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** A process with what it may do. */
export interface ListedProcess extends Credentials, Management {
  readonly pid: number;
  readonly parentPid: number;
  /** Clock ticks since boot; with the pid, the identity of the process. */
  readonly startTime: number;
  readonly comm: string;
  /** Without the " (deleted)" of a file that is gone; null for kernel threads too. */
  readonly exe: string | null;
  /** Account name of the effective uid from /etc/passwd, or null. */
  readonly account: string | null;
  readonly kernelThread: boolean;
  /** Inode number of its user namespace. */
  readonly userNamespace: number | null;
  /** In a user namespace other than the initial one: its capabilities do not hold on the host. */
  readonly childUserNamespace: boolean | null;
  /** Null where they were not asked for: no file under /proc tells them. */
  readonly securebits: readonly string[] | null;
  readonly ambientPresent: boolean;
  /** The bounding set was not trimmed below that of pid 1. */
  readonly openEndedBounding: boolean;
  /**
   * Some thread holds, or can raise, a capability that leads to control of the host; false in a
   * child user namespace.
   */
  readonly privilegedCaps: boolean;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: SeccompMode | null;
  readonly threadCount: number;
  readonly differingThreads: readonly DifferingThreads[];
}

/** A process that is not listed, but has children that are. */
export interface Ancestor {
  readonly pid: number;
  readonly parentPid: number;
  readonly comm: string;
}

export interface PsReport extends ReportHead<"ps"> {
  /** Most dangerous first. */
  readonly processes: readonly ListedProcess[];
  /** What leads from pid 1 to the processes listed, by pid. */
  readonly ancestors: readonly Ancestor[];
  readonly coverage: PsCoverage;
}

export interface PsCoverage {
  /** False when any gap is `incomplete`. */
  readonly complete: boolean;
  /** Kernel threads and zombies included. */
  readonly processesSeen: number;
  readonly processesUnreadable: number;
  readonly gaps: readonly Gap[];
}

/** What deserves attention about a file, worst first. */
export const FILE_FLAGS = [
  "gives-root",
  "interpreter",
  "writable-by-others",
  "in-writable-directory",
  "differs-from-package",
  "not-from-package",
  "undecodable",
  "root-id",
  "inheritable-only",
  "permitted-only",
  "script",
  "not-executable",
  "nosuid-mount",
] as const;
export type FileFlag = (typeof FILE_FLAGS)[number];

/** A decoded security.capability attribute. */
export interface ListedCapabilities {
  /** cap_to_text(3) form such as "cap_net_raw=ep". */
  readonly text: string;
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly effective: boolean;
  /** The uid that is root in the user namespace in which they count; null: the initial one. */
  readonly rootUid: number | null;
}

/** What a package manager knows of a file; null: it does not record it, or it was not readable. */
export interface ListedPackage {
  readonly manager: "dpkg" | "rpm";
  readonly name: string;
  /** The content has the checksum that it was installed with. */
  readonly contentMatches: boolean | null;
  readonly modeMatches: boolean | null;
  readonly capabilitiesMatch: boolean | null;
}

/** A regular file with capabilities, or set-user-ID or set-group-ID bits. */
export interface ListedFile {
  readonly path: string;
  /** Other names of the same file that were met: hard links, and mounts seen twice. */
  readonly otherPaths: readonly string[];
  /** Octal permission bits such as "4755". */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Names from /etc/passwd and /etc/group, or null. */
  readonly owner: string | null;
  readonly group: string | null;
  readonly setuid: boolean;
  /** The bit with the group's right to execute; without, it once meant mandatory locking. */
  readonly setgid: boolean;
  readonly capabilities: ListedCapabilities | null;
  /** Of an attribute that is no capabilities: its bytes in hexadecimal. */
  readonly undecodedAttribute: string | null;
  /** Null: no package has it, or no package manager is known here. */
  readonly package: ListedPackage | null;
  readonly flags: readonly FileFlag[];
}

/** A mount that was not entered. */
export interface SkippedMount {
  readonly path: string;
  readonly type: string;
  readonly reason: "kernel" | "network" | "other-file-system";
}

export interface FilesReport extends ReportHead<"files"> {
  /** What was walked, without symbolic links. */
  readonly roots: readonly string[];
  /** Those with the worst flags first, then by path. */
  readonly files: readonly ListedFile[];
  readonly skippedMounts: readonly SkippedMount[];
  /** Package managers that were asked. */
  readonly packageManagers: readonly ("dpkg" | "rpm")[];
  readonly coverage: FilesCoverage;
}

export interface FilesCoverage {
  /** False when any gap is `incomplete`. */
  readonly complete: boolean;
  /** Regular files that were looked at. */
  readonly filesSeen: number;
  readonly directoriesSeen: number;
  /** Files and directories that could not be read. */
  readonly unreadable: number;
  readonly gaps: readonly Gap[];
}

/** What the kernel makes of a file when somebody executes it. */
export interface ExecOutcome {
  /**
   * `user`: an ordinary user. `root`: all capabilities. `confined`: an ordinary user with
   * no_new_privs. `trimmed`: an ordinary user whose bounding set has none of the capabilities.
   */
  readonly who: "user" | "root" | "confined" | "trimmed";
  /** The kernel does not execute it at all: EPERM. */
  readonly refused: boolean;
  readonly permitted: readonly string[];
  readonly effective: readonly string[];
}

/** What `files set` and `files remove` do. */
export interface FileChange extends ReportHead<"file-change"> {
  readonly path: string;
  readonly action: "set" | "remove";
  /** Nothing was written, because only a look was asked for. */
  readonly dryRun: boolean;
  /** False when the file has already what was asked for. */
  readonly changes: boolean;
  readonly before: ListedCapabilities | null;
  readonly after: ListedCapabilities | null;
  /** By the kernel's rules for execve(2); for a script, those of its interpreter apply instead. */
  readonly outcomes: readonly ExecOutcome[];
  /** What else follows, in words. */
  readonly notes: readonly string[];
}

/** Kinds of namespaces, as /proc/PID/ns names them. */
export const NAMESPACE_KINDS = [
  "user",
  "mnt",
  "pid",
  "net",
  "ipc",
  "uts",
  "cgroup",
  "time",
] as const;

export interface OwnNamespace {
  readonly kind: (typeof NAMESPACE_KINDS)[number];
  /** Inode number; null when it could not be read. */
  readonly inode: number | null;
  /** That of the machine's first process; null where neither the number nor pid 1 tells. */
  readonly initial: boolean | null;
}

/** A line of /proc/self/uid_map or gid_map. */
export interface IdMapping {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Whether something would work from here; `perhaps`: what decides cannot be seen from here. */
export const POWER_STATES = ["yes", "perhaps", "no", "unknown"] as const;
export type PowerState = (typeof POWER_STATES)[number];

/** Something dangerous, and whether this process could do it. Nothing of it was tried. */
export interface Power {
  /** Stable identifier such as "mount". */
  readonly id: string;
  readonly what: string;
  readonly state: PowerState;
  readonly reason: string;
}

export interface OwnContainer {
  readonly runtime: string | null;
  readonly id: string | null;
  /** What tells, such as "/.dockerenv"; empty where nothing does. */
  readonly evidence: readonly string[];
}

export interface SelfReport extends ReportHead<"self"> {
  /** Null for what could not be read. */
  readonly credentials: Credentials | null;
  readonly securebits: readonly string[] | null;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: SeccompMode | null;
  readonly seccompFilters: number | null;
  /** Label of the first LSM that has one; "" when no LSM labels processes here. */
  readonly lsm: string | null;
  readonly uidMap: readonly IdMapping[] | null;
  readonly gidMap: readonly IdMapping[] | null;
  readonly namespaces: readonly OwnNamespace[];
  readonly unit: string | null;
  readonly container: OwnContainer;
  readonly powers: readonly Power[];
  readonly coverage: SelfCoverage;
}

export interface SelfCoverage {
  /** False when any gap is `incomplete`. */
  readonly complete: boolean;
  readonly gaps: readonly Gap[];
}

/** A file of an image as a container of it sees it. */
export interface ImageFile extends Pick<
  ListedFile,
  | "path"
  | "otherPaths"
  | "mode"
  | "uid"
  | "gid"
  | "setuid"
  | "setgid"
  | "capabilities"
  | "undecodedAttribute"
  | "flags"
> {
  /** Number of the layer that has it, from 1 for the lowest. */
  readonly layer: number;
}

export interface ImageContent {
  /** Tags or references; empty where the archive has none. */
  readonly names: readonly string[];
  readonly layers: number;
  /** Those with the worst flags first, then by path. */
  readonly files: readonly ImageFile[];
}

export interface ImageReport extends ReportHead<"image-files"> {
  /** The archive, as it was given. */
  readonly archive: string;
  readonly images: readonly ImageContent[];
  readonly coverage: {
    readonly complete: boolean;
    readonly gaps: readonly Gap[];
  };
}
