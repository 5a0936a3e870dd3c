// SPDX-License-Identifier: Apache-2.0
import { readBluetoothAdapters } from "../linux/bluetooth-adapters.ts";
import { readEphemeralPorts, readHost } from "../linux/procfs/machine.ts";
import { readMemberships } from "../linux/procfs/multicast.ts";
import { readVrfAcceptance } from "../linux/procfs/vrf.ts";
import { readNamespace } from "../linux/procfs/namespaces.ts";
import { openSources, type Sources } from "../linux/sources.ts";
import { VERSION } from "../version.ts";
import { assessCoverage } from "./coverage.ts";
import { buildEndpoint, type EndpointDraft, mergeSockets, sortEndpoints } from "./endpoints.ts";
import { readInterfaces } from "./interfaces.ts";
import {
  type Endpoint,
  EXPOSURE_SCHEMA_VERSION,
  type ExposureReport,
  type Process,
} from "./model.ts";
import { collectionFacts, collectOwnershipFacts } from "./observation.ts";
import { dropClosed, ownersOf, readOwners } from "./owners.ts";
import { explainUnowned, type OwnershipFacts } from "./ownership.ts";
import { reachOf } from "./planes.ts";
import { Reachability } from "./reachability.ts";
import { probeReuseport } from "./reuseport.ts";
import { classifyClient } from "./roles.ts";
import { findSiblings } from "./siblings.ts";
import { collectSnapshot, type SocketSnapshot } from "./snapshot.ts";
import { SocketActivation } from "./socket-activation.ts";
import type { TableSelection } from "./tables.ts";

export interface ExposureOptions extends TableSelection {
  /** When the report is made. */
  readonly time: Date;
}

/**
 * Joins the sockets of this network namespace with the processes that hold them. Works with
 * whatever this machine allows; what it does not allow is in the report's `coverage`.
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
    unprobedEndpoints: endpoints.filter(
      (endpoint) => endpoint.reuseport === null && endpoint.owners.length > 0,
    ).length,
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
        unprobedEndpoints: 0,
      },
      [],
    ),
  };
}

const NOTHING_OWNED: OwnershipFacts = {
  unreadableCount: 0,
  candidates: [],
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
  const surroundings = {
    reachability,
    adapters: readBluetoothAdapters(context.sources.libc),
    vrfAcceptance: readVrfAcceptance(),
  };
  const deviceName = (index: number): string => reachability.interfaceName(index);
  const mayBePidOne = ownership.candidates.some(({ pid, comm }) => pid === 1 && comm === "systemd");
  const endpoints: Endpoint[] = [];
  for (const draft of drafts) {
    const endpoint = buildEndpoint(draft, {
      holders: snapshot.holders,
      processes,
      deviceName,
      reach: (socket) => reachOf(socket, surroundings),
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
