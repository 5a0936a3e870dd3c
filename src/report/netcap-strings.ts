// SPDX-License-Identifier: Apache-2.0
import { escapeJson } from "./text/escape.ts";

/**
 * A JSON string as the C tool writes names of processes, files, units and labels: control
 * characters as `\x1B`, a backslash as itself, so that the form is not reversible.
 */
export function netcapText(text: string): string {
  return netcapString(
    text.replace(/[\x00-\x1f\x7f]/g, (character) => byteEscape(character.charCodeAt(0))),
  );
}

/**
 * A JSON string as the C tool writes everything else, but always valid Unicode: a byte that is
 * not UTF-8 is `\xFF`. What is hostile beyond ASCII is a `\u` escape of the same value.
 */
export function netcapString(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return JSON.stringify(text);
  const valid = text
    .replace(/[\udc80-\udcff]/gu, (character) => byteEscape(character.charCodeAt(0) - 0xdc00))
    .toWellFormed();
  return escapeJson(JSON.stringify(valid));
}

function byteEscape(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
