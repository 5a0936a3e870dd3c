// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, ExposureReport, PlaneName, Reach } from "../exposure/model.ts";
import { PLANES } from "../exposure/model.ts";
import { knownCapabilities } from "./capability-text.ts";
import { clientsNode } from "./clients-node.ts";
import { coverageLine, emptyLine } from "./coverage-line.ts";
import {
  bindLabel,
  interfaceLabel,
  PLANE_TITLES,
  PROTOCOL_TO_PLANE,
  portLabel,
  protocolLabel,
  publicInterfaces,
  unixLabel,
  vsockLabel,
} from "./exposure-labels.ts";
import { idleInterfacesNode } from "./idle-interfaces.ts";
import { indexOwners } from "./owner-groups.ts";
import { ownerNodes } from "./owner-nodes.ts";
import type { TextOptions } from "./text-options.ts";
import { Branch, type Step, step } from "./text/branch.ts";
import { plain, protocolTone } from "./text/color.ts";
import { renderTree, type TreeNode } from "./text/tree.ts";

/**
 * Renders plane > interface > protocol > bind > port > process > caps, defenses, flags; then the
 * sockets that only take answers; then one line about what could not be seen.
 */
export function renderExposureTree(report: ExposureReport, options: TextOptions): string {
  const coverage = coverageLine(report.coverage);
  if (report.endpoints.length === 0) return `${emptyLine(options)}\n${coverage}`;
  const style = { width: options.width, color: options.color, ascii: options.ascii ?? false };
  return renderTree(reportNodes(report), style) + coverage;
}

function reportNodes(report: ExposureReport): readonly TreeNode[] {
  const owners = indexOwners(report);
  const services = report.endpoints.filter(({ role }) => role === "service");
  const nodesOf = ownerNodes(owners, knownCapabilities(report));
  const planes = planeBranches(services, nodesOf, publicInterfaces(report));
  const idle = idleInterfacesNode(report.interfaces, services);
  const nodes = PLANES.flatMap((plane) => {
    const branch = planes.get(plane);
    if (branch === undefined) return [];
    const last = plane === "inet-external" ? idle : [];
    return [{ line: plain(PLANE_TITLES[plane]), children: [...branch.toNodes(), ...last] }];
  });
  const topLevelIdle = planes.has("inet-external") ? [] : idle;
  return [...nodes, ...topLevelIdle, ...clientsNode(report.endpoints, owners)];
}

function planeBranches(
  services: readonly Endpoint[],
  nodesOf: (endpoint: Endpoint) => readonly TreeNode[],
  open: ReadonlySet<string>,
): ReadonlyMap<PlaneName, Branch> {
  const planes = new Map<PlaneName, Branch>();
  for (const endpoint of services) {
    const nodes = nodesOf(endpoint);
    const steps = endpointSteps(endpoint);
    for (const reach of endpoint.reach.length === 0 ? [null] : endpoint.reach) {
      const plane = reach?.plane ?? PROTOCOL_TO_PLANE[endpoint.protocol];
      const branch = planes.get(plane) ?? new Branch();
      planes.set(plane, branch);
      branch.add([...interfaceSteps(plane, reach, open), ...steps], nodes);
    }
  }
  return planes;
}

function interfaceSteps(
  plane: PlaneName,
  reach: Reach | null,
  open: ReadonlySet<string>,
): readonly Step[] {
  if (reach === null) return [step(1, "(reachable through no interface)")];
  if (plane === "vsock" || plane === "local") return [];
  const named =
    reach.interface !== null && reach.state !== "absent" && reach.state !== "not-joined";
  return [step(named ? 0 : 1, interfaceLabel(reach, open))];
}

function endpointSteps(endpoint: Endpoint): readonly Step[] {
  if (endpoint.protocol === "vsock") return [step(endpoint.port ?? 0, vsockLabel(endpoint))];
  if (endpoint.protocol === "unix") {
    return [step(0, endpoint.type ?? "unknown"), step(0, unixLabel(endpoint))];
  }
  const protocol = protocolLabel(endpoint);
  const port = portLabel(endpoint);
  return [
    step(0, protocol, protocolTone(protocol)),
    step(endpoint.bind.wildcard ? 0 : 1, bindLabel(endpoint)),
    ...(port === null ? [] : [step(endpoint.port ?? 0, port)]),
  ];
}
