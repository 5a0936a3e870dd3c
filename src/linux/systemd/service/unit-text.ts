// SPDX-License-Identifier: Apache-2.0

/** One assignment of a unit file. */
export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** Counted from 1; of the first line of a continued one. */
  readonly line: number;
}

export interface UnitText {
  readonly assignments: readonly Assignment[];
  /** What systemd complains about and skips. */
  readonly warnings: readonly string[];
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/**
 * Splits the text of a unit file as systemd does: `\` at the end continues a line, also across
 * comments; "#" and ";" comment whole lines; keys are case-sensitive. Source: man 7 systemd.syntax.
 */
export function parseUnitText(text: string): UnitText {
  const assignments: Assignment[] = [];
  const warnings: string[] = [];
  let section: string | null = null;
  for (const { text: content, line } of logicalLines(text)) {
    const header = /^\[(.*)\]$/.exec(content);
    const equals = content.indexOf("=");
    if (content === "") continue;
    if (header !== null) section = header[1] ?? "";
    else if (content.startsWith("[")) warnings.push(`line ${line}: not a section header`);
    else if (section === null) warnings.push(`line ${line}: outside of a section, ignored`);
    else if (equals === -1) warnings.push(`line ${line}: no "=", ignored`);
    else if (equals === 0) warnings.push(`line ${line}: nothing before "=", ignored`);
    else {
      const key = content.slice(0, equals).trim();
      assignments.push({ section, key, value: content.slice(equals + 1).trim(), line });
    }
  }
  return { assignments, warnings };
}

function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let begun: LogicalLine | null = null;
  for (const [at, raw] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^[ \t]*[#;]/.test(raw)) continue;
    const isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(raw);
    const part = isContinued ? `${raw.slice(0, -1)} ` : raw;
    const whole: LogicalLine = { text: (begun?.text ?? "") + part, line: begun?.line ?? at + 1 };
    if (isContinued) begun = whole;
    else {
      lines.push({ text: whole.text.trim(), line: whole.line });
      begun = null;
    }
  }
  if (begun !== null) lines.push({ text: begun.text.trim(), line: begun.line });
  return lines;
}
