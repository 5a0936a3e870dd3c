// SPDX-License-Identifier: Apache-2.0
import type { UnitAssignment } from "../model.ts";
import { joinedRegion, partOf, type Piece, type Region, spanIn, wholeFile } from "../region.ts";
import { placeWords } from "./words.ts";

/** One assignment of a unit file, with its places. */
export interface Assignment extends UnitAssignment {
  /** Counted from 1; of the first line of a continued one. */
  readonly line: number;
}

export interface UnitText {
  readonly assignments: readonly Assignment[];
  /** Names of sections, in order. */
  readonly sections: readonly string[];
  /** What systemd complains about and skips. */
  readonly warnings: readonly string[];
}

interface LogicalLine {
  /** Without the line ends that were continued. */
  readonly region: Region;
  readonly line: number;
}

/**
 * Splits the text of a unit file as systemd does: `\` at the end continues a line, also across
 * comments; "#" and ";" comment whole lines; keys are case-sensitive. Source: man 7 systemd.syntax.
 */
export function parseUnitText(source: string | Region): UnitText {
  const whole = typeof source === "string" ? wholeFile(source) : source;
  const assignments: Assignment[] = [];
  const sections: string[] = [];
  const warnings: string[] = [];
  let section: string | null = null;
  for (const { region, line } of logicalLines(whole)) {
    const content = region.text;
    const header = /^\[(.*)\]$/.exec(content);
    const equals = content.indexOf("=");
    if (content === "") continue;
    if (header !== null) {
      section = header[1] ?? "";
      sections.push(section);
    } else if (content.startsWith("[")) warnings.push(`line ${line}: not a section header`);
    else if (section === null) warnings.push(`line ${line}: outside of a section, ignored`);
    else if (equals === -1) warnings.push(`line ${line}: no "=", ignored`);
    else if (equals === 0) warnings.push(`line ${line}: nothing before "=", ignored`);
    else assignments.push({ ...readAssignment(region, equals), section, line });
  }
  return { assignments, sections, warnings };
}

/** An assignment outside of any section, as prose may name it: "SecureBits=noroot". */
export function readAssignment(
  region: Region,
  equals = region.text.indexOf("="),
): UnitAssignment & { readonly section: string } {
  const { text } = region;
  const key = text.slice(0, equals).trimEnd();
  const after = text.slice(equals + 1);
  const start = equals + 1 + (after.length - after.trimStart().length);
  const end = start + after.trim().length;
  const value = partOf(region, start, end);
  return {
    section: "",
    key,
    value: value.text,
    keySpan: spanIn(region, 0, key.length),
    valueSpan: spanIn(region, start, end),
    words: placeWords(value),
    ...spanIn(region, 0, text.length),
  };
}

interface Begun {
  text: string;
  readonly pieces: Piece[];
  readonly line: number;
}

function logicalLines(whole: Region): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let begun: Begun | null = null;
  let offset = whole.text.startsWith("\ufeff") ? 1 : 0;
  for (const [at, ended] of whole.text.slice(offset).split("\n").entries()) {
    const raw = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (!/^[ \t]*[#;]/.test(raw)) {
      const isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(raw);
      const line: Begun = begun ?? { text: "", pieces: [], line: at + 1 };
      line.pieces.push({ at: line.text.length, offset });
      line.text += isContinued ? `${raw.slice(0, -1)} ` : raw;
      begun = isContinued ? line : null;
      if (!isContinued) lines.push(logicalLine(line, whole));
    }
    offset += ended.length + 1;
  }
  if (begun !== null) lines.push(logicalLine(begun, whole));
  return lines;
}

function logicalLine({ text, pieces, line }: Begun, whole: Region): LogicalLine {
  const joined = joinedRegion(text, pieces, whole);
  const start = text.length - text.trimStart().length;
  return { region: partOf(joined, start, Math.max(text.trimEnd().length, start)), line };
}
