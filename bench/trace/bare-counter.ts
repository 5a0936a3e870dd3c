// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import type { BpfObject, BpfProgram, Libbpf } from "../../src/linux/ffi/libbpf.ts";
import { openLibbpf } from "../../src/linux/ffi/libbpf.ts";

/** By the way in, the best one first. */
const PROGRAMS = {
  count: ["count_traced", "count_at_exit"],
  empty: ["empty_traced", "empty_at_exit"],
} as const;

/** Counts the checks of the whole machine, or just looks on, until it is disposed of. */
export async function openBareCounter(
  path: string,
  kind: keyof typeof PROGRAMS,
): Promise<Disposable> {
  const libbpf = await openLibbpf();
  const bytes = readFileSync(path);
  for (const name of PROGRAMS[kind]) {
    const counter = await tryProgram(libbpf, bytes, name);
    if (counter !== null) return counter;
  }
  throw new Error(`the bare counter cannot be loaded: ${libbpf.errorName()}`);
}

async function tryProgram(
  libbpf: Libbpf,
  bytes: Uint8Array,
  wanted: string,
): Promise<Disposable | null> {
  const object = libbpf.openObject(bytes, null);
  if (object === null) throw new Error(`parsing the bare counter: ${libbpf.errorName()}`);
  for (const name of Object.values(PROGRAMS).flat()) {
    libbpf.setAutoload(findProgram(libbpf, object, name), name === wanted);
  }
  const program = findProgram(libbpf, object, wanted);
  const link = (await libbpf.load(object)) < 0 ? null : libbpf.attach(program);
  if (link === null) {
    libbpf.close(object);
    return null;
  }
  return {
    [Symbol.dispose]: () => {
      libbpf.destroyLink(link);
      libbpf.close(object);
    },
  };
}

function findProgram(libbpf: Libbpf, object: BpfObject, name: string): BpfProgram {
  const program = libbpf.findProgram(object, name);
  if (program === null) throw new Error(`the bare counter has no program ${name}`);
  return program;
}
