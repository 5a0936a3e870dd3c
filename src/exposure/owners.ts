// SPDX-License-Identifier: Apache-2.0
import type { Sources } from "../linux/sources.ts";
import type { EndpointDraft } from "./endpoints.ts";
import type { Endpoint, Process } from "./model.ts";
import { ProcessReader } from "./processes.ts";
import { readLiveInodes, type SocketSnapshot } from "./snapshot.ts";
import type { TableSelection } from "./tables.ts";

/** Reads the posture of every process that holds one of the sockets. */
export function readOwners(
  sources: Sources,
  snapshot: SocketSnapshot,
): ReadonlyMap<number, Process> {
  const reader = new ProcessReader(sources.libc);
  const processes = new Map<number, Process>();
  const pids = new Set<number>();
  for (const holders of snapshot.holders.values()) for (const { pid } of holders) pids.add(pid);
  for (const pid of [...pids].toSorted((one, other) => one - other)) {
    const process = reader.read(pid, snapshot.takenAt);
    if (process !== null) processes.set(pid, process);
  }
  return processes;
}

/**
 * A socket without a holder may have been closed since the tables were read: then it is no
 * endpoint any more. Those that are still there stay, whoever holds them.
 */
export function dropClosed(
  drafts: readonly EndpointDraft[],
  processes: ReadonlyMap<number, Process>,
  { holders }: SocketSnapshot,
  sources: Sources,
  selection: TableSelection,
): { readonly drafts: readonly EndpointDraft[]; readonly closed: number } {
  const isHeld = (inode: number): boolean =>
    holders.get(inode)?.some(({ pid }) => processes.has(pid)) === true;
  const isKnown = ({ sockets }: EndpointDraft): boolean =>
    sockets.some(({ inode }) => isHeld(inode));
  if (drafts.every(isKnown)) return { drafts, closed: 0 };
  const live = readLiveInodes(sources, selection);
  const open = drafts.filter(
    (draft) => isKnown(draft) || draft.sockets.some(({ inode }) => inode === 0 || live.has(inode)),
  );
  return { drafts: open, closed: drafts.length - open.length };
}

/** The processes that own one of the endpoints. */
export function ownersOf(
  endpoints: readonly Endpoint[],
  processes: ReadonlyMap<number, Process>,
): readonly Process[] {
  const pids = new Set(endpoints.flatMap(({ owners }) => owners.map(({ pid }) => pid)));
  return [...processes.values()].filter(({ pid }) => pids.has(pid));
}
