// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../capabilities/set.ts";
import { mergeSystemdAssignment } from "../../capabilities/systemd-list.ts";
import { splitWords } from "./words.ts";

/**
 * Merges the value of one CapabilityBoundingSet= or AmbientCapabilities= line into a set, as
 * mergeSystemdAssignment().
 */
export function mergeCapabilities(
  set: CapabilitySet,
  initial: CapabilitySet,
  value: string,
  warn: (warning: string) => void,
): CapabilitySet {
  const isInverted = value.startsWith("~");
  const words = splitWords(isInverted ? value.slice(1) : value);
  if (words === null) warn("a quotation does not end");
  return mergeSystemdAssignment(set, initial, { isInverted, words: words ?? [] }, warn);
}
