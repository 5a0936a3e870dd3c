// SPDX-License-Identifier: Apache-2.0
import type { Word } from "../model.ts";
import { type Region, spanIn } from "../region.ts";

const SEPARATOR = /[ \t\n\r]/;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};
/** Number of digits after the letter. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

export type Extraction =
  | { readonly kind: "word"; readonly word: string; readonly rest: string }
  | { readonly kind: "end" }
  | { readonly kind: "unbalanced" };

/**
 * - `strict`: escapes as in C, one that C does not know is kept; quotations have to end
 * - `relaxed`: a backslash stands for the next character; a quotation may go on to the end
 */
export type WordStyle = "strict" | "relaxed";

/**
 * Takes the first word off a value, with quotes and escapes undone; `rest` begins with the word
 * after it. As extract_first_word() in systemd.
 */
export function takeWord(text: string, style: WordStyle = "strict"): Extraction {
  let at = 0;
  while (at < text.length && SEPARATOR.test(text[at] ?? "")) at++;
  if (at === text.length) return { kind: "end" };
  let word = "";
  let quote: string | null = null;
  for (; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === "\\") {
      const { value, length } = readEscape(text.slice(at, at + 10), style);
      word += value;
      at += length - 1;
    } else if (quote !== null) {
      if (letter === quote) quote = null;
      else word += letter;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (SEPARATOR.test(letter)) break;
    else word += letter;
  }
  if (quote !== null && style === "strict") return { kind: "unbalanced" };
  return { kind: "word", word, rest: text.slice(at).replace(/^[ \t\n\r]+/, "") };
}

/** All words of a value; null when a quotation does not end, which `relaxed` allows. */
export function splitWords(text: string, style: WordStyle = "strict"): readonly string[] | null {
  const words: string[] = [];
  for (let rest = text; ;) {
    const taken = takeWord(rest, style);
    if (taken.kind === "end") return words;
    if (taken.kind === "unbalanced") return null;
    words.push(taken.word);
    rest = taken.rest;
  }
}

/** The words of a value with their places; none when a quotation does not end. */
export function placeWords(value: Region): readonly Word[] {
  const words: Word[] = [];
  for (let rest = value.text; ;) {
    const taken = takeWord(rest);
    if (taken.kind === "end") return words;
    if (taken.kind === "unbalanced") return [];
    const start = value.text.length - rest.trimStart().length;
    const before = value.text.slice(0, value.text.length - taken.rest.length);
    words.push({ text: taken.word, ...spanIn(value, start, before.trimEnd().length) });
    rest = taken.rest;
  }
}

/** `text` begins with a backslash; length includes it. */
function readEscape(text: string, style: WordStyle): { value: string; length: number } {
  const letter = text[1];
  if (style === "relaxed") return { value: letter ?? "", length: 2 };
  if (letter === undefined) return { value: "\\", length: 1 };
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) return { value: simple, length: 2 };
  const digits = HEX_DIGITS[letter];
  if (digits !== undefined) {
    const code = new RegExp(`^[0-9a-fA-F]{${digits}}`).exec(text.slice(2))?.[0];
    const point = Number.parseInt(code ?? "0", 16);
    if (point > 0 && point <= 0x10ffff) {
      return { value: String.fromCodePoint(point), length: 2 + digits };
    }
  }
  const octal = Number.parseInt(/^[0-7]{3}/.exec(text.slice(1))?.[0] ?? "0", 8);
  if (octal > 0 && octal <= 0xff) return { value: String.fromCodePoint(octal), length: 4 };
  return { value: `\\${letter}`, length: 2 };
}
