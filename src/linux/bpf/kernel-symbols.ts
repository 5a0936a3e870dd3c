// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { errorName } from "../errno.ts";
import { SIZES } from "./wire-format.ts";
import { decodeSymbols, encodeAddresses, SYMBOL_COUNT } from "./wire-stack.ts";

const BPF_ANY = 0;
const STEP = "naming kernel addresses";

/** Functions of the kernel by an address in them. */
export type KernelSymbols = ReadonlyMap<bigint, string>;

/** Descriptors of the program that names addresses and of the map that it works on. */
export interface SymbolSource {
  readonly program: number;
  readonly map: number;
}

/** Names the functions that contain the addresses; those in none are left out. */
export function readKernelSymbols(
  libbpf: Libbpf,
  source: SymbolSource,
  addresses: readonly bigint[],
): KernelSymbols {
  const symbols = new Map<bigint, string>();
  const key = new Uint8Array(4);
  const table = new Uint8Array(SIZES.symbolTable);
  for (let start = 0; start < addresses.length; start += SYMBOL_COUNT) {
    const asked = addresses.slice(start, start + SYMBOL_COUNT);
    check(libbpf.update(source.map, key, encodeAddresses(asked), BPF_ANY));
    check(libbpf.run(source.program));
    check(libbpf.lookup(source.map, key, table));
    for (const [at, name] of decodeSymbols(table, asked.length).entries()) {
      const address = asked[at];
      if (address !== undefined && name !== null) symbols.set(address, name);
    }
  }
  return symbols;
}

function check(result: number): void {
  if (result < 0) throw new SystemError(STEP, errorName(-result));
}
