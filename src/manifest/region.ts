// SPDX-License-Identifier: Apache-2.0
import type { Span } from "./model.ts";

/** Text to read, and where its characters are in the file. */
export interface Region {
  readonly text: string;
  /** Offset in the file of an offset in the text; grows with it. */
  readonly place: (offset: number) => number;
}

/** A whole file. */
export function wholeFile(text: string): Region {
  return { text, place: (offset) => offset };
}

/** A part of a region that stands there in one piece. */
export function partOf(region: Region, start: number, end: number): Region {
  return {
    text: region.text.slice(start, end),
    place: (offset) => region.place(start + offset),
  };
}

export function spanIn(region: Region, start: number, end: number): Span {
  // The end of a word is where its last character is, not where the next one happens to be.
  return {
    start: region.place(start),
    end: end > start ? region.place(end - 1) + 1 : region.place(start),
  };
}

/** A piece of text that was put together out of parts of a region. */
export interface Piece {
  /** Offset in the text that was put together. */
  readonly at: number;
  /** Offset in the region. */
  readonly offset: number;
}

/** A region whose text was put together; `pieces` are in order, and the first is at 0. */
export function joinedRegion(text: string, pieces: readonly Piece[], within: Region): Region {
  const place = (offset: number): number => {
    let low = 0;
    for (let high = pieces.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((pieces[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = pieces[low] ?? { at: 0, offset: 0 };
    return within.place(piece.offset + offset - piece.at);
  };
  return { text, place };
}

/** Line and column of a place, both counted from 1; columns are UTF-16 units, as in SARIF. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Tells lines and columns of one text. */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    for (let high = starts.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
