// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  escapeName,
  escapeText,
  escapeWord,
  toJson,
  toValidUnicode,
  escapeYaml,
} from "../../../src/report/text/escape.ts";

describe("text", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["ordinary text stays", "sshd: /usr/sbin/sshd", "sshd: /usr/sbin/sshd"],
    ["letters of any script stay", "café 日本 🦊", "café 日本 🦊"],
    ["a backslash is doubled", "a\\x1bb", "a\\\\x1bb"],
    ["ASCII controls", "\x00\t\n\r\x1b[31m\x7f", "\\x00\\x09\\x0a\\x0d\\x1b[31m\\x7f"],
    ["C1 controls", "\u0080\u009b2J", "\\u{80}\\u{9b}2J"],
    ["bidi controls", "\u061c\u200e\u202e\u2066", "\\u{61c}\\u{200e}\\u{202e}\\u{2066}"],
    ["zero-width characters", "a\u200b\u2060\ufeff\u00ad", "a\\u{200b}\\u{2060}\\u{feff}\\u{ad}"],
    ["separators", "\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["blanks that are not U+0020", "\u00a0\u3000", "\\u{a0}\\u{3000}"],
    ["letters without a glyph", "\u3164\u115f", "\\u{3164}\\u{115f}"],
    ["tags beyond the BMP", "\u{e0041}", "\\u{e0041}"],
    ["bytes that are not UTF-8", "\udc80x\udcff", "\\x80x\\xff"],
    ["other lone surrogates", "\ud800", "\\u{d800}"],
    ["the replacement character stays", "\ufffd", "\ufffd"],
    ["a combining mark with nothing to combine with", "\u0301e\u0301", "\\u{301}e\u0301"],
  ];
  test.each(cases)("%s", (_, hostile, safe) => {
    expect(escapeText(hostile)).toBe(safe);
  });

  test("different strings never look alike", () => {
    const strings = [
      "\x1b",
      "\\x1b",
      "\u009b",
      "\udc9b",
      "\\x9b",
      "\\u{9b}",
      "\\\\x9b",
      "\\\udc9b",
    ];
    for (const escape of [escapeText, escapeWord, escapeName]) {
      expect(new Set(strings.map(escape)).size).toBe(strings.length);
    }
  });

  test("a word has no blanks", () => {
    expect(escapeWord("/tmp/x unit=a")).toBe("/tmp/x\\x20unit=a");
  });

  const names: readonly (readonly [string, string])[] = [
    ["tmux: server", "tmux: server"],
    ["(sd-pam)", '"(sd-pam)"'],
    ["sh (pid=1 uid=0", '"sh (pid=1 uid=0"'],
    ['a"b', '"a\\"b"'],
    ["", '""'],
    [" a", '" a"'],
    ["a  b", '"a  b"'],
  ];
  test.each(names)("the name %p is shown as %p", (name, shown) => {
    expect(escapeName(name)).toBe(shown);
  });
});

describe("json", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["valid text stays, backslashes too", "dev-disk\\x2duuid\\", "dev-disk\\x2duuid\\"],
    ["bytes that are not UTF-8", "\udc80x\udcff", "\\x80x\\xff"],
    ["text that looks like such a byte", "\\x80", "\\\\x80"],
    ["backslashes before such a byte", "\\\udcff", "\\\\\\xff"],
    ["backslashes before such text", "\\\\xff", "\\\\\\\\xff"],
    ["escaped controls are not bytes", "\\x1b\\x7f\\xg0", "\\x1b\\x7f\\xg0"],
    ["other lone surrogates are lost", "\ud800", "\ufffd"],
  ];
  test.each(cases)("%s", (_, raw, valid) => {
    expect(toValidUnicode(raw)).toBe(valid);
    expect(JSON.parse(toJson(raw))).toBe(valid);
  });

  test("what was escaped can be told from what was not", () => {
    const pieces = ["\\", "x80", "\udc80", "\udcff", "xff", "x7f", "a"];
    const strings = pieces.flatMap((a) => pieces.flatMap((b) => pieces.map((c) => a + b + c)));
    for (const text of strings) expect(decode(toValidUnicode(text))).toBe(text);
  });

  test("the document is printable and decodes to the very characters", () => {
    const text = "\x1b\x7f\u009b\u202e\u2028\u200b\u{e0041}é";
    expect(toJson({ text })).toMatch(/^[\x20-\x7eé]*$/);
    expect(JSON.parse(toJson({ text }))).toEqual({ text });
  });
});

describe("yaml", () => {
  test("hostile characters are escapes, beyond the BMP one each, and lines stay lines", () => {
    expect(escapeYaml('a: "\u009b\u{e0041}"\nb: "é"\n')).toBe('a: "\\u009b\\U000e0041"\nb: "é"\n');
  });
});

/** Undoes `toValidUnicode`: an odd number of backslashes before xNN ends in an escape. */
function decode(valid: string): string {
  return valid.replace(/(\\+)x([89a-f][0-9a-f])/g, (_, backslashes: string, digits: string) => {
    const kept = "\\".repeat(Math.floor(backslashes.length / 2));
    const isByte = backslashes.length % 2 === 1;
    return (
      kept + (isByte ? String.fromCharCode(0xdc00 + Number.parseInt(digits, 16)) : `x${digits}`)
    );
  });
}
