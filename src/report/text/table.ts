// SPDX-License-Identifier: Apache-2.0
import { renderSpans, type Tone } from "./color.ts";
import { cellWidth, wrapText } from "./wrap.ts";

/** Content of one table cell; `text` is already escaped. */
export interface Cell {
  readonly text: string;
  readonly tone: Tone | null;
}

export interface TableStyle {
  /** Terminal cells per line: the last two columns are wrapped to fit; null for no limit. */
  readonly width: number | null;
  readonly color: boolean;
}

/** Makes a cell without colour. */
export function cell(text: string): Cell {
  return { text, tone: null };
}

/** Renders columns as wide as their widest cell, two blanks apart; no line ends with a blank. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, color }: TableStyle,
): string {
  const table = [header.map(cell), ...rows];
  const natural = header.map((_, column) =>
    table.reduce((widest, row) => Math.max(widest, cellWidth(row[column]?.text ?? "")), 0),
  );
  const widths = width === null ? natural : narrowed(natural, width);
  return table.map((row) => renderRow(row, widths, color)).join("");
}

const GAP = "  ";

/** A column of names is not wrapped into less than this. */
const NARROWEST = 20;

function narrowed(natural: readonly number[], width: number): readonly number[] {
  const fixed = natural.slice(0, -2);
  const [first = 0, second = 0] = natural.slice(-2);
  const room = width - fixed.reduce((sum, cells) => sum + cells + GAP.length, 0) - GAP.length;
  if (first + second <= room) return natural;
  const last = Math.min(second, Math.max(NARROWEST, Math.floor(room / 3)));
  return [...fixed, Math.min(first, Math.max(NARROWEST, room - last)), last];
}

function renderRow(row: readonly Cell[], widths: readonly number[], color: boolean): string {
  const words = row.map(({ text }) => text);
  if (words.every((text, column) => cellWidth(text) <= (widths[column] ?? 0))) {
    return `${renderLine(row, words, widths, color)}\n`;
  }
  const columns = row.map(({ text }, column) => wrapText(text, widths[column] ?? 0));
  const height = columns.reduce((tallest, { length }) => Math.max(tallest, length), 1);
  let lines = "";
  for (let index = 0; index < height; index++) {
    lines += `${renderLine(
      row,
      columns.map((texts) => texts[index] ?? ""),
      widths,
      color,
    )}\n`;
  }
  return lines;
}

function renderLine(
  row: readonly Cell[],
  texts: readonly string[],
  widths: readonly number[],
  color: boolean,
): string {
  let line = "";
  let pending = "";
  texts.forEach((text, column) => {
    if (text !== "") {
      const span = { text, tone: row[column]?.tone ?? null };
      line += pending + renderSpans([span], 0, text.length, color);
      pending = "";
    }
    pending += " ".repeat(Math.max((widths[column] ?? 0) - cellWidth(text), 0)) + GAP;
  });
  return line;
}
