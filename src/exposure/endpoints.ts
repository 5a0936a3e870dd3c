// SPDX-License-Identifier: Apache-2.0
import type { SocketHolder } from "../linux/procfs/socket-holders.ts";
import { ANY_ADAPTER } from "./bluetooth-sockets.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Bind, Endpoint, Owner, Process, Reach, SocketUnit, Unowned } from "./model.ts";
import { PLANES, PROTOCOLS } from "./model.ts";
import { isUnspecified } from "./reachability.ts";
import { assessFlags } from "./rules.ts";

/** Sockets that are one endpoint to whoever looks at it from outside. */
export interface EndpointDraft {
  readonly id: string;
  readonly sockets: readonly FoundSocket[];
  readonly clientReason: Endpoint["clientReason"];
}

/** Everything that is known beside the sockets when an endpoint is finished. */
export interface EndpointEvidence {
  readonly holders: ReadonlyMap<number, readonly SocketHolder[]>;
  readonly processes: ReadonlyMap<number, Process>;
  readonly deviceName: (interfaceIndex: number) => string;
  readonly reach: (socket: FoundSocket) => readonly Reach[];
  readonly reuseport: (draft: EndpointDraft) => boolean | null;
  readonly unowned: (draft: EndpointDraft) => Unowned;
  readonly socketUnit: (draft: EndpointDraft, owners: readonly Owner[]) => SocketUnit | null;
}

/** Merges sockets with the same bind into one draft: a SO_REUSEPORT group is one endpoint. */
export function mergeSockets(
  sockets: readonly FoundSocket[],
  deviceName: (interfaceIndex: number) => string,
  clientReasonOf: (socket: FoundSocket) => Endpoint["clientReason"],
): readonly EndpointDraft[] {
  const drafts = new Map<string, { sockets: FoundSocket[]; reason: Endpoint["clientReason"] }>();
  for (const socket of sockets) {
    const reason = clientReasonOf(socket);
    const plain = `${socketId(socket, deviceName)}${reason === null ? "" : `#${reason}`}`;
    const id = isOtherFile(drafts.get(plain)?.sockets[0], socket)
      ? `${plain}#${socket.fileInode}`
      : plain;
    const draft = drafts.get(id);
    if (draft === undefined) drafts.set(id, { sockets: [socket], reason });
    else draft.sockets.push(socket);
  }
  return [...drafts].map(([id, draft]) => ({
    id,
    sockets: draft.sockets,
    clientReason: draft.reason,
  }));
}

/** A path can stand for two sockets: bound anew after it was removed, or in another mount namespace. */
function isOtherFile(first: FoundSocket | undefined, socket: FoundSocket): boolean {
  return first !== undefined && first.fileInode !== socket.fileInode;
}

/** Finishes a draft; null for one without sockets. */
export function buildEndpoint(draft: EndpointDraft, evidence: EndpointEvidence): Endpoint | null {
  // Of several sockets on one bind, the one that takes IPv4 too tells how far the endpoint reaches.
  const first = draft.sockets.find(({ v6only }) => v6only === false) ?? draft.sockets[0];
  if (first === undefined) return null;
  const owners = ownersOf(draft, evidence);
  const reach = draft.clientReason === null ? evidence.reach(first) : [];
  const facts = {
    protocol: first.protocol,
    bind: bindOf(first, evidence.deviceName),
    port: first.port,
    role: draft.clientReason === null ? ("service" as const) : ("client" as const),
    reach,
    reuseport: evidence.reuseport(draft),
  };
  const privilegedOwner = owners.some(
    ({ pid }) => evidence.processes.get(pid)?.privilegedCaps === true,
  );
  return {
    id: draft.id,
    ...facts,
    family: first.family,
    type: first.type,
    portName: first.portName,
    clientReason: draft.clientReason,
    sockets: draft.sockets
      .map(({ inode, uid }) => ({ inode, uid }))
      .toSorted((one, other) => one.inode - other.inode),
    owners,
    unowned: isWhollyOwned(draft, owners) ? null : evidence.unowned(draft),
    socketUnit: evidence.socketUnit(draft, owners),
    vsockCid: first.vsockCid,
    unix: first.unix,
    flags: assessFlags({ ...facts, privilegedOwner }),
  };
}

