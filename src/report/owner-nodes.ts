// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from "../exposure/model.ts";
import type { OwnerGroup, OwnerIndex } from "./owner-groups.ts";
import { flagsNode, flagsOf, processChildren, processLine } from "./process-node.ts";
import { plain } from "./text/color.ts";
import { escapeName, escapeText } from "./text/escape.ts";
import type { TreeNode } from "./text/tree.ts";

/** Makes the function that gives the process nodes of an endpoint, the unknown owner included. */
export function ownerNodes(
  owners: OwnerIndex,
  known: readonly string[],
): (endpoint: Endpoint) => readonly TreeNode[] {
  const cache = new Map<string, TreeNode>();
  return (endpoint) => {
    const { groups, missing } = owners(endpoint);
    return [
      ...groups.map((group) => cachedNode(cache, group, endpoint, known)),
      ...missing.map((pid) => bareNode(`process gone (pid=${pid})`, endpoint)),
      ...unownedNodes(endpoint, owners),
    ];
  };
}

function cachedNode(
  cache: Map<string, TreeNode>,
  group: OwnerGroup,
  endpoint: Endpoint,
  known: readonly string[],
): TreeNode {
  // One process often owns many ports: below the same line and flags hangs the same.
  const line = processLine(group, endpoint.socketUnit);
  const key = `${line} ${flagsOf(endpoint, group.process).join()}`;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const children = processChildren(group, endpoint, known);
  const node: TreeNode = { line: plain(line), children, shared: true };
  cache.set(key, node);
  return node;
}

function bareNode(line: string, endpoint: Endpoint): TreeNode {
  return { line: plain(line), children: [flagsNode(flagsOf(endpoint, null), null)] };
}

function unownedNodes(endpoint: Endpoint, owners: OwnerIndex): readonly TreeNode[] {
  const { unowned } = endpoint;
  const line = unownedLine(endpoint, { inodes: true });
  if (line === null || unowned === null) {
    // Not to be expected of a collector, but an endpoint must not vanish for want of a leaf.
    const nobody = endpoint.owners.length === 0 && owners(endpoint).missing.length === 0;
    return nobody ? [bareNode("owner unknown", endpoint)] : [];
  }
  const node = bareNode(line, endpoint);
  const candidates = unowned.candidates.map(({ pid, comm }) => `${escapeName(comm)} (pid=${pid})`);
  if (candidates.length === 0) return [node];
  const leaf = { line: plain(`candidates: ${candidates.join(", ")}`), children: [] };
  return [{ line: node.line, children: [leaf, ...node.children] }];
}

/**
 * The line for sockets without a known owner: who made them, which they are, and why. Without
 * inodes it is the same for all sockets that one user has for one reason.
 */
export function unownedLine(endpoint: Endpoint, { inodes }: { inodes: boolean }): string | null {
  const { unowned, sockets, owners } = endpoint;
  if (unowned === null) return null;
  const owned = new Set(owners.flatMap((owner) => owner.inodes));
  const rest = sockets.filter(({ inode }) => !owned.has(inode));
  const uids = [...new Set(rest.map(({ uid }) => uid ?? "unknown"))].join(",");
  const which = inodes ? ` inode=${rest.map(({ inode }) => inode).join(",")}` : "";
  const items = rest.length === 0 ? "" : ` (uid=${uids}${which})`;
  const who = unowned.reason === "kernel" ? "kernel" : "owner unknown";
  return `${who}${items}: ${escapeText(unowned.detail)}`;
}
