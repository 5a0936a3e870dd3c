// SPDX-License-Identifier: Apache-2.0
import type { CheckRecord, ImageRecord } from "../../src/linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../../src/linux/procfs/namespaces.ts";

/** A granted check for a capability of the host, made once in bind(2), with the facts given. */
export function check(facts: Partial<CheckRecord> = {}): CheckRecord {
  return {
    image: 1,
    capability: 10,
    granted: true,
    syscall: null,
    targetNamespace: INITIAL_USER_NAMESPACE,
    ownNamespace: false,
    borrowedCredentials: false,
    silent: null,
    count: 1,
    firstNs: 100,
    lastNs: 100,
    stacks: [],
    ...facts,
  };
}

/** One stack, innermost frame first. */
export function stack(...frames: readonly string[]): CheckRecord["stacks"] {
  return [{ frames, samples: 1 }];
}

/** A program that ran and ended, with the facts given. */
export function image(facts: Partial<ImageRecord> = {}): ImageRecord {
  return {
    id: 1,
    pid: 42,
    parentPid: 41,
    startNs: 50,
    endNs: 500,
    comm: "daemon",
    exe: "/usr/sbin/daemon",
    argv: ["daemon"],
    exitCode: 0,
    exitSignal: null,
    ...facts,
  };
}
