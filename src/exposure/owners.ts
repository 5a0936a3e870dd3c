// SPDX-License-Identifier: Apache-2.0
import type { Sources } from "../linux/sources.ts";
import type { EndpointDraft } from "./endpoints.ts";
import type { FoundSocket } from "./found-socket.ts";
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
 * A socket without a holder may have been closed since the tables were read: then it is no part of
 * an endpoint any more. Those that are still there stay, whoever holds them.
 */
export function dropClosed(
  drafts: readonly EndpointDraft[],
  processes: ReadonlyMap<number, Process>,
  { holders }: SocketSnapshot,
  sources: Sources,
  selection: TableSelection,
): { readonly drafts: readonly EndpointDraft[]; readonly closed: number } {
  const isHeld = ({ inode }: FoundSocket): boolean =>
    holders.get(inode)?.some(({ pid }) => processes.has(pid)) === true;
  if (drafts.every(({ sockets }) => sockets.every(isHeld))) return { drafts, closed: 0 };
  const live = readLiveInodes(sources, selection);
  const isOpen = (socket: FoundSocket): boolean =>
    socket.inode === 0 || isHeld(socket) || live.has(socket.inode);
  const checked = drafts.map((draft) => ({ ...draft, sockets: draft.sockets.filter(isOpen) }));
  return {
    drafts: checked.filter(({ sockets }) => sockets.length > 0),
    closed: countSockets(drafts) - countSockets(checked),
  };
}

function countSockets(drafts: readonly EndpointDraft[]): number {
  return drafts.reduce((count, { sockets }) => count + sockets.length, 0);
}

/** The processes that own one of the endpoints. */
export function ownersOf(
  endpoints: readonly Endpoint[],
  processes: ReadonlyMap<number, Process>,
): readonly Process[] {
  const pids = new Set(endpoints.flatMap(({ owners }) => owners.map(({ pid }) => pid)));
  return [...processes.values()].filter(({ pid }) => pids.has(pid));
}
