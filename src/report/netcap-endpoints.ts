// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, PlaneName, Reach } from "../exposure/model.ts";
import { protocolLabel } from "./exposure-labels.ts";
import { compareText } from "./text/natural-order.ts";

/** One row of the C tool's model: an endpoint at one address of one interface. */
export interface NetcapEndpoint {
  readonly plane: PlaneName;
  readonly interfaceName: string;
  readonly address: string;
  readonly protocol: string;
  readonly bind: string;
  readonly label: string;
  readonly endpoint: Endpoint;
}

/** Expands services into rows, in the order of the C tool; it does not know the `local` plane. */
export function netcapEndpoints(report: ExposureReport): readonly NetcapEndpoint[] {
  const indexes = new Map(report.interfaces.map(({ name, index }) => [name, index]));
  const rows = report.endpoints
    .filter(({ role, protocol }) => role === "service" && protocol !== "unix")
    .flatMap((endpoint) => endpointRows(endpoint, indexes));
  return rows.toSorted(compareRows);
}

function endpointRows(
  endpoint: Endpoint,
  indexes: ReadonlyMap<string, number>,
): readonly NetcapEndpoint[] {
  const protocol = netcapProtocol(endpoint);
  const bind = netcapBind(endpoint);
  const label =
    endpoint.protocol === "vsock"
      ? `${protocol}:cid=${typeof endpoint.vsockCid === "number" ? endpoint.vsockCid : "ANY"}:${endpoint.port ?? 0}`
      : `${protocol}:${bracketed(endpoint, bind)}:${endpoint.port ?? 0}`;
  const common = { protocol, bind, label, endpoint };
  return endpoint.reach.flatMap((reach) =>
    reachAddresses(endpoint, reach, bind, indexes).map((address) => ({
      plane: reach.plane,
      interfaceName: netcapInterface(reach),
      address,
      ...common,
    })),
  );
}

/** The C tool reads MPTCP listeners from the TCP tables. */
function netcapProtocol(endpoint: Endpoint): string {
  if (endpoint.protocol === "vsock") return endpoint.type ?? "";
  const label = protocolLabel(endpoint);
  return label.replace(/^mptcp/, "tcp");
}

function netcapBind({ protocol, family, bind }: Endpoint): string {
  if (protocol === "packet" || protocol === "xdp") return "::";
  const [first] = bind.addresses;
  if (bind.wildcard && family !== null) return family === "ipv6" ? "::" : "0.0.0.0";
  return first === undefined || bind.wildcard ? "*" : first;
}

function bracketed({ family, protocol }: Endpoint, bind: string): string {
  const ip = family !== null || protocol === "packet" || protocol === "xdp";
  return ip && bind.includes(":") ? `[${bind}]` : bind;
}

function netcapInterface({ plane, interface: name, state }: Reach): string {
  if (state === "not-joined") return "multicast/group";
  if (name !== null && state !== "absent") return name;
  return plane === "bluetooth" ? "hci?" : plane === "vsock" ? "" : "unknown";
}

function reachAddresses(
  endpoint: Endpoint,
  reach: Reach,
  bind: string,
  indexes: ReadonlyMap<string, number>,
): readonly string[] {
  if (reach.plane === "link-layer") return [`ifindex:${indexes.get(reach.interface ?? "") ?? 0}`];
  if (endpoint.family === null || reach.addresses.length === 0) return [bind];
  return reach.addresses;
}

function compareRows(one: NetcapEndpoint, other: NetcapEndpoint): number {
  return (
    compareText(one.interfaceName, other.interfaceName) ||
    compareText(one.protocol, other.protocol) ||
    Number(isWildcard(other.bind)) - Number(isWildcard(one.bind)) ||
    compareText(one.bind, other.bind) ||
    (one.endpoint.port ?? 0) - (other.endpoint.port ?? 0) ||
    compareText(one.address, other.address) ||
    compareText(one.label, other.label)
  );
}

function isWildcard(bind: string): boolean {
  return bind === "0.0.0.0" || bind === "::" || bind === "*";
}
