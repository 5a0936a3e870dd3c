// SPDX-License-Identifier: Apache-2.0
import type { TextOptions } from "../text-options.ts";
import { type Line, lineText, plain, renderSpans } from "../text/color.ts";
import { wrapRanges } from "../text/wrap.ts";

/** A line of the report; what does not fit is continued below it, two cells further in. */
export interface Paragraph {
  readonly indent: number;
  readonly line: Line;
  /** Not wrapped, because it is to be copied as it is. */
  readonly verbatim?: true;
}

/** Makes a paragraph without colour; `text` is already escaped. */
export function paragraph(indent: number, text: string): Paragraph {
  return { indent, line: plain(text) };
}

export const BLANK: Paragraph = paragraph(0, "");

/** Renders paragraphs; each line ends with a newline, none with a blank. */
export function renderParagraphs(paragraphs: readonly Paragraph[], options: TextOptions): string {
  return paragraphs
    .flatMap((each) => renderLines(each, options))
    .map((line) => `${line}\n`)
    .join("");
}

function renderLines(
  { indent, line, verbatim }: Paragraph,
  { width, color }: TextOptions,
): readonly string[] {
  const text = lineText(line);
  if (text === "") return [""];
  const left = " ".repeat(indent);
  const isWhole = width === null || verbatim === true || indent + text.length <= width;
  const room = isWhole ? Infinity : Math.max(width - indent - HANGING, MINIMUM_ROOM);
  return wrapRanges(text, room).map(
    ({ start, end }, row) =>
      left + (row === 0 ? "" : " ".repeat(HANGING)) + renderSpans(line, start, end, color),
  );
}

const HANGING = 2;

/** Below this a line runs over the right margin rather than into a column of letters. */
const MINIMUM_ROOM = 20;
