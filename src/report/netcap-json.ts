// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, PlaneName, Process } from "../exposure/model.ts";
import { netcapEndpoints, type NetcapEndpoint } from "./netcap-endpoints.ts";
import { renderNetcapProcess } from "./netcap-process.ts";
import { netcapString } from "./netcap-strings.ts";

/**
 * Renders schema version 1 of `netcap --advanced --json`: byte for byte what the C tool prints
 * for the same facts. Where it is wrong we are not; docs/notes/netcap-json.md lists each case.
 */
export function renderNetcapJson(report: ExposureReport): string {
  const processes = new Map(report.processes.map((process) => [process.pid, process]));
  const rows = netcapEndpoints(report);
  const write = endpointWriter(processes);
  const planes = NETCAP_PLANES.map(({ plane, head }) => {
    const own = rows.filter((row) => row.plane === plane);
    const list = plane === "vsock" ? vsockList(own, processes) : interfaceList(own, write);
    return `    {${head}, ${list}    ]}\n`;
  });
  return `{\n  "schema_version": 1,\n  "planes": [\n${planes.join(",\n")}  ]\n}\n`;
}

const NETCAP_PLANES: readonly { readonly plane: PlaneName; readonly head: string }[] = [
  { plane: "inet-external", head: '"name": "INET", "scope": "external"' },
  { plane: "inet-loopback", head: '"name": "INET", "scope": "loopback"' },
  { plane: "link-layer", head: '"name": "LINK-LAYER"' },
  { plane: "bluetooth", head: '"name": "BLUETOOTH"' },
  { plane: "vsock", head: '"name": "VSOCK"' },
];

type Processes = ReadonlyMap<number, Process>;

function vsockList(rows: readonly NetcapEndpoint[], processes: Processes): string {
  const items = rows.map(({ label, endpoint }) => {
    const cid = typeof endpoint.vsockCid === "number" ? String(endpoint.vsockCid) : '"ANY"';
    const head = `"label": ${netcapString(label)}, "vsock_type": ${netcapString(endpoint.type ?? "")}`;
    const list = processList(endpoint, processes, "      ");
    return `      {${head}, "cid": ${cid}, "port": ${endpoint.port ?? 0}, ${list}`;
  });
  return `"endpoints": [\n${items.join(",\n")}`;
}

function interfaceList(
  rows: readonly NetcapEndpoint[],
  write: (row: NetcapEndpoint) => string,
): string {
  const items = [...groupRows(rows, (row) => row.interfaceName)].map(([name, own]) => {
    const addresses = [...groupRows(own, (row) => row.address)].map(([address, ends]) => {
      const list = ends.map(write).join(",\n");
      return `        {"addr": ${netcapString(address)}, "endpoints": [\n${list}        ]}\n`;
    });
    return `      {"name": ${netcapString(name)}, "addrs": [\n${addresses.join(",\n")}      ]}\n`;
  });
  return `"ifaces": [\n${items.join(",\n")}`;
}

/** Groups in the order in which their first rows come, as the C tool prints them. */
function groupRows(
  rows: readonly NetcapEndpoint[],
  keyOf: (row: NetcapEndpoint) => string,
): ReadonlyMap<string, readonly NetcapEndpoint[]> {
  const groups = new Map<string, NetcapEndpoint[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** The same endpoint is printed for each address of each interface: its text is made once. */
function endpointWriter(processes: Processes): (row: NetcapEndpoint) => string {
  const texts = new Map<Endpoint, string>();
  return (row) => {
    const text = texts.get(row.endpoint) ?? endpointItem(row, processes);
    texts.set(row.endpoint, text);
    return text;
  };
}

function endpointItem(row: NetcapEndpoint, processes: Processes): string {
  const { label, protocol, bind, endpoint } = row;
  const names = `"label": ${netcapString(label)}, "proto": ${netcapString(protocol)}`;
  const place = `"bind": ${netcapString(bind)}, "port": ${endpoint.port ?? 0}`;
  return `          {${names}, ${place}, ${processList(endpoint, processes, "          ")}`;
}

function processList(endpoint: Endpoint, processes: Processes, indent: string): string {
  const pids = [...new Set(endpoint.owners.map(({ pid }) => pid))].toSorted((a, b) => a - b);
  const items = pids.flatMap((pid) => {
    const process = processes.get(pid);
    return process === undefined ? [] : [`${indent}  ${renderNetcapProcess(process, endpoint)}`];
  });
  const list = items.length === 0 ? "" : `${items.join(",\n")}\n`;
  return `"processes": [\n${list}${indent}]}\n`;
}
