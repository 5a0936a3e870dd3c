// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, parseMask } from "../../capabilities/set.ts";

/** Real, effective, saved and file system id, in that order. */
export type FourIds = readonly [number, number, number, number];

/** What /proc/PID/status says of a task (man 5 proc_pid_status). */
export interface TaskStatus {
  /** The raw task name: any bytes but NUL, at most 15. */
  readonly comm: string;
  /** One letter; "Z" for a leader that exited before its threads. */
  readonly state: string;
  /** The process, also in the status of one of its threads. */
  readonly pid: number;
  readonly parentPid: number;
  readonly uids: FourIds;
  readonly gids: FourIds;
  readonly threads: number;
  /** Pids in the nested PID namespaces, outermost first; one entry when there is no nesting. */
  readonly namespacePids: number;
  readonly permitted: CapabilitySet;
  readonly effective: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: "disabled" | "strict" | "filter" | null;
  readonly seccompFilters: number | null;
}

const SECCOMP_MODES = ["disabled", "strict", "filter"] as const;

const maskOfText = new Map<string, CapabilitySet>();

/** Parses the text of /proc/PID/status or /proc/PID/task/TID/status. */
export function parseStatus(text: string): TaskStatus {
  const fields = new Map<string, string>();
  for (let start = 0; start < text.length;) {
    const end = lineEnd(text, start);
    const colon = text.indexOf(":", start);
    if (colon !== -1 && colon < end) {
      fields.set(text.slice(start, colon), text.slice(colon + 1, end));
    }
    start = end + 1;
  }
  const number = (key: string): number => Number(fields.get(key) ?? Number.NaN);
  const mask = (key: string): CapabilitySet => cachedMask((fields.get(key) ?? "").trim());
  const seccomp = fields.get("Seccomp");
  const noNewPrivs = fields.get("NoNewPrivs");
  const filters = fields.get("Seccomp_filters");
  return {
    comm: unescapeName((fields.get("Name") ?? "").slice(1)),
    state: (fields.get("State") ?? "").trim().charAt(0),
    pid: number("Tgid"),
    parentPid: number("PPid"),
    uids: fourIds(fields.get("Uid")),
    gids: fourIds(fields.get("Gid")),
    threads: number("Threads"),
    namespacePids: (fields.get("NSpid") ?? "").trim().split(/\s+/).length,
    permitted: mask("CapPrm"),
    effective: mask("CapEff"),
    inheritable: mask("CapInh"),
    bounding: mask("CapBnd"),
    ambient: mask("CapAmb"),
    noNewPrivs: noNewPrivs === undefined ? null : Number(noNewPrivs) !== 0,
    seccomp: seccomp === undefined ? null : (SECCOMP_MODES[Number(seccomp)] ?? "filter"),
    seccompFilters: filters === undefined ? null : Number(filters),
  };
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}

/** The kernel writes a newline as \n and a backslash as \\ here (proc_task_name). */
function unescapeName(name: string): string {
  return name.replace(/\\([n\\])/g, (_, letter: string) => (letter === "n" ? "\n" : "\\"));
}

function cachedMask(hexadecimal: string): CapabilitySet {
  const known = maskOfText.get(hexadecimal);
  if (known !== undefined) return known;
  // Kernels before 4.3 have no CapAmb line.
  const mask = hexadecimal === "" ? EMPTY_SET : parseMask(hexadecimal);
  maskOfText.set(hexadecimal, mask);
  return mask;
}

function fourIds(line: string | undefined): FourIds {
  const ids = (line ?? "").trim().split(/\s+/).map(Number);
  return [ids[0] ?? 0, ids[1] ?? 0, ids[2] ?? 0, ids[3] ?? 0];
}
