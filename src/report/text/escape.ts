// SPDX-License-Identifier: Apache-2.0

/*
 * Text from the system (comm, paths, unit and interface names, labels) is written by whoever
 * named the thing. This file is the only place where it is made harmless; the rules and their
 * reasons are in docs/decisions/0010-escaping.md.
 */

/** Text that needs no look at Unicode properties: printable ASCII without a backslash. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

/** Printable ASCII; in a finished JSON document nothing else can be hostile but a backslash. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * What a terminal acts on, hides or reorders: controls (C0, DEL, C1), format characters (bidi,
 * zero-width, tags), line and paragraph separators, lone surrogates, characters without a glyph
 * (Default_Ignorable_Code_Point), and every blank but U+0020.
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;

/** A combining mark at the start would attach itself to what is printed before the text. */
const LEADING_MARK = /^\p{M}/u;

/**
 * Makes text safe to print and unambiguous: `\\` is a backslash, `\x1b` an ASCII control
 * character, `\xNN` from 80 a byte that is not UTF-8, `\u{202e}` any other hostile character.
 */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll("\\", "\\\\")
    .replace(HOSTILE, escapeCharacter)
    .replace(LEADING_MARK, escapeCharacter);
}

/** Like `escapeText`, for a value in a `key=value` item or a table cell: blanks as `\x20`. */
export function escapeWord(text: string): string {
  return escapeText(text).replaceAll(" ", "\\x20");
}

/**
 * Like `escapeText`, for a name that stands free on a line: in double quotes, with `\"` inside,
 * when it is empty or could pass for what the line says after it.
 */
export function escapeName(text: string): string {
  const escaped = escapeText(text);
  return FREE_STANDING.test(text) ? escaped : `"${escaped.replaceAll('"', '\\"')}"`;
}

const FREE_STANDING = /^[^\s()="]+(?: [^\s()="]+)*$/;

/**
 * Makes a string valid Unicode for JSON and YAML. A byte that is not UTF-8 becomes `\xNN`; so
 * that no other string reads the same, backslashes directly before such a byte, or before text
 * that looks like one (`x80` to `xff`), are doubled. Every other string is returned unchanged,
 * the `\x2d` of systemd unit names included.
 */
export function toValidUnicode(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(/\\+(?=x[89a-f][0-9a-f]|[\udc80-\udcff])/gu, "$&$&")
    .replace(/[\udc80-\udcff]/gu, escapeCharacter)
    .replace(/\p{Cs}/gu, "\ufffd");
}

/**
 * Serialises to JSON that is valid Unicode and does not drive a terminal: hostile characters are
 * `\u` escapes, which a JSON decoder turns back into the characters themselves.
 */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (PLAIN.test(text)) return text;
  const valid = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "string" ? toValidUnicode(item) : item,
  );
  return escapeJson(valid);
}

/** Replaces what is hostile in a finished JSON text by `\u` escapes of the same value. */
export function escapeJson(json: string): string {
  return PRINTABLE_ASCII.test(json) ? json : json.replace(HOSTILE, escapeUtf16);
}

/** The same for a YAML text in which every string that holds hostile text is double-quoted. */
export function escapeYaml(yaml: string): string {
  return yaml.replace(HOSTILE, (character) => {
    // Within a quoted string a newline is an escape already: these end lines of the document.
    if (character === "\n") return character;
    const code = codePoint(character);
    // Unlike JSON, YAML has no escape in surrogate pairs.
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}

function escapeCharacter(character: string): string {
  const code = codePoint(character);
  if (code < 0x80 && code !== 0x5c) return `\\x${hex(code, 2)}`;
  // A byte 0x80-0xff that is not UTF-8 arrives as the lone surrogate U+DC00 + byte.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  return `\\u{${code.toString(16)}}`;
}

function escapeUtf16(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${hex(character.charCodeAt(index), 4)}`;
  }
  return escaped;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
