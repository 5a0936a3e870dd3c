// SPDX-License-Identifier: Apache-2.0
import { escapeText } from "../text/escape.ts";
import { wrapText } from "../text/wrap.ts";

/** Text is not wrapped into less than this. */
const NARROWEST = 24;

/** Lines of a text behind `before`; the second and later ones are as far in as the first. */
export function paragraph(before: string, text: string, width: number | null): string {
  return hanging(before, escapeText(text), width);
}

/** The same for a text that is escaped already. */
export function hanging(before: string, text: string, width: number | null): string {
  const room = width === null ? null : Math.max(width - before.length, NARROWEST);
  const lines = room === null ? [text] : wrapText(text, room);
  return `${before}${lines.join(`\n${" ".repeat(before.length)}`)}\n`;
}
