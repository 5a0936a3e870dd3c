// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, Process } from "../exposure/model.ts";
import { capabilityMarks, capabilityWords, knownCapabilities } from "./capability-text.ts";
import { coverageLine } from "./coverage-line.ts";
import { portWord, protocolLabel, unixWord } from "./exposure-labels.ts";
import type { TextOptions } from "./text-options.ts";
import { escapeWord } from "./text/escape.ts";
import { compareText } from "./text/natural-order.ts";
import { cellWidth } from "./text/wrap.ts";

/**
 * Renders the classic table: one row per socket of a process that holds (permitted) capabilities.
 * Marks after them: `@` ambient capabilities, `+` an untrimmed bounding set, `*` a child user
 * namespace. Lines are never wrapped.
 */
export function renderPrivilegedTable(report: ExposureReport, options: TextOptions): string {
  const coverage = coverageLine(report.coverage);
  const rows = privilegedRows(report);
  if (rows.length === 0) return `${emptyText(options)}\n${coverage}`;
  const widths = MINIMUM_WIDTHS.map((minimum, column) =>
    rows.reduce((widest, row) => Math.max(widest, cellWidth(row[column] ?? "")), minimum),
  );
  const lines = [HEADER, ...rows].map((row) => row.map(padded(widths)).join(" "));
  return `${lines.join("\n")}\n${coverage}`;
}

const HEADER: readonly string[] = [
  "ppid",
  "pid",
  "acct",
  "command",
  "type",
  "port",
  "capabilities",
];

/** Column widths of the C tool, which wider cells extend. */
const MINIMUM_WIDTHS: readonly number[] = [7, 7, 16, 15, 8, 15, 0];

function padded(widths: readonly number[]): (word: string, column: number) => string {
  const last = widths.length - 1;
  return (word, column) =>
    column === last ? word : word + " ".repeat((widths[column] ?? 0) - cellWidth(word));
}

function emptyText({ filtered }: TextOptions): string {
  const which = filtered === true ? "that matches the filters" : "in this network namespace";
  return `no process with capabilities owns a socket ${which}`;
}

function privilegedRows(report: ExposureReport): readonly (readonly string[])[] {
  const processes = new Map(report.processes.map((process) => [process.pid, process]));
  const known = knownCapabilities(report);
  const rows = new Map<string, { readonly endpoint: Endpoint; readonly process: Process }>();
  for (const endpoint of report.endpoints) {
    for (const { pid } of endpoint.owners) {
      const process = processes.get(pid);
      if (process === undefined || process.capabilities.permitted.length === 0) continue;
      rows.set(rowWords(endpoint, process, known).join("\0"), { endpoint, process });
    }
  }
  return [...rows.values()]
    .toSorted(compareRows)
    .map(({ endpoint, process }) => rowWords(endpoint, process, known));
}

interface Row {
  readonly endpoint: Endpoint;
  readonly process: Process;
}

function compareRows(one: Row, other: Row): number {
  return (
    typeRank(one.endpoint) - typeRank(other.endpoint) ||
    compareText(typeWord(one.endpoint), typeWord(other.endpoint)) ||
    (one.endpoint.port ?? 0) - (other.endpoint.port ?? 0) ||
    compareText(placeWord(one.endpoint), placeWord(other.endpoint)) ||
    one.process.pid - other.process.pid
  );
}

function typeRank(endpoint: Endpoint): number {
  const rank = TYPE_ORDER.indexOf(typeWord(endpoint));
  return rank === -1 ? TYPE_ORDER.length : rank;
}

/** Order of the tables that the C tool reads; other types follow by name. */
const TYPE_ORDER: readonly string[] = [
  "tcp",
  "tcp6",
  "udp",
  "udp6",
  "udplite",
  "udplite6",
  "raw",
  "raw6",
  "pkt",
  "sctp",
  "dccp",
  "vsock",
];

function rowWords(
  endpoint: Endpoint,
  process: Process,
  known: readonly string[],
): readonly string[] {
  return [
    String(process.parentPid),
    String(process.pid),
    escapeWord(process.account ?? String(process.uids.effective)),
    escapeWord(process.comm),
    typeWord(endpoint),
    endpoint.role === "client" ? `${placeWord(endpoint)}(client)` : placeWord(endpoint),
    capabilitiesText(process, known),
  ];
}

function typeWord(endpoint: Endpoint): string {
  return endpoint.protocol === "packet" ? "pkt" : protocolLabel(endpoint);
}

/** The port; for packet sockets the interface, `*` for all of them. */
function placeWord(endpoint: Endpoint): string {
  const { protocol, bind, unix } = endpoint;
  if (unix !== null) return unix.name === "" ? "-" : unixWord(unix.name, unix.abstract);
  if (protocol !== "packet") return portWord(endpoint);
  return bind.device === null ? "*" : escapeWord(bind.device);
}

function capabilitiesText(process: Process, known: readonly string[]): string {
  const names = capabilityWords(process, known);
  const marks = capabilityMarks(process);
  const words = [names, ...(marks === "" ? [] : [marks])];
  return [...words, ...(process.childUserNamespace === true ? ["*"] : [])].join(" ");
}
