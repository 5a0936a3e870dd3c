// SPDX-License-Identifier: Apache-2.0
import { readNamespace } from "../linux/procfs/namespaces.ts";
import type { TaskStatus } from "../linux/procfs/status.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import { readDifferingThreads } from "../process/credentials.ts";
import type { SeenHolder } from "./compare.ts";
import type { VerifyGap } from "./model.ts";

/** The secure bits of a thread by its id; null where they cannot be seen. */
export type SecurebitsOf = (tid: number) => readonly string[] | null;

/** Processes to look at: those there are now, of which one is the main one. */
export interface Processes {
  readonly mainPid: number;
  readonly list: () => readonly number[];
}

/** What processes have. */
export interface SeenProcesses {
  /** By pid, the main process first; each followed by its threads that differ. */
  readonly holders: readonly SeenHolder[];
  readonly gaps: readonly VerifyGap[];
}

/** New processes come while others are looked at: so often is the list read again. */
const ROUNDS = 5;

/** Reads what processes have; those that end meanwhile are left out. */
export function readHolders(processes: Processes, securebitsOf: SecurebitsOf): SeenProcesses {
  const { mainPid } = processes;
  const seen = new Map<number, readonly SeenHolder[]>();
  const reference = readNamespace(mainPid, "user");
  let pids = processes.list();
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = pids.filter((pid) => !seen.has(pid));
    if (round > 0 && fresh.length === 0) break;
    for (const pid of fresh) seen.set(pid, readProcess(pid, mainPid, reference, securebitsOf));
    pids = processes.list();
  }
  // A process that is still listed and could not be read did not just end: hidepid=, or an LSM.
  const hidden = pids.filter((pid) => (seen.get(pid) ?? []).length === 0 && !isZombie(pid));
  const order = [...seen.keys()].sort((one, other) => rank(one, mainPid) - rank(other, mainPid));
  return {
    holders: order.flatMap((pid) => seen.get(pid) ?? []),
    gaps: hidden.map((pid) => {
      const message = `pid ${pid}: /proc/${pid}/status could not be read`;
      return { kind: "process", message };
    }),
  };
}

function rank(pid: number, mainPid: number): number {
  return pid === mainPid ? -1 : pid;
}

function isZombie(pid: number): boolean {
  const result = readProcessStatus(pid);
  return result.kind === "status" && hasEnded(result.status);
}

/** The process, and its threads that differ; none when it has ended or cannot be read. */
function readProcess(
  pid: number,
  mainPid: number,
  reference: number | null,
  securebitsOf: SecurebitsOf,
): readonly SeenHolder[] {
  const result = readProcessStatus(pid);
  if (result.kind !== "status" || hasEnded(result.status)) return [];
  const namespace = pid === mainPid ? reference : readNamespace(pid, "user");
  const compared = namespace === null || reference === null || namespace === reference;
  const base = { name: result.status.comm, pid, main: pid === mainPid, compared, line: null };
  const leader = { ...base, tids: [], ...heldBy(pid, result.status, securebitsOf) };
  return [leader, ...differingThreads(leader, result.status, securebitsOf)];
}

/** A leader that exited before its threads is a zombie, and they go on. */
function hasEnded({ state, threads }: TaskStatus): boolean {
  return state === "Z" && threads <= 1;
}

type Held = Pick<SeenHolder, "uid" | "sets" | "securebits" | "noNewPrivileges">;

function heldBy(tid: number, status: TaskStatus, securebitsOf: SecurebitsOf): Held {
  const { inheritable, permitted, effective, bounding, ambient } = status;
  return {
    uid: status.uids[1],
    sets: { inheritable, permitted, effective, bounding, ambient },
    securebits: securebitsOf(tid),
    noNewPrivileges: status.noNewPrivs,
  };
}

/** Each thread has credentials of its own; those that are alike are one holder. */
function differingThreads(
  leader: SeenHolder & { readonly pid: number },
  status: TaskStatus,
  securebitsOf: SecurebitsOf,
): readonly SeenHolder[] {
  return readDifferingThreads(leader.pid, status)
    .map(({ tids, status: own }) => ({
      ...leader,
      ...heldBy(tids[0] ?? leader.pid, own, securebitsOf),
      name: own.comm,
      tids,
    }))
    .filter((threads) => keyOf(threads) !== keyOf(leader));
}

/** Threads may also differ in their system call filters alone. */
function keyOf({ uid, sets, securebits, noNewPrivileges }: Held): string {
  const { inheritable, permitted, effective, bounding, ambient } = sets;
  const masks = [inheritable, permitted, effective, bounding, ambient].map(String);
  return JSON.stringify([uid, ...masks, securebits, noNewPrivileges]);
}
