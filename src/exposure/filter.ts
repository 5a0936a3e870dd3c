// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, Flag, PlaneName, Process, Reach } from "./model.ts";

/** What to keep; an empty list keeps everything. Each kind must be met, by any of its values. */
export interface ExposureFilter {
  readonly planes: readonly PlaneName[];
  readonly interfaces: readonly string[];
  /** A protocol, or "tcp4" and "tcp6" for one family of it. */
  readonly protocols: readonly string[];
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** With or without their suffix; the unit of an owner, or the .socket unit. */
  readonly units: readonly string[];
  readonly flags: readonly Flag[];
  /** Only endpoints of processes that hold capabilities. */
  readonly privilegedOnly: boolean;
}

export const KEEP_ALL: ExposureFilter = {
  planes: [],
  interfaces: [],
  protocols: [],
  ports: [],
  pids: [],
  units: [],
  flags: [],
  privilegedOnly: false,
};

/** Narrows a report; its interfaces and coverage stay those of the whole namespace. */
export function filterReport(report: ExposureReport, filter: ExposureFilter): ExposureReport {
  const processes = new Map(report.processes.map((process) => [process.pid, process]));
  const endpoints = report.endpoints
    .map((endpoint) => narrowReach(endpoint, filter))
    .filter((endpoint) => endpoint !== null)
    .filter((endpoint) => isWanted(endpoint, filter, processes));
  const kept = new Set(endpoints.flatMap(({ owners }) => owners.map(({ pid }) => pid)));
  return {
    ...report,
    endpoints,
    processes: report.processes.filter(({ pid }) => kept.has(pid)),
  };
}

function narrowReach(endpoint: Endpoint, { planes, interfaces }: ExposureFilter): Endpoint | null {
  if (planes.length === 0 && interfaces.length === 0) return endpoint;
  const reach = endpoint.reach.filter(
    (entry) => isPlaneWanted(entry, planes) && isInterfaceWanted(entry, interfaces),
  );
  return reach.length === 0 ? null : { ...endpoint, reach };
}

function isPlaneWanted({ plane }: Reach, planes: readonly PlaneName[]): boolean {
  return planes.length === 0 || planes.includes(plane);
}

function isInterfaceWanted(reach: Reach, interfaces: readonly string[]): boolean {
  if (interfaces.length === 0) return true;
  return reach.interface !== null && interfaces.includes(reach.interface);
}

function isWanted(
  endpoint: Endpoint,
  filter: ExposureFilter,
  processes: ReadonlyMap<number, Process>,
): boolean {
  const { protocols, ports, pids, flags, units, privilegedOnly } = filter;
  const owners = endpoint.owners.flatMap(({ pid }) => processes.get(pid) ?? []);
  return (
    isOneOf(protocols, [endpoint.protocol, familyName(endpoint)]) &&
    isOneOf(ports, endpoint.port === null ? [] : [endpoint.port]) &&
    isOneOf(flags, endpoint.flags) &&
    isOneOf(
      pids,
      endpoint.owners.map(({ pid }) => pid),
    ) &&
    isOneOf(units, unitNames(endpoint, owners)) &&
    (!privilegedOnly || owners.some(holdsCapabilities))
  );
}

function holdsCapabilities({ privilege, differingThreads }: Process): boolean {
  return (
    privilege !== "none" ||
    differingThreads.some(({ credentials }) => credentials.privilege !== "none")
  );
}

function isOneOf<T>(wanted: readonly T[], values: readonly T[]): boolean {
  return wanted.length === 0 || values.some((value) => wanted.includes(value));
}

function familyName({ protocol, family }: Endpoint): string {
  return family === null ? protocol : protocol + (family === "ipv6" ? "6" : "4");
}

function unitNames({ socketUnit }: Endpoint, owners: readonly Process[]): readonly string[] {
  const names = owners.map(({ unit }) => unit);
  if (socketUnit !== null) names.push(socketUnit.unit, socketUnit.activates);
  return names.flatMap((name) =>
    name === null ? [] : [name, name.slice(0, name.lastIndexOf("."))],
  );
}
