// SPDX-License-Identifier: Apache-2.0

const YES = ["1", "yes", "y", "true", "t", "on"];
const NO = ["0", "no", "n", "false", "f", "off"];

/** A boolean as systemd reads it, in any case; null for anything else. */
export function parseBoolean(text: string): boolean | null {
  const word = text.toLowerCase();
  if (YES.includes(word)) return true;
  return NO.includes(word) ? false : null;
}

/** Of SecureBits=; Linux knows more, systemd does not. */
export const SECURE_BITS: readonly string[] = [
  "keep-caps",
  "keep-caps-locked",
  "no-setuid-fixup",
  "no-setuid-fixup-locked",
  "noroot",
  "noroot-locked",
];
