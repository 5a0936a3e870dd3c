// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { decodeText, encodeText } from "../../src/linux/bytes.ts";

/** Bytes that a decoder treats differently, more often than chance would have them. */
const INTERESTING = [
  0x00, 0x0a, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbd, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
  0xe0, 0xe2, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xfe, 0xff,
];

/** A generator (mulberry32) whose numbers are the same in every run. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

function randomByteStrings(count: number): readonly Uint8Array[] {
  const numbers = randomNumbers(20260609);
  return Array.from({ length: count }, () => {
    const length = numbers.next().value % 24;
    return Uint8Array.from({ length }, () => {
      const number = numbers.next().value;
      return number % 2 === 0 ? INTERESTING[(number >>> 1) % INTERESTING.length]! : number >>> 24;
    });
  });
}

/** The text in which each byte of `hexadecimal` stands for itself. */
function eachByte(hexadecimal: string): string {
  return [...Buffer.from(hexadecimal, "hex")]
    .map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte))
    .join("");
}

describe("decodeText", () => {
  const valid: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["ASCII with controls", "a\0\n\x1b\x7f"],
    ["two bytes", "\u0080é\u07ff"],
    ["three bytes", "\u0800日\ud7ff\ue000\uffff"],
    ["four bytes", "\u{10000}🦊\u{10ffff}"],
    ["a replacement character that was there", "a\ufffdb"],
    ["a byte order mark", "\ufeffa\ufeff"],
  ];
  test.each(valid)("keeps %s", (_, text) => {
    expect(decodeText(Buffer.from(text, "utf8"))).toBe(text);
  });

  test("keeps what is valid beside what is not", () => {
    const bytes = Buffer.from("\ufeffé\ufffd🦊", "utf8");
    expect(decodeText(Buffer.concat([bytes, Buffer.from([0xff]), bytes]))).toBe(
      "\ufeffé\ufffd🦊\udcff\ufeffé\ufffd🦊",
    );
  });

  const invalid: readonly (readonly [string, string])[] = [
    ["a continuation byte alone", "41bf41"],
    ["overlong forms of two bytes", "c080c1bf"],
    ["overlong forms of three bytes", "e08080e09fbf"],
    ["overlong forms of four bytes", "f0808080f08fbfbf"],
    ["a high surrogate", "eda080"],
    ["a low surrogate", "edbfbf"],
    ["a surrogate pair", "eda0bdedb880"],
    ["a code point beyond the last", "f4908080"],
    ["lead bytes that are in no sequence", "f5808080f888808080fc8480808080feff"],
    ["a sequence of two cut short", "c3"],
    ["a sequence of three cut short", "e2e282"],
    ["a sequence of four cut short", "f0f09ff09fa6"],
    ["a sequence that ASCII cuts short", "e24182f09f41"],
  ];
  test.each(invalid)("shows each byte of %s", (_, hexadecimal) => {
    expect(decodeText(Buffer.from(hexadecimal, "hex"))).toBe(eachByte(hexadecimal));
  });

  test("shows every byte from 0x80 alone as U+DC00 and the byte", () => {
    for (let byte = 0x80; byte <= 0xff; byte++) {
      expect(decodeText(Uint8Array.of(byte))).toBe(String.fromCharCode(0xdc00 + byte));
    }
  });

  test("decodes a part of a buffer and nothing beside it", () => {
    const bytes = Uint8Array.from([0xc3, 0xa9, 0x41, 0xc3, 0xa9]);
    expect(decodeText(bytes, 2)).toBe("Aé");
    expect(decodeText(bytes, 1, 4)).toBe("\udca9A\udcc3");
    expect(decodeText(bytes.subarray(2), 1)).toBe("é");
  });
});

describe("encodeText", () => {
  const byteStrings: readonly (readonly [string, string])[] = [
    ["ASCII", "00410a7f"],
    ["letters", "c3a9e697a5f09fa68a"],
    ["bytes beside letters", "f09fa68a80f09fa68affc3a9"],
    ["surrogates in UTF-8", "eda0bdedb880"],
    ["a replacement character", "efbfbd"],
  ];
  test.each(byteStrings)("gives %s back", (_, hexadecimal) => {
    expect(encodeText(decodeText(Buffer.from(hexadecimal, "hex"))).toString("hex")).toBe(
      hexadecimal,
    );
  });

  test("gives back whatever was decoded", () => {
    for (const bytes of randomByteStrings(20_000)) {
      const back = encodeText(decodeText(bytes));
      expect(back.toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
    }
  });
});

test("different byte strings never decode to the same text", () => {
  const texts = new Map<string, string>();
  for (const bytes of randomByteStrings(20_000)) {
    const hexadecimal = Buffer.from(bytes).toString("hex");
    const text = decodeText(bytes);
    expect(texts.get(text) ?? hexadecimal).toBe(hexadecimal);
    texts.set(text, hexadecimal);
  }
});
