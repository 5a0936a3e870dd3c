// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, viewOf } from "../bytes.ts";
import type { UserFrame } from "./observation.ts";
import { SIZES } from "./wire-format.ts";

/** Addresses that are named at once. */
export const SYMBOL_COUNT = 32;
const SYMBOL_LENGTH = 64;

/** How often a stack was seen in a row. */
export function decodeSample(
  key: Uint8Array,
  value: Uint8Array,
): { readonly row: number; readonly stack: number; readonly count: number } {
  const view = viewOf(key);
  return {
    row: view.getUint32(0, true),
    stack: view.getUint32(4, true),
    count: Number(viewOf(value).getBigUint64(0, true)),
  };
}

/** Return addresses, innermost first. */
export function decodeStack(bytes: Uint8Array): bigint[] {
  const view = viewOf(bytes);
  const addresses: bigint[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    addresses.push(address);
  }
  return addresses;
}

/** The table that asks for the names of at most SYMBOL_COUNT addresses. */
export function encodeAddresses(addresses: readonly bigint[]): Uint8Array {
  const table = new Uint8Array(SIZES.symbolTable);
  const view = new DataView(table.buffer);
  for (const [at, address] of addresses.entries()) view.setBigUint64(at * 8, address, true);
  return table;
}

/** Names of the first `count` addresses of the table; null for one that lies in no function. */
export function decodeSymbols(table: Uint8Array, count: number): (string | null)[] {
  return Array.from({ length: count }, (_, at) => {
    const start = SYMBOL_COUNT * 8 + at * SYMBOL_LENGTH;
    const text = decodeTerminatedText(table.subarray(start, start + SYMBOL_LENGTH));
    // The kernel prints the address where it knows no function, and the module behind a blank.
    return text === "" || text.startsWith("0x") ? null : text.replace(/ .*/, "");
  });
}

/** The frames of a user stack, innermost first. */
export function decodeUserStack(bytes: Uint8Array): UserFrame[] {
  const view = viewOf(bytes);
  const frames: UserFrame[] = [];
  for (let at = 0; at < bytes.length; at += USER_FRAME_SIZE) {
    const status = view.getInt32(at, true);
    const place = view.getBigUint64(at + 24, true);
    if (status === FRAME_OF_FILE) {
      const buildId = Buffer.from(bytes.subarray(at + 4, at + 24)).toString("hex");
      frames.push({ kind: "file", buildId, offset: place });
    } else if (status === FRAME_ADDRESS && place !== 0n) {
      frames.push({ kind: "address", address: place });
    } else break;
  }
  return frames;
}

const USER_FRAME_SIZE = 32;
const FRAME_OF_FILE = 1;
const FRAME_ADDRESS = 2;
