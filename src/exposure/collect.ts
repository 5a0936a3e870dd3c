// SPDX-License-Identifier: Apache-2.0
import { readBluetoothAdapters } from "../linux/bluetooth-adapters.ts";
import { readEphemeralPorts, readHost } from "../linux/procfs/machine.ts";
import { readMemberships } from "../linux/procfs/multicast.ts";
import {
  INITIAL_PID_NAMESPACE,
  readNamespace,
} from "../linux/procfs/namespaces.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import { openSources, type Sources } from "../linux/sources.ts";
import { VERSION } from "../version.ts";
import { assessCoverage, type CoverageFacts } from "./coverage.ts";
import {
  buildEndpoint,
  type EndpointDraft,
  mergeSockets,
  sortEndpoints,
} from "./endpoints.ts";
import { type InterfaceTable, readInterfaces } from "./interfaces.ts";
import { type Endpoint, EXPOSURE_SCHEMA_VERSION, type ExposureReport, type Process } from "./model.ts";
import { explainUnowned, type OwnershipFacts } from "./ownership.ts";
import { reachOf } from "./planes.ts";
import { ProcessReader } from "./processes.ts";
import { Reachability } from "./reachability.ts";
import { probeReuseport } from "./reuseport.ts";
import { classifyClient } from "./roles.ts";
import { findSiblings } from "./siblings.ts";
import { collectSnapshot, readLiveInodes, type SocketSnapshot } from "./snapshot.ts";
import { SocketActivation } from "./socket-activation.ts";
import type { TableSelection } from "./tables.ts";

export interface ExposureOptions extends TableSelection {
  /** When the report is made. */
  readonly time: Date;
}

/**
 * Joins the sockets of this network namespace with the processes that hold them. Works with
 * whatever this machine allows; what it does not allow is in the report's `coverage`. Throws only
 * when /proc itself cannot be read.
 */
export async function collectExposure(options: ExposureOptions): Promise<ExposureReport> {
  using sources = await openSources();
  const snapshot = collectSnapshot(sources, options);
  const table = readInterfaces(sources.route);
  const reachability = new Reachability(table, readMemberships());
  const processes = readOwners(sources, snapshot);
  const merged = mergeDrafts(snapshot, reachability);
  const { drafts, closed } = dropClosed(merged, processes, snapshot, sources, options);
  const ownership = collectOwnershipFacts(snapshot, table);
  const activation = new SocketActivation();
  const reuseport = probeReuseport(sources.libc, drafts, snapshot.holders);
  const endpoints = finishEndpoints(drafts, {
    snapshot,
    processes,
    reachability,
    sources,
    ownership,
    activation,
    reuseport,
  });
  const facts = {
    ...collectionFacts(sources, snapshot, table),
    ...ownership,
    closedMeanwhile: closed,
    socketUnitFailures: activation.failures,
    unprobedSockets: [...reuseport.values()].filter((answer) => answer === null).length,
  };
  return {
    ...reportHead(options.time),
    interfaces: table.interfaces,
    endpoints,
    processes: ownersOf(endpoints, processes),
    coverage: assessCoverage(facts, endpoints),
  };
}

/** The interfaces alone, as a report without sockets. */
export async function collectInterfaces({
  time,
}: Pick<ExposureOptions, "time">): Promise<ExposureReport> {
  using sources = await openSources();
  const table = readInterfaces(sources.route);
  return {
    ...reportHead(time),
    interfaces: table.interfaces,
    endpoints: [],
    processes: [],
    coverage: assessCoverage(
      {
        ...collectionFacts(sources, null, table),
        ...NOTHING_OWNED,
        closedMeanwhile: 0,
        socketUnitFailures: [],
        unprobedSockets: 0,
      },
      [],
    ),
  };
}

const NOTHING_OWNED: OwnershipFacts = {
  unreadable: [],
  hidden: null,
  tunnelPorts: new Map(),
  hasWireguard: false,
};

function reportHead(
  time: Date,
): Pick<ExposureReport, "schemaVersion" | "kind" | "tool" | "host" | "time" | "networkNamespace"> {
  return {
    schemaVersion: EXPOSURE_SCHEMA_VERSION,
    kind: "exposure",
    tool: { name: "capscope", version: VERSION },
    host: readHost(),
    time: time.toISOString(),
    networkNamespace: readNamespace("self", "net"),
  };
}

