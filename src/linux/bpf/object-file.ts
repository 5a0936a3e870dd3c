// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "../../errors.ts";

/** The compiled kernel programs; those of "capability-trace-group" follow control groups. */
export type TraceObject = (typeof TRACE_OBJECTS)[number];
export const TRACE_OBJECTS = [
  "capability-trace",
  "capability-trace-group",
  "task-securebits",
] as const;

/**
 * Reads the compiled kernel programs of this machine's architecture: beside this module in the
 * package, in build/bpf in the source tree. (The build puts the files into the executable, and a
 * module that reads them from there takes the place of this one.)
 */
export function readTraceObject(object: TraceObject): Uint8Array {
  const name = `${object}.${arch()}.bpf.o`;
  const paths = [`./${name}`, `../../../build/bpf/${name}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) {
    throw new UnsupportedError(`the kernel programs for ${arch()} are not there`, {
      hint: "in a source tree, run scripts/build-bpf.sh",
    });
  }
  return readFileSync(path);
}
