// SPDX-License-Identifier: Apache-2.0
import type { Word } from "../model.ts";
import { partOf, type Region, spanIn } from "../region.ts";

export type Token =
  | {
      readonly kind: "word";
      readonly word: Word;
      readonly isQuoted: boolean;
      /** Of `$(...)` and backquotes. */
      readonly nested: readonly Region[];
    }
  /** "\n" ends a command as well. */
  | { readonly kind: "operator"; readonly text: string }
  | Redirection;

export interface Redirection {
  readonly kind: "redirection";
  /** "<", ">", ">>", "<<" ... */
  readonly operator: string;
  readonly target: Word;
  /** Text of a here-document. */
  body: Word | null;
}

/**
 * Splits shell text into tokens as a POSIX shell does, with `$(...)` kept as it is written: nothing
 * is expanded. A quotation that does not end goes on to the end. Source: POSIX, Shell Command
 * Language, 2.3 Token Recognition.
 */
export function shellTokens(region: Region): readonly Token[] {
  const tokens: Token[] = [];
  const waiting: Redirection[] = [];
  const { text } = region;
  for (let at = 0; at < text.length;) {
    const letter = text[at] ?? "";
    if (letter === "\n") {
      tokens.push({ kind: "operator", text: "\n" });
      at = readDocuments(region, at + 1, waiting.splice(0));
      continue;
    }
    const blank = /^(?:[ \t\r]+|\\\r?\n)+/.exec(text.slice(at, at + 4096));
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    if (letter === "#") {
      at = endOfLine(text, at);
      continue;
    }
    const redirected = REDIRECTION.exec(text.slice(at, at + 32));
    if (redirected !== null) {
      at = readRedirection(region, at, redirected, tokens, waiting);
      continue;
    }
    const operator = OPERATOR.exec(text.slice(at, at + 3));
    if (operator !== null) {
      tokens.push({ kind: "operator", text: operator[0] });
      at += operator[0].length;
      continue;
    }
    const { token, next } = readWord(region, at);
    tokens.push(token);
    at = Math.max(next, at + 1);
  }
  return tokens;
}

const OPERATOR = /^(?:\|\||\|&|&&|;;&?|;&|[|&;()])/;
const REDIRECTION = /^(\d*)(<<<|<<-?|<>|>>|>\||&>>|&>|[<>]&|<(?!\()|>(?!\())/;

function readRedirection(
  region: Region,
  at: number,
  [whole, , operator = ""]: RegExpExecArray,
  tokens: Token[],
  waiting: Redirection[],
): number {
  const blank = /^[ \t]*/.exec(region.text.slice(at + whole.length))?.[0].length ?? 0;
  const { token, next } = readWord(region, at + whole.length + blank);
  if (token.kind !== "word") return next;
  const redirection: Redirection = {
    kind: "redirection",
    operator,
    target: token.word,
    body: null,
  };
  tokens.push(redirection);
  if (operator === "<<" || operator === "<<-") waiting.push(redirection);
  return next;
}

/** Reads here-documents, which begin on the line after their operators; returns where they end. */
function readDocuments(region: Region, start: number, waiting: readonly Redirection[]): number {
  let at = start;
  for (const redirection of waiting) {
    const begin = at;
    for (;;) {
      if (at >= region.text.length) {
        redirection.body = wordIn(region, begin, region.text.length);
        return region.text.length;
      }
      const end = endOfLine(region.text, at);
      const line = region.text.slice(at, end).replace(/\r$/, "");
      const isEnd =
        (redirection.operator === "<<-" ? line.trimStart() : line) === redirection.target.text;
      if (isEnd) {
        redirection.body = wordIn(region, begin, at);
        at = end + 1;
        break;
      }
      at = end + 1;
    }
  }
  return at;
}

function wordIn(region: Region, start: number, end: number): Word {
  return { text: region.text.slice(start, end), ...spanIn(region, start, end) };
}

/** Ends an unquoted word. */
const ENDS_WORD = /[\s|&;()<>]/;

function readWord(region: Region, start: number): { token: Token; next: number } {
  const { text } = region;
  const nested: Region[] = [];
  let word = "";
  let isQuoted = false;
  let at = start;
  while (at < text.length && !ENDS_WORD.test(text[at] ?? "")) {
    const part = readPart(text, at);
    word += part.value;
    isQuoted ||= part.isQuoted;
    for (const [from, to] of part.nested) nested.push(partOf(region, from, to));
    at = part.next;
  }
  const span = spanIn(region, start, at);
  return { token: { kind: "word", word: { text: word, ...span }, isQuoted, nested }, next: at };
}

interface Part {
  readonly value: string;
  readonly next: number;
  readonly isQuoted: boolean;
  readonly nested: readonly (readonly [number, number])[];
}

function readPart(text: string, at: number): Part {
  const letter = text[at] ?? "";
  if (letter === "'") {
    const end = endOr(text.indexOf("'", at + 1), text.length);
    return { value: text.slice(at + 1, end), next: end + 1, isQuoted: true, nested: [] };
  }
  if (letter === '"') return readDouble(text, at + 1);
  if (letter === "\\") {
    const value = text[at + 1] === "\n" ? "" : (text[at + 1] ?? "");
    return { value, next: at + 2, isQuoted: false, nested: [] };
  }
  const inner = substitutionAt(text, at);
  if (inner === null) return { value: letter, next: at + 1, isQuoted: false, nested: [] };
  const { from, to, next, isArithmetic } = inner;
  const value = text.slice(at, next);
  return { value, next, isQuoted: false, nested: isArithmetic ? [] : [[from, to]] };
}

function readDouble(text: string, start: number): Part {
  const nested: (readonly [number, number])[] = [];
  let value = "";
  let at = start;
  while (at < text.length && text[at] !== '"') {
    const inner = substitutionAt(text, at);
    if (inner !== null) {
      value += text.slice(at, inner.next);
      if (!inner.isArithmetic) nested.push([inner.from, inner.to]);
      at = inner.next;
    } else if (text[at] === "\\" && '"\\$`\n'.includes(text[at + 1] ?? "x")) {
      value += text[at + 1] === "\n" ? "" : text[at + 1];
      at += 2;
    } else value += text[at++];
  }
  return { value, next: at + 1, isQuoted: true, nested };
}

/** `$(...)`, `$((...))`, `<(...)` or a pair of backquotes that begins here. */
function substitutionAt(
  text: string,
  at: number,
): { from: number; to: number; next: number; isArithmetic: boolean } | null {
  if (text[at] === "`") {
    const to = endOr(text.indexOf("`", at + 1), text.length);
    return { from: at + 1, to, next: to + 1, isArithmetic: false };
  }
  if (text[at] !== "$" || text[at + 1] !== "(") return null;
  let depth = 1;
  let quote = "";
  let end = at + 2;
  for (; end < text.length; end++) {
    const letter = text[end] ?? "";
    if (letter === "\\" && quote !== "'") end++;
    else if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === "(") depth++;
    else if (letter === ")" && --depth === 0) break;
  }
  const to = Math.min(end, text.length);
  return { from: at + 2, to, next: to + 1, isArithmetic: text[at + 2] === "(" };
}

function endOr(found: number, otherwise: number): number {
  return found === -1 ? otherwise : found;
}

function endOfLine(text: string, start: number): number {
  return endOr(text.indexOf("\n", start), text.length);
}
