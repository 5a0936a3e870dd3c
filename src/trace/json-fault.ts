// SPDX-License-Identifier: Apache-2.0

/** Where a text stops being JSON; both count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
}

type Expected = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "end";

const STRING = String.raw`"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const TOKEN = new RegExp(`([{}[\\],:])|(${STRING})|${NUMBER}|true|false|null`, "y");
const BLANKS = /[ \t\n\r]*/y;

/**
 * Finds where a text that JSON.parse() refused stops being JSON: its messages tell the place in
 * some runtimes and not in others. Null for a text that is JSON, however deeply nested.
 */
export function findJsonFault(text: string): JsonFault | null {
  const nesting: string[] = [];
  let expected: Expected = "value";
  for (let at = 0; ;) {
    BLANKS.lastIndex = at;
    BLANKS.test(text);
    at = BLANKS.lastIndex;
    if (at === text.length) return expected === "end" ? null : placeOf(text, at);
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const next: Expected | null =
      match === null
        ? null
        : step(expected, match[1] ?? (match[2] === undefined ? "0" : '"'), nesting);
    if (next === null) return placeOf(text, at);
    expected = next;
    at = TOKEN.lastIndex;
  }
}

/** What may follow a token, or null when it may not stand here; a string is `"`, a scalar `0`. */
function step(expected: Expected, token: string, nesting: string[]): Expected | null {
  switch (token) {
    case "}":
    case "]":
      return mayClose(expected, token) && nesting.pop() === token ? afterValue(nesting) : null;
    case ",":
      if (expected !== "comma-or-end") return null;
      return nesting.at(-1) === "}" ? "key" : "value";
    case ":":
      return expected === "colon" ? "value" : null;
    default:
      return expected === "key" || expected === "key-or-end"
        ? afterKey(token)
        : afterStart(expected, token, nesting);
  }
}

function mayClose(expected: Expected, token: "}" | "]"): boolean {
  return (
    expected === "comma-or-end" || expected === (token === "}" ? "key-or-end" : "value-or-end")
  );
}

function afterKey(token: string): Expected | null {
  return token === '"' ? "colon" : null;
}

function afterStart(expected: Expected, token: string, nesting: string[]): Expected | null {
  if (expected !== "value" && expected !== "value-or-end") return null;
  if (token !== "{" && token !== "[") return afterValue(nesting);
  nesting.push(token === "{" ? "}" : "]");
  return token === "{" ? "key-or-end" : "value-or-end";
}

function afterValue(nesting: readonly string[]): Expected {
  return nesting.length === 0 ? "end" : "comma-or-end";
}

function placeOf(text: string, at: number): JsonFault {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - lineStart + 1 };
}
