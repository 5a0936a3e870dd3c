// SPDX-License-Identifier: Apache-2.0
import type { Defenses, Endpoint, Flag, Process } from "../exposure/model.ts";
import { netcapString, netcapText } from "./netcap-strings.ts";

/** One process as the C tool writes it, on one line, with the flags it has at an endpoint. */
export function renderNetcapProcess(process: Process, endpoint: Endpoint): string {
  const { ambient } = process.capabilities;
  const members = [
    text("comm", process.comm),
    ...(process.exe === null ? [] : [text("exe", process.exe.path)]),
    `"pid": ${process.pid}`,
    `"uid": ${process.uids.real}`,
    ...(process.unit === null ? [] : [text("unit", process.unit)]),
    text("caps", capabilityText(process)),
    `"ambient_present": ${process.ambientPresent}`,
    ...(ambient.length === 0 ? [] : [text("ambient_caps", nameList(ambient))]),
    `"open_ended_bounding": ${process.openEndedBounding}`,
    `"defenses": {${defenses(process.defenses)}}`,
    `"flags": [${flags(process, endpoint).map(netcapString).join(", ")}]`,
  ];
  return `{${members.join(", ")}}`;
}

function text(key: string, value: string): string {
  return `"${key}": ${netcapText(value)}`;
}

function capabilityText({ privilege, capabilities }: Process): string {
  return privilege === "partial" ? nameList(capabilities.permitted) : `(${privilege})`;
}

/** The C tool cuts `cap_` off every name, and so prints bare numbers for unknown ones. */
function nameList(names: readonly string[]): string {
  return names.map((name) => name.replace(/^cap_/, "")).join(", ");
}

function defenses({ runsAsNonroot, noNewPrivs, seccomp, lsm }: Defenses): string {
  const members = [
    text("runs_as_nonroot", runsAsNonroot ? "yes" : "no"),
    text("no_new_privs", noNewPrivs === null ? "unknown" : noNewPrivs ? "yes" : "no"),
    text("seccomp", seccomp ?? "unknown"),
    ...(lsm === null || lsm === "" ? [] : [text("lsm", lsm)]),
  ];
  return members.join(", ");
}

function flags(process: Process, endpoint: Endpoint): readonly Flag[] {
  const order = endpoint.protocol === "vsock" ? VSOCK_FLAGS : OTHER_FLAGS;
  const own = order.filter((flag) => endpoint.flags.includes(flag));
  return process.privilegedCaps ? [...own, "privileged-caps"] : own;
}

const VSOCK_FLAGS: readonly Flag[] = ["hypervisor-plane", "ssh-on-vsock-port-22"];
const OTHER_FLAGS: readonly Flag[] = ["proximity-plane", "wildcard-bind", "reuseport"];
