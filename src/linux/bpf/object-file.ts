// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "../../errors.ts";

/**
 * Reads the compiled kernel programs of this machine's architecture: beside this module in the
 * package, in build/bpf in the source tree. (The build puts the file into the executable, and a
 * module that reads it from there takes the place of this one.)
 */
export function readTraceObject(): Uint8Array {
  const name = `capability-trace.${arch()}.bpf.o`;
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
