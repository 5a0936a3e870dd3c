// SPDX-License-Identifier: Apache-2.0
import { readNamespace } from "../linux/procfs/namespaces.ts";
import { includesAll, setOf } from "../capabilities/set.ts";
import { readLoadedProtocols } from "../linux/procfs/protocols.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import type { Sources } from "../linux/sources.ts";
import { findHidden } from "../process/hidden.ts";
import type { CoverageFacts } from "./coverage.ts";
import type { InterfaceTable } from "./interfaces.ts";
import type { Unowned } from "./model.ts";
import { CANDIDATES_MAX, type OwnershipFacts } from "./ownership.ts";
import type { SocketSnapshot } from "./snapshot.ts";

/** Notes which processes could not be seen, for the sockets that nobody seems to hold. */
export function collectOwnershipFacts(
  snapshot: SocketSnapshot,
  table: InterfaceTable,
): OwnershipFacts {
  return {
    unreadableCount: snapshot.unreadable.length,
    candidates: snapshot.unreadable.length > CANDIDATES_MAX ? [] : nameAll(snapshot.unreadable),
    hidden: findHidden(snapshot.pids),
    tunnelPorts: table.tunnelPorts,
    hasWireguard: table.interfaces.some(({ kind }) => kind === "wireguard"),
  };
}

function nameAll(pids: readonly number[]): Unowned["candidates"] {
  return pids.map((pid) => {
    const result = readProcessStatus(pid);
    return { pid, comm: result.kind === "status" ? result.status.comm : "?" };
  });
}

/** Protocols with listeners of their own, by their name in /proc/net/protocols. */
const UNKNOWN: ReadonlySet<string> = new Set(["SMC", "SMC6", "TIPC", "RDS", "KCM", "LLC", "NFC"]);

/** Notes how the tables were read, and what lies outside the report. */
export function collectionFacts(
  sources: Sources,
  snapshot: SocketSnapshot | null,
  table: InterfaceTable,
): Omit<
  CoverageFacts,
  | "unreadableCount"
  | "candidates"
  | "hidden"
  | "closedMeanwhile"
  | "socketUnitFailures"
  | "unprobedEndpoints"
> {
  const self = readProcessStatus("self");
  const tables = snapshot?.tables ?? [];
  const pids = snapshot?.pids ?? [];
  return {
    foreignFunctionsFailure: sources.libcFailure,
    netlinkFailure: sources.netlinkFailure,
    sources: Object.fromEntries(tables.map(({ protocol, source }) => [protocol, source])),
    interrupted: tables.filter((read) => read.interrupted).map((read) => read.protocol),
    interfacesComplete: table.complete,
    socketsWithoutBindDetails: (snapshot?.sockets ?? []).filter(
      ({ lacksBindDetails }) => lacksBindDetails,
    ).length,
    unknownFamilies: [...(readLoadedProtocols()?.keys() ?? [])].filter((name) => UNKNOWN.has(name)),
    processesSeen: pids.length,
    mayTrace:
      self.kind === "status" &&
      includesAll(self.status.effective, setOf("sys_ptrace", "dac_read_search")),
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
