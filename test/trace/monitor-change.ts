// SPDX-License-Identifier: Apache-2.0
import type { CheckChange, FedImage } from "../../src/linux/bpf/observation.ts";
import { check } from "./build-check.ts";

/** A program that was executed, with the facts given. */
export function fedImage(facts: Partial<FedImage> = {}): FedImage {
  return {
    id: 1,
    origin: "exec",
    pid: 100,
    parentPid: 1,
    startNs: 1000,
    endNs: 0,
    comm: "daemon",
    exe: "/usr/sbin/daemon",
    argv: ["daemon"],
    exitCode: null,
    exitSignal: null,
    taskStartNs: 900,
    ...facts,
  };
}

/** Checks of an image as a feed reports them for the first time. */
export function change(
  row: number,
  image: FedImage | null,
  facts: Parameters<typeof check>[0] & { readonly added?: number },
): CheckChange {
  const { added = 1, ...ofCheck } = facts ?? {};
  const record = check({ image: image?.id ?? 99, ...ofCheck });
  return { row, image, check: record, added, hasNewStacks: true };
}

/** Kernel stacks, each sampled once. */
export function stacks(...all: readonly (readonly string[])[]): CheckChange["check"]["stacks"] {
  return all.map((frames) => ({ frames, samples: 1 }));
}
