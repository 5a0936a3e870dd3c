// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "./names.ts";
import { type RootWay, waysToRoot } from "./root-ways.ts";
import { recognizeSet } from "./runtimes.ts";
import { capabilityNames, type CapabilitySet, formatMask, NAMED_CAPABILITIES } from "./set.ts";

/** A set in words, ready for JSON. */
export interface SetDescription {
  /** 16 hexadecimal digits. */
  readonly mask: string;
  /** In number order; `cap_41` for what has no name. */
  readonly names: readonly string[];
  /** Those of them that have no name here. */
  readonly unknown: readonly string[];
  /** Names that are not in the set; empty for the empty set too. */
  readonly missing: readonly string[];
  /** Under which names exactly this set is known. */
  readonly recognized: readonly { readonly name: string; readonly source: string }[];
  /** What in it is the same as root. */
  readonly waysToRoot: readonly RootWay[];
}

/** Describes a set. In a child user namespace nothing in it makes root of the host. */
export function describeSet(
  set: CapabilitySet,
  childUserNamespace: boolean | null = null,
): SetDescription {
  const names = capabilityNames(set);
  return {
    mask: formatMask(set),
    names,
    unknown: names.filter((name) => !CAPABILITY_NAMES.includes(name)),
    missing: set === 0n ? [] : capabilityNames(NAMED_CAPABILITIES & ~set),
    recognized: recognizeSet(set).map(({ name, source }) => ({ name, source })),
    waysToRoot: waysToRoot(set, childUserNamespace),
  };
}
