// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from "../exposure/model.ts";
import { portWord, protocolLabel } from "./exposure-labels.ts";
import type { OwnerIndex } from "./owner-groups.ts";
import { unownedLine } from "./owner-nodes.ts";
import { processLine } from "./process-node.ts";
import { plain } from "./text/color.ts";
import { compareNatural } from "./text/natural-order.ts";
import type { TreeNode } from "./text/tree.ts";

/** The section of sockets that take answers only: a line per owner, protocol and reason. */
export function clientsNode(
  endpoints: readonly Endpoint[],
  owners: OwnerIndex,
): readonly TreeNode[] {
  const clients = endpoints.filter(({ role }) => role === "client");
  if (clients.length === 0) return [];
  const byOwner = new Map<string, Endpoint[]>();
  for (const endpoint of clients) {
    for (const line of ownerLines(endpoint, owners)) {
      const known = byOwner.get(line);
      if (known === undefined) byOwner.set(line, [endpoint]);
      else known.push(endpoint);
    }
  }
  const children = [...byOwner]
    .toSorted(([one], [other]) => compareNatural(one, other))
    .map(([line, sockets]) => ({ line: plain(line), children: portLeaves(sockets) }));
  return [{ line: plain(title(clients)), children }];
}

function title(clients: readonly Endpoint[]): string {
  const protocols = [...new Set(clients.map(({ protocol }) => protocol.toUpperCase()))];
  return `${protocols.toSorted(compareNatural).join(", ")} CLIENTS (not exposed)`;
}

function ownerLines(endpoint: Endpoint, owners: OwnerIndex): readonly string[] {
  const { groups, missing } = owners(endpoint);
  const lines = groups.map((group) => processLine(group, endpoint.socketUnit));
  lines.push(...missing.map((pid) => `process gone (pid=${pid})`));
  const unowned = unownedLine(endpoint, { inodes: false });
  if (unowned !== null) lines.push(unowned);
  return lines.length === 0 ? ["owner unknown"] : lines;
}

function portLeaves(sockets: readonly Endpoint[]): readonly TreeNode[] {
  const ports = new Map<string, Set<string>>();
  for (const endpoint of sockets) {
    const reason = endpoint.clientReason ?? "client";
    const key = `${protocolLabel(endpoint)}: \0 (${reason})`;
    ports.set(key, (ports.get(key) ?? new Set()).add(portWord(endpoint)));
  }
  return [...ports]
    .toSorted(([one], [other]) => compareNatural(one, other))
    .map(([key, numbers]) => {
      const list = [...numbers].toSorted(compareNatural).join(", ");
      return { line: plain(key.replace("\0", list)), children: [] };
    });
}
