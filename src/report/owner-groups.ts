// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, Process } from "../exposure/model.ts";

/** Owners of an endpoint that differ in nothing but their ids: a master's identical workers. */
export interface OwnerGroup {
  /** The one with the lowest pid. */
  readonly process: Process;
  /** All of them, by pid. */
  readonly processes: readonly Process[];
  /** Threads that hold the descriptor in a table of their own. */
  readonly tids: readonly number[];
}

export interface OwnersOfEndpoint {
  readonly groups: readonly OwnerGroup[];
  /** Owners that the report has no process for. */
  readonly missing: readonly number[];
}

/** Looks up and groups the owners of endpoints; made once for a report. */
export type OwnerIndex = (endpoint: Endpoint) => OwnersOfEndpoint;

/** Makes the owner index of a report. */
export function indexOwners({ processes }: ExposureReport): OwnerIndex {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const postures = new Map<number, string>();
  const postureOf = (process: Process): string => {
    const known = postures.get(process.pid);
    if (known !== undefined) return known;
    const posture = describePosture(process);
    postures.set(process.pid, posture);
    return posture;
  };
  return ({ owners }) => {
    const missing = owners.filter(({ pid }) => !byPid.has(pid)).map(({ pid }) => pid);
    const members = owners.flatMap(({ pid, tid }) => {
      const process = byPid.get(pid);
      return process === undefined ? [] : [{ process, tid }];
    });
    return { groups: groupMembers(members, postureOf), missing };
  };
}

interface Member {
  readonly process: Process;
  readonly tid: number | null;
}

function groupMembers(
  members: readonly Member[],
  postureOf: (process: Process) => string,
): readonly OwnerGroup[] {
  const [only] = members;
  if (only !== undefined && members.length === 1) return [groupOf(members, only)];
  const groups = new Map<string, Member[]>();
  for (const member of members.toSorted((a, b) => a.process.pid - b.process.pid)) {
    const key = `${member.tid === null}${postureOf(member.process)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return [...groups.values()].flatMap((group) =>
    group[0] === undefined ? [] : [groupOf(group, group[0])],
  );
}

function groupOf(members: readonly Member[], first: Member): OwnerGroup {
  const processes = [...new Set(members.map(({ process }) => process))];
  const tids = members.flatMap(({ tid }) => (tid === null ? [] : [tid]));
  return { process: first.process, processes, tids };
}

/** Everything that a text report says of a process, without the ids that are its own. */
function describePosture(process: Process): string {
  const { pid: _, parentPid: _parent, startTime: _time, threadCount: _count, ...rest } = process;
  const differingThreads = rest.differingThreads.map(({ tids, ...thread }) => [
    tids.length,
    thread,
  ]);
  return JSON.stringify({ ...rest, differingThreads });
}
