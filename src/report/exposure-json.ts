// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySets, Endpoint, ExposureReport, Process } from "../exposure/model.ts";
import { toJson } from "./text/escape.ts";

/**
 * Renders the report as JSON (schemas/exposure.schema.json): one line for each interface,
 * endpoint and process, so that line-oriented tools can search and compare reports.
 */
export function renderExposureJson(report: ExposureReport): string {
  const members = [
    ...Object.entries(reportHeader(report)).map(([key, value]) => member(key, toJson(value))),
    member("interfaces", jsonLines(report.interfaces.map(toJson))),
    member("endpoints", jsonLines(report.endpoints.map(endpointWriter()))),
    member("processes", jsonLines(report.processes.map(processWriter()))),
    member("coverage", toJson(report.coverage)),
  ];
  return `{\n${members.join(",\n")}\n}\n`;
}

/**
 * Renders the report as JSON lines (schemas/exposure-line.schema.json): a `report` line, a line
 * for each interface, process and endpoint, and a `coverage` line.
 */
export function renderExposureJsonLines(report: ExposureReport): string {
  const writeProcess = processWriter();
  const writeEndpoint = endpointWriter();
  const lines = [
    toJson({ ...reportHeader(report), kind: "report" }),
    ...report.interfaces.map((item) => jsonLine("interface", toJson(item))),
    ...report.processes.map((item) => jsonLine("process", writeProcess(item))),
    ...report.endpoints.map((item) => jsonLine("endpoint", writeEndpoint(item))),
    jsonLine("coverage", toJson(report.coverage)),
  ];
  return `${lines.join("\n")}\n`;
}

/** What every machine format says of where and when the report was made. */
export function reportHeader(
  report: ExposureReport,
): Omit<ExposureReport, "interfaces" | "endpoints" | "processes" | "coverage"> {
  const { schemaVersion, kind, tool, host, time, networkNamespace } = report;
  return { schemaVersion, kind, tool, host, time, networkNamespace };
}

function member(key: string, value: string): string {
  return `  ${JSON.stringify(key)}: ${value}`;
}

function jsonLines(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n    ${items.join(",\n    ")}\n  ]`;
}

function jsonLine(kind: string, text: string): string {
  return `{"kind":"${kind}","${kind}":${text}}`;
}

/*
 * All endpoints on all addresses share one `reach` array, and processes with the same
 * capabilities share the arrays of names: the text of each is made once. The shared value comes
 * last in its object, where it can be appended to the text of the rest.
 */

function endpointWriter(): (endpoint: Endpoint) => string {
  const write = sharedWriter();
  return (endpoint) => append(toJson(ownFacts(endpoint)), "reach", write(endpoint.reach));
}

function processWriter(): (process: Process) => string {
  const write = sharedWriter();
  return (process) => {
    const capabilities = capabilitiesText(process.capabilities, write);
    return append(toJson(ownPosture(process)), "capabilities", capabilities);
  };
}

/** In a fixed order, whatever the order in which a collector found them. */
function ownFacts(endpoint: Endpoint): Omit<Endpoint, "reach"> {
  return {
    id: endpoint.id,
    protocol: endpoint.protocol,
    family: endpoint.family,
    type: endpoint.type,
    bind: endpoint.bind,
    port: endpoint.port,
    portName: endpoint.portName,
    role: endpoint.role,
    clientReason: endpoint.clientReason,
    flags: endpoint.flags,
    reuseport: endpoint.reuseport,
    sockets: endpoint.sockets,
    owners: endpoint.owners,
    unowned: endpoint.unowned,
    socketUnit: endpoint.socketUnit,
    vsockCid: endpoint.vsockCid,
    unix: endpoint.unix,
  };
}

function ownPosture(process: Process): Omit<Process, "capabilities"> {
  return {
    pid: process.pid,
    parentPid: process.parentPid,
    startTime: process.startTime,
    comm: process.comm,
    exe: process.exe,
    account: process.account,
    uids: process.uids,
    gids: process.gids,
    unit: process.unit,
    userUnitOf: process.userUnitOf,
    slice: process.slice,
    container: process.container,
    podUid: process.podUid,
    childUserNamespace: process.childUserNamespace,
    privilege: process.privilege,
    privilegedCaps: process.privilegedCaps,
    ambientPresent: process.ambientPresent,
    openEndedBounding: process.openEndedBounding,
    defenses: process.defenses,
    threadCount: process.threadCount,
    differingThreads: process.differingThreads,
  };
}

function capabilitiesText(sets: CapabilitySets, write: (value: object) => string): string {
  const members = CAPABILITY_SETS.map((name) => `"${name}":${write(sets[name])}`);
  return `{${members.join(",")}}`;
}

const CAPABILITY_SETS = ["permitted", "effective", "inheritable", "bounding", "ambient"] as const;

function sharedWriter(): (value: object) => string {
  const texts = new Map<object, string>();
  return (value) => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = toJson(value);
    texts.set(value, text);
    return text;
  };
}

function append(object: string, key: string, value: string): string {
  return `${object.slice(0, -1)},"${key}":${value}}`;
}
