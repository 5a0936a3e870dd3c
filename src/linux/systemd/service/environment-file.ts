// SPDX-License-Identifier: Apache-2.0

/**
 * Parses the file of an EnvironmentFile=: shell-like assignments without expansion. "#" and ";"
 * begin comments at the start of a line, `\` at the end continues one, quotes may be mixed.
 * Source: man 5 systemd.exec; a line without a valid name is skipped.
 */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    at = skip(text, at, /[ \t\r\n]/);
    if (at >= text.length) break;
    if (text[at] === "#" || text[at] === ";") {
      at = endOfComment(text, at);
      continue;
    }
    const lineEnd = endOfLine(text, at);
    const equals = text.indexOf("=", at);
    if (equals === -1 || equals > lineEnd) {
      at = lineEnd + 1;
      continue;
    }
    const name = text.slice(at, equals).trim();
    const { value, next } = readValue(text, equals + 1);
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) variables.set(name, value);
    at = next;
  }
  return variables;
}

/**
 * Reads up to the end of the line, which quotes and a backslash can put off. Quotes count before
 * other text only: in the middle they stand for themselves.
 */
function readValue(text: string, start: number): { value: string; next: number } {
  let value = "";
  let at = start;
  for (;;) {
    at = skip(text, at, /[ \t]/);
    const letter = text[at];
    if (letter !== "'" && letter !== '"') break;
    const quoted = letter === "'" ? readSingle(text, at + 1) : readDouble(text, at + 1);
    value += quoted.value;
    at = quoted.next;
  }
  const plain = readPlain(text, at);
  return { value: value + plain.value, next: plain.next };
}

/** White space at the end is left out unless a backslash is before it. */
function readPlain(text: string, start: number): { value: string; next: number } {
  let value = "";
  let kept = 0;
  let at = start;
  for (; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] !== "\\") {
      value += text[at];
      continue;
    }
    at++;
    if (at < text.length && text[at] !== "\n") value += text[at];
    kept = value.length;
  }
  return { value: value.slice(0, kept) + value.slice(kept).trimEnd(), next: at + 1 };
}

function readSingle(text: string, start: number): { value: string; next: number } {
  const end = text.indexOf("'", start);
  const stop = end === -1 ? text.length : end;
  return { value: text.slice(start, stop), next: stop + 1 };
}

/** As in a shell, a backslash is special before `"`, `\`, backquote, "$" and the end of a line. */
function readDouble(text: string, start: number): { value: string; next: number } {
  let value = "";
  let at = start;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] !== "\\") {
      value += text[at];
      continue;
    }
    at++;
    const escaped = text[at] ?? "";
    if (escaped === "\n") continue;
    value += '"\\`$'.includes(escaped) ? escaped : `\\${escaped}`;
  }
  return { value, next: at + 1 };
}

function endOfComment(text: string, start: number): number {
  for (let at = start; ;) {
    const end = endOfLine(text, at);
    if (text[end - 1] !== "\\" || end >= text.length) return end + 1;
    at = end + 1;
  }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}

function skip(text: string, start: number, letters: RegExp): number {
  let at = start;
  while (at < text.length && letters.test(text[at] ?? "")) at++;
  return at;
}
