// SPDX-License-Identifier: Apache-2.0
import { containerCapabilities } from "../../capabilities/container-list.ts";
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { DEFAULT_SETS } from "../../capabilities/runtimes.ts";
import { type CapabilitySet, NAMED_CAPABILITIES } from "../../capabilities/set.ts";
import type { ContainerDeclaration, Word } from "../model.ts";

export type Platform = ContainerDeclaration["platform"];

/** Kubernetes: where containerd runs the containers. */
const ENGINES = {
  docker: "docker",
  compose: "docker",
  kubernetes: "containerd",
  podman: "podman",
  quadlet: "podman",
} as const;

/** What a container has that asks for nothing. */
export function defaultSet(platform: Platform): CapabilitySet {
  return DEFAULT_SETS[ENGINES[platform]];
}

/** What a word in a list of capabilities stands for to the platform; null when to nothing. */
export function wordMeaning({ text }: Word, platform: Platform): CapabilitySet | null {
  const upper = text.toUpperCase();
  if (upper === "ALL") return NAMED_CAPABILITIES;
  const isPrefixed = upper.startsWith("CAP_");
  // Kubernetes' own list has no prefix: containerd puts one before whatever is there.
  if (isPrefixed && platform === "kubernetes") return null;
  const name = (isPrefixed ? upper.slice(4) : upper).toLowerCase();
  const number = CAPABILITY_NAMES.indexOf(name);
  return number === -1 ? null : 1n << BigInt(number);
}

/** True when the list names ALL. */
export function namesAll(words: readonly Word[]): boolean {
  return words.some(({ text }) => text.toUpperCase() === "ALL");
}

/**
 * The bounding set that the platform gives a container, which root in it has as its permitted
 * set too.
 */
export function grantedSet(container: ContainerDeclaration): CapabilitySet {
  const { platform, privileged } = container;
  if (privileged?.value === true) return NAMED_CAPABILITIES;
  const texts = (words: readonly Word[]): readonly string[] => words.map(({ text }) => text);
  const request = { add: texts(container.add), drop: texts(container.drop) };
  return containerCapabilities(ENGINES[platform], defaultSet(platform), request).set;
}

/** Whether the first process is root in the container; null where only the image tells. */
export function runsAsRoot({ user, runAsNonRoot }: ContainerDeclaration): boolean | null {
  const name = user?.value.split(":")[0];
  if (name !== undefined && name !== "") {
    if (name.includes("$")) return null;
    return name === "0" || name === "root";
  }
  return runAsNonRoot?.value === true ? false : null;
}
