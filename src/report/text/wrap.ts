// SPDX-License-Identifier: Apache-2.0
import stringWidth from "string-width";

/** Part of a text: from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

const ASCII = /^[\x20-\x7e]*$/;

/** Number of terminal cells that escaped text takes. */
export function cellWidth(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/**
 * Cuts escaped text into lines of at most `width` cells: after a blank or comma if there is one,
 * else after `/` or `-`, else where the line is full, but never inside a grapheme. The blanks
 * around a cut belong to no line.
 */
export function wrapRanges(text: string, width: number): readonly TextRange[] {
  if (text.length <= width && ASCII.test(text)) return [{ start: 0, end: text.length }];
  const ruler = rulerOf(text);
  const ranges: TextRange[] = [];
  let start = 0;
  do {
    const full = ruler.fit(start, width);
    const cut = full === text.length ? full : breakPoint(text, start, full, ruler);
    ranges.push({ start, end: endWithoutBlanks(text, start, cut) });
    start = cut;
    // A blank that carries a combining mark is one character with it, and is kept.
    while (text[start] === " " && ruler.isBoundary(start + 1)) start++;
  } while (start < text.length);
  return ranges;
}

/** `wrapRanges` as strings. */
export function wrapText(text: string, width: number): readonly string[] {
  return wrapRanges(text, width).map(({ start, end }) => text.slice(start, end));
}

interface Ruler {
  /** End of the longest part from `start` that fits; at least one grapheme. */
  fit(start: number, width: number): number;
  isBoundary(index: number): boolean;
}

function rulerOf(text: string): Ruler {
  if (!ASCII.test(text)) return graphemeRuler(text);
  return {
    fit: (start, width) => Math.min(start + Math.max(width, 1), text.length),
    isBoundary: () => true,
  };
}

function graphemeRuler(text: string): Ruler {
  const cells = new Map<number, { readonly end: number; readonly cells: number }>();
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    cells.set(index, { end: index + segment.length, cells: stringWidth(segment) });
  }
  return {
    fit(start, width) {
      let end = start;
      let used = 0;
      for (let next = cells.get(end); next !== undefined; next = cells.get(end)) {
        used += next.cells;
        if (used > width && end > start) break;
        end = next.end;
      }
      return end;
    },
    isBoundary: (index) => index === text.length || cells.has(index),
  };
}

function breakPoint(text: string, start: number, full: number, ruler: Ruler): number {
  // A line that is exactly full may also end before a blank.
  if (text[full] === " ") return full;
  return (
    lastBreak(text, start, full, " ,", ruler) ?? lastBreak(text, start, full, "/-", ruler) ?? full
  );
}

function lastBreak(
  text: string,
  start: number,
  full: number,
  after: string,
  ruler: Ruler,
): number | null {
  for (let index = full; index > start; index--) {
    const before = text[index - 1] ?? "";
    if (after.includes(before) && ruler.isBoundary(index)) {
      // A cut after leading blanks only would leave an empty line.
      return text.slice(start, index).trim() === "" ? null : index;
    }
  }
  return null;
}

function endWithoutBlanks(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text[last - 1] === " ") last--;
  return last;
}
