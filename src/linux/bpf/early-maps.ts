// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import { NO_TYPES } from "../btf/reduce-types.ts";
import type { BpfMap, BpfObject, Libbpf } from "../ffi/libbpf.ts";
import type { Libc } from "../ffi/libc.ts";
import { ALL_PROGRAMS, MAPS, UNSHARED_MAPS } from "./program-table.ts";
import { makeTypesFile, type TypesFile } from "./types-file.ts";

/**
 * The maps of an object file without its programs. The large ones take the kernel a while: they are
 * made in a thread, and the programs are prepared at the same time.
 */
export interface EarlyMaps {
  /** Once: to another object of the file, not loaded yet. What it is not given, libbpf makes. */
  giveTo(find: (name: string) => BpfMap): Promise<void>;
  /** Closes what is nobody else's. */
  close(): Promise<void>;
}

export function startMaps(libbpf: Libbpf, libc: Libc, bytes: Uint8Array): EarlyMaps {
  const file = makeTypesFile(libc, NO_TYPES);
  if (file instanceof SystemError) return NO_MAPS;
  const object = libbpf.openObject(bytes, file.path);
  if (object === null) {
    file[Symbol.dispose]();
    return NO_MAPS;
  }
  for (const name of ALL_PROGRAMS) {
    const program = libbpf.findProgram(object, name);
    if (program !== null) libbpf.setAutoload(program, false);
  }
  for (const name of UNSHARED_MAPS) {
    const map = libbpf.findMap(object, name);
    if (map !== null) libbpf.setAutocreate(map, false);
  }
  return new LoadedMaps(libbpf, object, file);
}

const NO_MAPS: EarlyMaps = { giveTo: () => Promise.resolve(), close: () => Promise.resolve() };

class LoadedMaps implements EarlyMaps {
  readonly #libbpf: Libbpf;
  readonly #object: BpfObject;
  readonly #file: TypesFile;
  readonly #loaded: Promise<number>;
  #isGiven = false;

  constructor(libbpf: Libbpf, object: BpfObject, file: TypesFile) {
    this.#libbpf = libbpf;
    this.#object = object;
    this.#file = file;
    this.#loaded = libbpf.load(object);
  }

  async giveTo(find: (name: string) => BpfMap): Promise<void> {
    const result = await this.#loaded;
    if (result < 0 || this.#isGiven) return;
    this.#isGiven = true;
    for (const name of MAPS) {
      const map = this.#libbpf.findMap(this.#object, name);
      if (map !== null) this.#libbpf.reuseMap(find(name), this.#libbpf.mapFd(map));
    }
  }

  async close(): Promise<void> {
    await this.#loaded;
    this.#libbpf.close(this.#object);
    this.#file[Symbol.dispose]();
  }
}
