// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, Interface } from "../exposure/model.ts";
import { interfaceShortcoming } from "./exposure-labels.ts";
import { plain } from "./text/color.ts";
import { escapeName } from "./text/escape.ts";
import { compareNatural } from "./text/natural-order.ts";
import type { TreeNode } from "./text/tree.ts";

/** One node for the interfaces with no branch of their own because they are down or bare. */
export function idleInterfacesNode(
  interfaces: readonly Interface[],
  services: readonly Endpoint[],
): readonly TreeNode[] {
  const shown = shownInterfaces(services);
  const idle = interfaces.flatMap((item) => {
    const shortcoming = interfaceShortcoming(item);
    if (shortcoming === null || shown.has(item.name)) return [];
    return [{ name: item.name, text: `${escapeName(item.name)} (${shortcoming})` }];
  });
  if (idle.length === 0) return [];
  const names = idle.toSorted((a, b) => compareNatural(a.name, b.name)).map(({ text }) => text);
  return [{ line: plain(`no reachable address: ${names.join(", ")}`), children: [] }];
}

function shownInterfaces(services: readonly Endpoint[]): ReadonlySet<string> {
  const shown = new Set<string>();
  const done = new Set<Endpoint["reach"]>();
  for (const { reach } of services) {
    if (done.has(reach)) continue;
    done.add(reach);
    for (const { plane, interface: name } of reach) {
      if (name !== null && plane.startsWith("inet-")) shown.add(name);
    }
  }
  return shown;
}
