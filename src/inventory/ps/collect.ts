// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";
import { UnsupportedError } from "../../errors.ts";
import { readPids } from "../../linux/procfs/socket-holders.ts";
import type { TaskStatus } from "../../linux/procfs/status.ts";
import { readProcessStatus } from "../../linux/procfs/task.ts";
import { readSecurebits } from "../../linux/bpf/read-securebits.ts";
import { readOwnSecurebits } from "../../linux/securebits.ts";
import { readDifferingThreads, type ThreadGroup } from "../../process/credentials.ts";
import { findHidden } from "../../process/hidden.ts";
import type { Ancestor, ListedProcess, PsReport } from "../model.ts";
import { reportHead } from "../report-head.ts";
import { assessCoverage, type PsFacts } from "./coverage.ts";
import { sortByDanger } from "./danger.ts";
import { ProcessDescriber, type SecurebitsOf } from "./describe.ts";

export interface PsOptions {
  /** When the report is made. */
  readonly time: Date;
  /** Of the caller, which is left out unless `all` or `pids` ask for it. */
  readonly ownPid: number;
  /** Also processes without capabilities, kernel threads and zombies. */
  readonly all: boolean;
  /** Only these, whatever they hold; none means every process. */
  readonly pids: readonly number[];
  /** Only processes of which some thread may use one of these; the empty set means any. */
  readonly held: CapabilitySet;
  /** Ask the kernel for secure bits by a BPF program, which needs privileges. */
  readonly securebits: boolean;
}

/**
 * Lists the processes that hold or can raise capabilities. Throws UnsupportedError when there is no
 * /proc, or when none of the processes that were asked for is there.
 */
export async function collectProcesses(options: PsOptions): Promise<PsReport> {
  const pids = readPids();
  if (pids.length === 0) {
    throw new UnsupportedError("reading /proc: it shows no process", { hint: "mount /proc" });
  }
  const wanted = options.pids.length > 0 ? [...new Set(options.pids)] : pids;
  const facts: PsFacts = { unreadable: [], missing: [], threads: [], hidden: findHidden(pids) };
  const describer = new ProcessDescriber(await openSecurebits(options));
  const processes = wanted.flatMap((pid) => readProcess(pid, options, describer, facts));
  if (facts.missing.length === wanted.length) {
    throw new UnsupportedError(`no such process: ${wanted.join(", ")}`);
  }
  return {
    ...reportHead("ps", options.time),
    processes: sortByDanger(processes),
    ancestors: readAncestors(processes),
    coverage: assessCoverage(facts, processes, pids.length, options.securebits),
  };
}

/** By a BPF program where that is asked for; else of this process alone, where it is listed. */
async function openSecurebits(options: PsOptions): Promise<SecurebitsOf> {
  const { all, pids, ownPid } = options;
  const known = options.securebits ? await readSecurebits() : null;
  if (known !== null) return (pid) => known.get(pid) ?? [];
  const own = all || pids.includes(ownPid) ? await readOwnSecurebits() : null;
  return (pid) => (pid === ownPid ? own : null);
}

/** The process, if it is to be listed; what became of it otherwise is noted in `facts`. */
function readProcess(
  pid: number,
  options: PsOptions,
  describer: ProcessDescriber,
  facts: PsFacts,
): readonly ListedProcess[] {
  const isNamed = options.pids.length > 0;
  const result = readProcessStatus(pid);
  if (result.kind !== "status") {
    if (result.kind === "denied") facts.unreadable.push(pid);
    else if (isNamed) facts.missing.push(pid);
    return [];
  }
  const { status } = result;
  // /proc shows threads to those who know their number.
  if (isNamed && status.pid !== pid) facts.threads.push({ tid: pid, pid: status.pid });
  const threads = readDifferingThreads(status.pid, status);
  if (!isWanted(status, threads, options)) return [];
  const process = describer.describe(status, threads);
  if (process === null && isNamed) facts.missing.push(pid);
  if (process === null || (process.kernelThread && !options.all && !isNamed)) return [];
  return [process];
}

function isWanted(
  status: TaskStatus,
  threads: readonly ThreadGroup[],
  { all, pids, held, ownPid }: PsOptions,
): boolean {
  const permitted = threads.reduce((set, group) => set | group.status.permitted, status.permitted);
  if (held !== EMPTY_SET && (permitted & held) === EMPTY_SET) return false;
  if (all || pids.length > 0) return true;
  // What ended has its sets until its parent asks, but cannot do anything with them.
  const isOver = status.state === "Z" && status.threads <= 1;
  return permitted !== EMPTY_SET && status.pid !== ownPid && !isOver;
}

/** What leads from the listed processes to the first, by pid. */
function readAncestors(processes: readonly ListedProcess[]): readonly Ancestor[] {
  const known = new Set(processes.map(({ pid }) => pid));
  const ancestors: Ancestor[] = [];
  for (const process of processes) {
    for (let pid = process.parentPid; pid !== 0 && !known.has(pid);) {
      known.add(pid);
      const result = readProcessStatus(pid);
      if (result.kind !== "status") break;
      const { parentPid, comm } = result.status;
      ancestors.push({ pid, parentPid, comm });
      pid = parentPid;
    }
  }
  return ancestors.toSorted((one, other) => one.pid - other.pid);
}
