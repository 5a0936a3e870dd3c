// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { CString, dlopen, FFIType, type Pointer } from "bun:ffi";
import { readFileSync } from "node:fs";
import {
  array,
  assert,
  bigInt,
  constantFrom,
  oneof,
  property,
  record,
  stringMatching,
  subarray,
  tuple,
} from "fast-check";
import { formatIabText, parseIabText } from "../../src/capabilities/iab-text.ts";
import {
  type CapabilityState,
  formatLibcapText,
  parseLibcapText,
} from "../../src/capabilities/libcap-text.ts";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { allCapabilities, EVERYTHING } from "../../src/capabilities/set.ts";
import { testUnless } from "../skip.ts";

/** libcap as setcap(8), getcap(8), capsh(1) and getpcaps(8) use it. */
const SYMBOLS = {
  cap_from_text: { args: [FFIType.cstring], returns: FFIType.ptr },
  cap_to_text: { args: [FFIType.ptr, FFIType.ptr], returns: FFIType.ptr },
  cap_init: { args: [], returns: FFIType.ptr },
  cap_set_flag: {
    args: [FFIType.ptr, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.i32],
    returns: FFIType.i32,
  },
  cap_get_flag: {
    args: [FFIType.ptr, FFIType.i32, FFIType.i32, FFIType.ptr],
    returns: FFIType.i32,
  },
  cap_max_bits: { args: [], returns: FFIType.i32 },
  cap_free: { args: [FFIType.ptr], returns: FFIType.i32 },
  cap_iab_from_text: { args: [FFIType.cstring], returns: FFIType.ptr },
  cap_iab_to_text: { args: [FFIType.ptr], returns: FFIType.ptr },
} as const;

function openLibrary() {
  try {
    return dlopen("libcap.so.2", SYMBOLS).symbols;
  } catch {
    return null;
  }
}

const libcap = openLibrary();
const missing = libcap === null ? "libcap.so.2 is not installed" : null;
const known = libcap?.cap_max_bits() ?? CAPABILITY_NAMES.length;
const all = allCapabilities(known - 1);
/** In the order of cap_flag_t. */
const FLAGS = ["effective", "permitted", "inheritable"] as const;
const text = (value: string) => Buffer.from(`${value}\0`);

function takeString(pointer: Pointer | bigint | null): string | null {
  if (pointer === null || libcap === null) return null;
  const value = new CString(pointer as Pointer).toString();
  libcap.cap_free(pointer);
  return value;
}

function stateOf(caps: Pointer | bigint): CapabilityState {
  const sets = { effective: 0n, permitted: 0n, inheritable: 0n };
  const value = new Int32Array(1);
  FLAGS.forEach((name, flag) => {
    for (let number = 0; number < 64; number++) {
      const result = libcap?.cap_get_flag(caps, number, flag, value);
      if (result === 0 && value[0] === 1) sets[name] |= 1n << BigInt(number);
    }
  });
  return sets;
}

function libraryParse(value: string): CapabilityState | null {
  const caps = libcap?.cap_from_text(text(value)) ?? null;
  if (caps === null) return null;
  const state = stateOf(caps);
  libcap?.cap_free(caps);
  return state;
}

function libraryFormat(state: CapabilityState): string | null {
  const caps = libcap?.cap_init() ?? null;
  if (caps === null || libcap === null) return null;
  FLAGS.forEach((name, flag) => {
    for (let number = 0; number < 64; number++) {
      const isSet = (state[name] >> BigInt(number)) & 1n;
      if (isSet === 1n) libcap.cap_set_flag(caps, flag, 1, new Int32Array([number]), 1);
    }
  });
  const written = takeString(libcap.cap_to_text(caps, null));
  libcap.cap_free(caps);
  return written;
}

const sets = oneof(
  bigInt(0n, EVERYTHING),
  bigInt(0n, all),
  constantFrom(0n, all, EVERYTHING),
  subarray([...CAPABILITY_NAMES.keys(), 41, 63], { maxLength: 4 }).map((numbers) =>
    numbers.reduce((set, number) => set | (1n << BigInt(number)), 0n),
  ),
);
const states = record({ effective: sets, permitted: sets, inheritable: sets });

const names = oneof(
  { weight: 8, arbitrary: constantFrom(...CAPABILITY_NAMES).map((name) => `cap_${name}`) },
  { weight: 2, arbitrary: constantFrom("all", "ALL", "CAP_KILL", "Cap_Bpf") },
  { weight: 2, arbitrary: constantFrom("13", "0x1f", "017", "41", "63", "64", "99") },
  { weight: 1, arbitrary: constantFrom("", "net_raw", "cap_x", "cap_", "_", "1x", "08") },
);
const clauses = tuple(
  array(names, { maxLength: 3 }).map((list) => list.join(",")),
  array(stringMatching(/^(?:=|\+|-|=\+|=-|)(?:[eip]{0,3}|E|x)$/), { maxLength: 3 }),
).map(([list, actions]) => list + actions.join(""));
const texts = array(tuple(clauses, constantFrom(" ", "  ", "\t", "\n", "")), { maxLength: 3 }).map(
  (parts) => parts.flat().join(""),
);

const runs = { numRuns: 5000 };

testUnless(missing, "texts are read as libcap reads them, or refused as there", () => {
  assert(
    property(texts, (value) => {
      expect(parseLibcapText(value, all)).toEqual(libraryParse(value));
    }),
    runs,
  );
});

testUnless(missing, "sets are written as libcap writes them", () => {
  assert(
    property(states, (state) => {
      expect(formatLibcapText(state, all)).toBe(libraryFormat(state) ?? "nothing");
    }),
    runs,
  );
});

testUnless(missing, "what is written is read again", () => {
  assert(
    property(states, (state) => {
      expect(parseLibcapText(formatLibcapText(state, all), all)).toEqual(state);
    }),
    runs,
  );
});

testUnless(missing, "vectors are read and written as libcap does", () => {
  const words = tuple(
    constantFrom("", "!", "^", "%", "!^", "!%", "^%"),
    names.filter((name) => name !== ""),
  ).map(([marks, name]) => marks + name);
  assert(
    property(array(words, { maxLength: 5 }), (list) => {
      const value = list.join(",");
      const iab = libcap?.cap_iab_from_text(text(value)) ?? null;
      const written = iab === null ? null : takeString(libcap?.cap_iab_to_text(iab) ?? null);
      if (iab !== null) libcap?.cap_free(iab);
      const parsed = parseIabText(value, all);
      expect(parsed === null ? null : formatIabText(parsed, all)).toBe(written as string);
    }),
    runs,
  );
});

testUnless(missing, "the last capability is the kernel's", () => {
  expect(known - 1).toBe(Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8")));
});
