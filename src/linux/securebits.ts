// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../errors.ts";
import { openLibc } from "./ffi/libc.ts";

/** Bits in order; Linux 6.18, include/uapi/linux/securebits.h. */
const SECUREBITS = [
  "noroot",
  "noroot-locked",
  "no-setuid-fixup",
  "no-setuid-fixup-locked",
  "keep-caps",
  "keep-caps-locked",
  "no-cap-ambient-raise",
  "no-cap-ambient-raise-locked",
  "exec-restrict-file",
  "exec-restrict-file-locked",
  "exec-deny-interactive",
  "exec-deny-interactive-locked",
] as const;

/** Names of the secure bits that are set, as systemd.exec(5) writes them; `bit-N` for newer ones. */
export function securebitNames(bits: number): readonly string[] {
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((bits >>> bit) & 1) === 1)
    .map((bit) => SECUREBITS[bit] ?? `bit-${bit}`);
}

/** Those of this thread; null without the C library. Those of others only a BPF program tells. */
export async function readOwnSecurebits(): Promise<readonly string[] | null> {
  try {
    const bits = (await openLibc()).getSecurebits();
    return bits < 0 ? null : securebitNames(bits);
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}
