// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../capabilities/set.ts";
import { loadKoffi } from "./libc.ts";

/** What the kernel tells a thread of itself, without /proc. */
export interface TaskFacts {
  readonly permitted: CapabilitySet;
  readonly effective: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivs: boolean | null;
  /** Real, effective, saved. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

const VERSION_3 = 0x20080522;
const PR_CAPBSET_READ = 23;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_IS_SET = 1;

/** Asks by capget(2), prctl(2) and getresuid(2); null when capget does not answer. */
export async function readTaskFacts(): Promise<TaskFacts | null> {
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  const bind = (prototype: string) => library.func(prototype) as (...values: unknown[]) => number;
  const capget = bind("int capget(uint8_t *, uint8_t *)");
  const prctl = bind("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  const header = new Uint32Array([VERSION_3, 0]);
  const data = new Uint32Array(6);
  if (capget(new Uint8Array(header.buffer), new Uint8Array(data.buffer)) < 0) return null;
  const setAt = (at: number): CapabilitySet =>
    BigInt(data[at] ?? 0) | (BigInt(data[at + 3] ?? 0) << 32n);
  const collect = (isSet: (number: number) => boolean): CapabilitySet => {
    let set = 0n;
    for (let number = 0; number < 64; number++) if (isSet(number)) set |= 1n << BigInt(number);
    return set;
  };
  const confined = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  const threeIds = (name: string): readonly number[] => {
    const ids = new Uint32Array(3);
    const parts = [0, 1, 2].map((at) => new Uint8Array(ids.buffer, at * 4, 4));
    bind(`int ${name}(uint8_t *, uint8_t *, uint8_t *)`)(...parts);
    return [...ids];
  };
  return {
    effective: setAt(0),
    permitted: setAt(1),
    inheritable: setAt(2),
    bounding: collect((number) => prctl(PR_CAPBSET_READ, number, 0, 0, 0) === 1),
    ambient: collect((number) => prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) === 1),
    noNewPrivs: confined < 0 ? null : confined === 1,
    uids: threeIds("getresuid"),
    gids: threeIds("getresgid"),
  };
}
