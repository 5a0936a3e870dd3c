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
  /** Only of capscope itself: the kernel shows nobody those of others. */
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