/** Sorts by plane of the first reach, protocol, address (wildcards first) and port. */
export function sortEndpoints(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints
    .map((endpoint) => ({ endpoint, key: sortKey(endpoint) }))
    .toSorted((one, other) => compareKeys(one.key, other.key))
    .map(({ endpoint }) => endpoint);
}

type SortKey = readonly (number | string)[];

function sortKey({ reach, protocol, family, bind, port, id }: Endpoint): SortKey {
  const plane = reach[0] === undefined ? PLANES.length : PLANES.indexOf(reach[0].plane);
  return [
    plane,
    PROTOCOLS.indexOf(protocol),
    family ?? "",
    bind.wildcard ? "" : (bind.addresses[0] ?? ""),
    port ?? -1,
    id,
  ];
}

function compareKeys(one: SortKey, other: SortKey): number {
  for (let at = 0; at < one.length; at++) {
    const [left, right] = [one[at] ?? 0, other[at] ?? 0];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function ownersOf(draft: EndpointDraft, evidence: EndpointEvidence): readonly Owner[] {
  const owners = new Map<number, { tid: number | null; inodes: number[] }>();
  for (const { inode } of draft.sockets) {
    for (const { pid, tid } of evidence.holders.get(inode) ?? []) {
      if (!evidence.processes.has(pid)) continue;
      const owner = owners.get(pid);
      if (owner === undefined) owners.set(pid, { tid, inodes: [inode] });
      else if (owner.inodes.at(-1) !== inode) owner.inodes.push(inode);
    }
  }
  return [...owners]
    .map(([pid, { tid, inodes }]) => ({ pid, tid, inodes: inodes.toSorted(byNumber) }))
    .toSorted((one, other) => one.pid - other.pid);
}

function byNumber(one: number, other: number): number {
  return one - other;
}

function isWhollyOwned({ sockets }: EndpointDraft, owners: readonly Owner[]): boolean {
  if (sockets.length === 1) return owners.length > 0;
  const owned = new Set(owners.flatMap(({ inodes }) => inodes));
  return sockets.every(({ inode }) => owned.has(inode));
}

function bindOf(socket: FoundSocket, deviceName: (index: number) => string): Bind {
  const { addresses, interfaceIndex, v6only, protocol } = socket;
  return {
    addresses,
    wildcard: addresses.some(isUnspecified) || addresses.includes(ANY_ADAPTER),
    device: interfaceIndex === 0 || protocol === "xdp" ? null : deviceName(interfaceIndex),
    v6only,
  };
}

function socketId(socket: FoundSocket, deviceName: (index: number) => string): string {
  const { protocol, family, type, port, interfaceIndex, inode } = socket;
  const device = interfaceIndex === 0 ? "" : deviceName(interfaceIndex);
  if (socket.unix !== null) {
    const name = socket.unix.abstract ? `@${socket.unix.name}` : socket.unix.name;
    return `unix-${type}:${name}`;
  }
  if (protocol === "packet") {
    return `packet:${device || "*"}:0x${(port ?? 0).toString(16).padStart(4, "0")}`;
  }
  if (protocol === "vsock" && port === null) return `vsock:?#${inode}`;
  if (protocol === "vsock") return `vsock-${type}:${socket.vsockCid}:${port}`;
  if (family === null) {
    const [address = device] = socket.addresses;
    return `${protocol}:${address === "" || address === ANY_ADAPTER ? "*" : address}:${port ?? "*"}`;
  }
  const addresses = socket.addresses.map((text) => (text.includes(":") ? `[${text}]` : text));
  const bound = device === "" ? "" : `%${device}`;
  return `${protocol}:${addresses.join(",")}${bound}:${port}`;
}
