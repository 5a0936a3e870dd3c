// SPDX-License-Identifier: Apache-2.0
import { knowledgeOf } from "./knowledge/index.ts";
import type { RootLevel } from "./knowledge/model.ts";
import { capabilityNames, type CapabilitySet, includesAll, setOf } from "./set.ts";

/** How a capability leads to root. */
export interface RootWay {
  readonly capability: string;
  readonly level: Exclude<RootLevel, "never">;
  readonly reason: string;
}

/**
 * Which capabilities of a set are the same as root to who takes over the process: `always` on an
 * ordinary system, `conditional` where what the reason says holds. None in a child user namespace
 * (`childUserNamespace`): there they make root of that namespace only. `always` comes first.
 */
export function waysToRoot(
  set: CapabilitySet,
  childUserNamespace: boolean | null = null,
): readonly RootWay[] {
  if (childUserNamespace === true) return [];
  const ways = capabilityNames(set).flatMap((capability): RootWay[] => {
    const root = knowledgeOf(capability)?.root;
    if (root === undefined || root.level === "never") return [];
    if (!includesAll(set, setOf(...(root.beside ?? [])))) return [];
    return [{ capability, level: root.level, reason: root.reason }];
  });
  return ways.toSorted((one, other) => one.level.localeCompare(other.level, "en"));
}

/** True when a set is the same as root by itself, on an ordinary system. */
export function givesRoot(set: CapabilitySet, childUserNamespace: boolean | null = null): boolean {
  return waysToRoot(set, childUserNamespace).some(({ level }) => level === "always");
}
