// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, PlaneName, Reach } from "../exposure/model.ts";
import { capabilityWord, knownCapabilities, worstTone } from "./capability-text.ts";
import { coverageLine, emptyLine } from "./coverage-line.ts";
import {
  bindWord,
  PROTOCOL_TO_PLANE,
  portWord,
  protocolLabel,
  publicInterfaces,
  unixWord,
} from "./exposure-labels.ts";
import { indexOwners, type OwnerGroup, type OwnerIndex } from "./owner-groups.ts";
import { flagsOf } from "./process-node.ts";
import type { TextOptions } from "./text-options.ts";
import { escapeWord } from "./text/escape.ts";
import { type Cell, cell, renderTable } from "./text/table.ts";

/**
 * Renders one row per endpoint, plane and group of like owners. No cell has a blank in it and
 * an empty one is `-`, so that without a width each row splits into the same number of words.
 */
export function renderExposureTable(report: ExposureReport, options: TextOptions): string {
  const coverage = coverageLine(report.coverage);
  if (report.endpoints.length === 0) return `${emptyLine(options)}\n${coverage}`;
  const owners = indexOwners(report);
  const known = knownCapabilities(report);
  const open = publicInterfaces(report);
  const rows = report.endpoints.flatMap((endpoint) =>
    endpointRows(endpoint, owners, { known, open }),
  );
  return renderTable(HEADER, rows, options) + coverage;
}

const HEADER: readonly string[] = [
  "PLANE",
  "IFACE",
  "PROTO",
  "BIND",
  "PORT",
  "PROCESS",
  "PID",
  "UID",
  "UNIT",
  "CAPS",
  "FLAGS",
];

interface TableContext {
  readonly known: readonly string[];
  /** Interfaces with a public address. */
  readonly open: ReadonlySet<string>;
}

function endpointRows(
  endpoint: Endpoint,
  owners: OwnerIndex,
  { known, open }: TableContext,
): readonly (readonly Cell[])[] {
  const { groups, missing } = owners(endpoint);
  const tails = [
    ...groups.map((group) => ownerCells(group, endpoint, known)),
    ...missing.map((pid) => unknownCells("(gone)", String(pid), "-", endpoint)),
    ...unownedRows(endpoint),
  ];
  return planesOf(endpoint, open).flatMap(({ plane, interfaces }) => {
    const head = [plane, interfaces, protocolLabel(endpoint), ...placeWords(endpoint)].map(cell);
    return tails.map((tail) => [...head, ...tail]);
  });
}

function planesOf(
  endpoint: Endpoint,
  open: ReadonlySet<string>,
): readonly { readonly plane: string; readonly interfaces: string }[] {
  if (endpoint.role === "client") return [{ plane: "(client)", interfaces: "-" }];
  if (endpoint.reach.length === 0) {
    return [{ plane: PROTOCOL_TO_PLANE[endpoint.protocol], interfaces: "-" }];
  }
  const planes = new Map<PlaneName, Set<string>>();
  for (const reach of endpoint.reach) {
    planes.set(reach.plane, (planes.get(reach.plane) ?? new Set()).add(interfaceWord(reach, open)));
  }
  return [...planes].map(([plane, words]) => ({ plane, interfaces: [...words].join(",") }));
}

function interfaceWord(
  { plane, interface: name, state }: Reach,
  open: ReadonlySet<string>,
): string {
  if (state === "absent" || state === "not-joined") return `(${state})`;
  if (name === null) return "-";
  if (state === "down") return `${escapeWord(name)}(down)`;
  return escapeWord(name) + (plane === "inet-external" && open.has(name) ? "(public)" : "");
}

function placeWords(endpoint: Endpoint): readonly string[] {
  const { unix, vsockCid } = endpoint;
  if (unix !== null) return [unix.name === "" ? "-" : unixWord(unix.name, unix.abstract), "-"];
  if (endpoint.protocol !== "vsock") return [bindCell(endpoint), portWord(endpoint)];
  return [`cid=${vsockCid === "any" ? "ANY" : (vsockCid ?? "unknown")}`, portWord(endpoint)];
}

function bindCell(endpoint: Endpoint): string {
  const { family, bind } = endpoint;
  const word = bindWord(endpoint);
  if (!bind.wildcard || family !== "ipv6" || bind.v6only === true) return word;
  return `${word}(${bind.v6only === null ? "IPv4?" : "IPv4+IPv6"})`;
}

function ownerCells(
  { process, processes }: OwnerGroup,
  endpoint: Endpoint,
  known: readonly string[],
): readonly Cell[] {
  const times = processes.length > 1 ? `(x${processes.length})` : "";
  const caps =
    capabilityWord(process, known) + (process.childUserNamespace === true ? "(userns)" : "");
  const tone = process.privilege === "none" ? "green" : worstTone(process);
  return [
    cell(escapeWord(process.comm === "" ? '""' : process.comm) + times),
    cell(processes.map(({ pid }) => pid).join(",")),
    cell(String(process.uids.effective)),
    cell(process.unit === null ? "-" : escapeWord(process.unit)),
    { text: caps, tone: process.childUserNamespace === true ? null : tone },
    cell(flagsOf(endpoint, process).join(",") || "-"),
  ];
}

function unownedRows(endpoint: Endpoint): readonly (readonly Cell[])[] {
  if (endpoint.unowned === null && endpoint.owners.length > 0) return [];
  const owned = new Set(endpoint.owners.flatMap(({ inodes }) => inodes));
  const rest = endpoint.sockets.filter(({ inode }) => !owned.has(inode));
  const uids = [...new Set(rest.map(({ uid }) => uid ?? "unknown"))].join(",") || "-";
  const who = endpoint.unowned === null ? "(unknown)" : `(${endpoint.unowned.reason})`;
  return [unknownCells(who, "-", uids, endpoint)];
}

function unknownCells(who: string, pid: string, uid: string, endpoint: Endpoint): readonly Cell[] {
  const flags = flagsOf(endpoint, null).join(",") || "-";
  return [who, pid, uid, "-", "unknown", flags].map(cell);
}
