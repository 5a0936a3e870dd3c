// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { cellWidth, wrapText } from "../../../src/report/text/wrap.ts";

describe("wrapping", () => {
  const cases: readonly (readonly [string, string, number, readonly string[]])[] = [
    ["a text that fits stays whole", "cap_chown, cap_setuid", 21, ["cap_chown, cap_setuid"]],
    ["an empty text is one empty line", "", 5, [""]],
    ["breaks after a blank, which is dropped", "alpha beta", 7, ["alpha", "beta"]],
    ["a line may be full before a blank", "alpha beta", 5, ["alpha", "beta"]],
    ["breaks after a comma", "pid=1,2,3", 7, ["pid=1,", "2,3"]],
    ["prefers blanks and commas to slashes", "exe /usr/bin", 9, ["exe", "/usr/bin"]],
    [
      "breaks after a slash where there is nothing better",
      "/usr/lib64/x",
      11,
      ["/usr/lib64/", "x"],
    ],
    ["breaks after a hyphen where there is nothing better", "ab-cdef", 5, ["ab-", "cdef"]],
    ["breaks anywhere in the end", "abcdefgh", 3, ["abc", "def", "gh"]],
    ["drops the blanks around a break", "ab   cd", 3, ["ab", "cd"]],
    ["counts a wide character as two cells", "日本語", 5, ["日本", "語"]],
    ["puts at least one character on a line", "日本", 1, ["日", "本"]],
    ["never splits a grapheme", "e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]],
    ["never splits a surrogate pair", "🦊🦊", 3, ["🦊", "🦊"]],
    ["does not break before a mark on a blank", "abc \u0301de", 4, ["abc \u0301", "de"]],
    ["keeps a blank with a mark at the start", "aaaa  \u0301bb", 4, ["aaaa", " \u0301bb"]],
  ];
  test.each(cases)("%s", (_, text, width, lines) => {
    expect(wrapText(text, width)).toEqual(lines);
  });

  test("no line is wider than allowed, and nothing but blanks is lost", () => {
    const text = "nginx x4 (pid=1,2,3 exe=/usr/sbin/日本-語/x unit=a.service) 🦊 e\u0301";
    for (let width = 2; width < 80; width++) {
      const lines = wrapText(text, width);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      for (const line of lines) expect(line).toBe(line.trim());
    }
  });
});
