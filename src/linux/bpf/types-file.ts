// SPDX-License-Identifier: Apache-2.0
import { closeSync, writeSync } from "node:fs";
import { SystemError } from "../../errors.ts";
import type { Libc } from "../ffi/libc.ts";

/** BTF in a file in memory, for libbpf to read. */
export interface TypesFile extends Disposable {
  readonly path: string;
}

export function makeTypesFile(libc: Libc, types: Uint8Array): TypesFile | SystemError {
  const fd = libc.memoryFile("capscope-types");
  if (fd < 0) return new SystemError("making a file in memory", libc.errorName());
  writeSync(fd, types);
  return { path: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) };
}
