// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames, EMPTY_SET, NAMED_CAPABILITIES } from "./set.ts";
import { containerName, parseCapabilityWord } from "./spelling.ts";

/** Whose rules apply to what is added and dropped. */
export type ContainerEngine = "docker" | "podman" | "containerd" | "crio";

/** What is asked for: `--cap-add` and `--cap-drop`, or `capabilities:` of a securityContext. */
export interface ContainerRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}

export interface ContainerResult {
  /** The bounding set of the container; what is at fault has no part in it. */
  readonly set: CapabilitySet;
  /** Why the engine refuses to start the container; empty when it does not. */
  readonly faults: readonly string[];
  /** Words that have no effect, although nothing is refused. */
  readonly ignored: readonly string[];
}

interface ParsedList {
  readonly isAll: boolean;
  readonly set: CapabilitySet;
  readonly unknown: readonly string[];
}

/**
 * What a container may have at most that starts from `base` (the engine's default) on a machine
 * that has `all`. The engines differ:
 * - docker (moby, oci/caps/utils.go): ALL under add wins, then ALL under drop; what is added wins
 *   over what is dropped
 * - podman (containers/common, pkg/capabilities): the same name under both is refused
 * - containerd, crio (Kubernetes): add ALL, drop ALL, add names, drop names, in that order; what is
 *   unknown reaches runc, which ignores it; containerd wants names without CAP_
 */
export function containerCapabilities(
  engine: ContainerEngine,
  base: CapabilitySet,
  request: ContainerRequest,
  all: CapabilitySet = NAMED_CAPABILITIES,
): ContainerResult {
  const add = parseList(engine, request.add, all);
  const drop = parseList(engine, request.drop, all);
  const unknown = [...add.unknown, ...drop.unknown];
  const ignores = engine === "containerd" || engine === "crio";
  const faults = ignores ? [] : unknown.map((word) => `unknown capability: ${word}`);
  if (engine === "podman") faults.push(...contradictions(add, drop));
  return {
    set: combine(engine, base, add, drop, all),
    faults,
    ignored: ignores ? unknown : [],
  };
}

function contradictions(add: ParsedList, drop: ParsedList): readonly string[] {
  if (add.isAll && drop.isAll) return ["ALL is both added and dropped"];
  if (add.isAll || drop.isAll) return [];
  return capabilityNames(add.set & drop.set).map(
    (name) => `${containerName(name)} is both added and dropped`,
  );
}

function combine(
  engine: ContainerEngine,
  base: CapabilitySet,
  add: ParsedList,
  drop: ParsedList,
  all: CapabilitySet,
): CapabilitySet {
  if (engine === "docker" || engine === "podman") {
    // docker asks for ALL under add first; podman refuses ALL under both.
    if (add.isAll) return all & ~drop.set;
    return drop.isAll ? add.set : (base & ~drop.set) | add.set;
  }
  let start = add.isAll ? all : base;
  if (drop.isAll) start = EMPTY_SET;
  return (start | add.set) & ~drop.set;
}

function parseList(
  engine: ContainerEngine,
  words: readonly string[],
  all: CapabilitySet,
): ParsedList {
  let set = EMPTY_SET;
  const unknown: string[] = [];
  for (const word of words.filter((each) => each.toUpperCase() !== "ALL")) {
    // Engines know names only, no numbers.
    const number = /\d/.test(word) ? null : parseCapabilityWord(word);
    const bit = number === null ? EMPTY_SET : 1n << BigInt(number);
    const isPrefixed = engine === "containerd" && /^cap_/i.test(word);
    if ((bit & all) === EMPTY_SET || isPrefixed) unknown.push(word);
    else set |= bit;
  }
  return { isAll: words.some((each) => each.toUpperCase() === "ALL"), set, unknown };
}

/** Names as containers' configuration has them: `NET_RAW`, or `ALL` for everything. */
export function formatContainerList(
  set: CapabilitySet,
  all: CapabilitySet = NAMED_CAPABILITIES,
): readonly string[] {
  return (set & all) === all ? ["ALL"] : capabilityNames(set & all).map(containerName);
}
