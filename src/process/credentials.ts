// SPDX-License-Identifier: Apache-2.0
import { assessPrivilege } from "../capabilities/privilege.ts";
import { type CapabilitySet, capabilityNames } from "../capabilities/set.ts";
import type { FourIds, TaskStatus } from "../linux/procfs/status.ts";
import { readThreadStatuses } from "../linux/procfs/task.ts";
import type { Credentials, DifferingThreads, Ids } from "./model.ts";

/** Threads of a process that have one set of credentials. */
export interface ThreadGroup {
  readonly tids: number[];
  readonly status: TaskStatus;
}

/** The threads whose credentials, no-new-privs bit or seccomp mode are not the leader's. */
export function readDifferingThreads(pid: number, leader: TaskStatus): readonly ThreadGroup[] {
  if (leader.threads < 2) return [];
  const groups = new Map<string, ThreadGroup>();
  const usual = credentialsKey(leader);
  for (const { tid, status } of readThreadStatuses(pid)) {
    const key = credentialsKey(status);
    if (key === usual) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { tids: [tid], status });
    else group.tids.push(tid);
  }
  return [...groups.values()];
}

/** For a report; `all` is everything that the kernel knows. */
export function describeThreads(
  { tids, status }: ThreadGroup,
  all: CapabilitySet,
): DifferingThreads {
  return {
    tids,
    credentials: credentialsOf(status, all),
    noNewPrivs: status.noNewPrivs,
    seccomp: status.seccomp,
  };
}

/** What of a status makes up the credentials. */
export type TaskCredentials = Pick<
  TaskStatus,
  "uids" | "gids" | "permitted" | "effective" | "inheritable" | "bounding" | "ambient"
>;

/** Ids and sets of a task; `all` is everything that the kernel knows. */
export function credentialsOf(status: TaskCredentials, all: CapabilitySet): Credentials {
  return {
    uids: idsOf(status.uids),
    gids: idsOf(status.gids),
    capabilities: {
      permitted: capabilityNames(status.permitted),
      effective: capabilityNames(status.effective),
      inheritable: capabilityNames(status.inheritable),
      bounding: capabilityNames(status.bounding),
      ambient: capabilityNames(status.ambient),
    },
    privilege: assessPrivilege(status.permitted, all),
  };
}

function credentialsKey(status: TaskStatus): string {
  const { uids, gids, permitted, effective, inheritable, bounding, ambient } = status;
  const { noNewPrivs, seccomp } = status;
  const sets = [permitted, effective, inheritable, bounding, ambient];
  return [...uids, ...gids, ...sets, noNewPrivs, seccomp].join(" ");
}

function idsOf([real, effective, saved, filesystem]: FourIds): Ids {
  return { real, effective, saved, filesystem };
}