/** Reads the posture of every process that holds one of the sockets. */
function readOwners(sources: Sources, snapshot: SocketSnapshot): ReadonlyMap<number, Process> {
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

function mergeDrafts(
  { sockets, holders }: SocketSnapshot,
  reachability: Reachability,
): readonly EndpointDraft[] {
  const ephemeral = readEphemeralPorts();
  const hasSibling = findSiblings(sockets, holders);
  return mergeSockets(
    sockets,
    (index) => reachability.interfaceName(index),
    (socket) => classifyClient(socket, ephemeral, hasSibling),
  );
}

/**
 * A socket without a holder may have been closed since the tables were read: then it is no
 * endpoint any more. Those that are still there stay, whoever holds them.
 */
function dropClosed(
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
    (draft) =>
      isKnown(draft) || draft.sockets.some(({ inode }) => inode === 0 || live.has(inode)),
  );
  return { drafts: open, closed: drafts.length - open.length };
}

function collectOwnershipFacts(snapshot: SocketSnapshot, table: InterfaceTable): OwnershipFacts {
  return {
    unreadable: snapshot.unreadable.map((pid) => {
      const result = readProcessStatus(pid);
      return { pid, comm: result.kind === "status" ? result.status.comm : "?" };
    }),
    hidden: hiddenReason(snapshot.pids),
    tunnelPorts: table.tunnelPorts,
    hasWireguard: table.interfaces.some(({ kind }) => kind === "wireguard"),
  };
}

function hiddenReason(pids: readonly number[]): string | null {
  if (!pids.includes(1)) return "/proc hides the processes of other users (hidepid)";
  const namespace = readNamespace("self", "pid");
  if (namespace === null || namespace === INITIAL_PID_NAMESPACE) return null;
  return "this PID namespace does not show the processes outside it";
}

interface FinishContext {
  readonly snapshot: SocketSnapshot;
  readonly processes: ReadonlyMap<number, Process>;
  readonly reachability: Reachability;
  readonly sources: Sources;
  readonly ownership: OwnershipFacts;
  readonly activation: SocketActivation;
  readonly reuseport: ReadonlyMap<string, boolean | null>;
}

function finishEndpoints(
  drafts: readonly EndpointDraft[],
  context: FinishContext,
): readonly Endpoint[] {
  const { snapshot, processes, reachability, ownership, activation, reuseport } = context;
  const adapters = readBluetoothAdapters(context.sources.libc);
  const deviceName = (index: number): string => reachability.interfaceName(index);
  const mayBePidOne = ownership.unreadable.some(
    ({ pid, comm }) => pid === 1 && comm === "systemd",
  );
  const endpoints: Endpoint[] = [];
  for (const draft of drafts) {
    const endpoint = buildEndpoint(draft, {
      holders: snapshot.holders,
      processes,
      deviceName,
      reach: (socket) => reachOf(socket, reachability, adapters),
      reuseport: ({ id }) => reuseport.get(id) ?? (reuseport.has(id) ? null : false),
      unowned: ({ sockets }) => explainUnowned(sockets, ownership),
      socketUnit: ({ sockets: [socket] }, owners) => {
        if (socket === undefined) return null;
        const device = socket.interfaceIndex === 0 ? null : deviceName(socket.interfaceIndex);
        if (owners.length > 0) return activation.unitOf(socket, device, owners, processes);
        return mayBePidOne ? activation.unitOfUnreadable(socket, device) : null;
      },
    });
    if (endpoint !== null) endpoints.push(endpoint);
  }
  return sortEndpoints(endpoints);
}

function collectionFacts(
  sources: Sources,
  snapshot: SocketSnapshot | null,
  table: InterfaceTable,
): Omit<CoverageFacts, "unreadable" | "hidden" | "closedMeanwhile" | "socketUnitFailures" | "unprobedSockets"> {
  const self = readProcessStatus("self");
  const tables = snapshot?.tables ?? [];
  const pids = snapshot?.pids ?? [];
  return {
    foreignFunctionsFailure: sources.libcFailure,
    netlinkFailure: sources.netlinkFailure,
    sources: Object.fromEntries(
      tables.map(({ protocol, source }) => [protocol, source]),
    ),
    interrupted: tables.filter((read) => read.interrupted).map((read) => read.protocol),
    interfacesComplete: table.complete,
    processesSeen: pids.length,
    runsAsRoot: self.kind === "status" && self.status.uids[1] === 0,
    otherNetworkNamespaces: countOtherNamespaces(pids),
  };
}

function countOtherNamespaces(pids: readonly number[]): number {
  const own = readNamespace("self", "net");
  const others = new Set<number>();
  for (const pid of pids) {
    const namespace = readNamespace(pid, "net");
    if (namespace !== null && namespace !== own) others.add(namespace);
  }
  return others.size;
}

function ownersOf(
  endpoints: readonly Endpoint[],
  processes: ReadonlyMap<number, Process>,
): readonly Process[] {
  const pids = new Set(endpoints.flatMap(({ owners }) => owners.map(({ pid }) => pid)));
  return [...processes.values()].filter(({ pid }) => pids.has(pid));
}
