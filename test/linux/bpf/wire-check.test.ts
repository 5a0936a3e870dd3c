// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  decodeCheck,
  decodeCredentials,
  decodeOutcome,
} from "../../../src/linux/bpf/wire-check.ts";
import { SIZES } from "../../../src/linux/bpf/wire-format.ts";
import { bytes } from "./bytes.ts";

describe("decoding a row of checks", () => {
  const counters = bytes(SIZES.checkCounters, (view) => {
    view.setBigUint64(0, 9n, true);
    view.setBigUint64(8, 100n, true);
    view.setBigUint64(16, 200n, true);
    view.setUint32(24, 77, true);
    [8, 3, 0, 0, 0, 0, 0, 0, 9, 1].forEach((value, at) => view.setUint32(32 + at * 4, value, true));
  });
  const key = (syscall: number, flags: number): Uint8Array =>
    bytes(SIZES.checkKey, (view) => {
      view.setUint32(0, 65536, true);
      view.setUint32(4, 4026531837, true);
      view.setInt32(8, syscall, true);
      view.setUint16(12, 40, true);
      view.setUint16(14, flags, true);
      view.setUint32(16, 12, true);
    });

  test("gives every field", () => {
    expect(decodeCheck(key(49, 1 | 2 | 4 | 8 | 16 | 32 | 64), counters)).toEqual({
      row: 77,
      samples: [
        { row: 77, stack: 8, count: 3 },
        { row: 77, stack: 9, count: 1 },
      ],
      check: {
        image: 65536,
        credentials: 12,
        capability: 40,
        granted: true,
        syscall: 49,
        targetNamespace: 4026531837,
        ownNamespace: true,
        ownsNamespace: true,
        borrowedCredentials: true,
        moot: true,
        silent: true,
        count: 9,
        firstNs: 100,
        lastNs: 200,
      },
    });
  });

  test.each([
    [0, null],
    [16, false],
    [24, true],
  ])("with flags %d, silent is %p", (flags, silent) => {
    expect(decodeCheck(key(0, flags), counters).check).toMatchObject({ silent, granted: false });
  });

  test.each([
    [0, 0],
    [-1, null],
    [-2, null],
  ])("syscall number %d is %p", (number, syscall) => {
    expect(decodeCheck(key(number, 0), counters).check.syscall).toBe(syscall);
  });
});

test("credentials have every field", () => {
  const key = bytes(SIZES.credentials, (view) => {
    [9, 1000, 0, 0x10].forEach((value, at) => view.setUint32(at * 4, value, true));
    [1n, 2n, 4n, 8n, 16n].forEach((value, at) => view.setBigUint64(16 + at * 8, value, true));
    view.setUint32(56, 1, true);
  });
  const note = bytes(SIZES.credentialsNote, (view) => {
    view.setBigUint64(0, 77n, true);
    view.setUint32(8, 5, true);
    view.setUint32(12, 0, true);
  });
  expect(decodeCredentials(key, note)).toEqual({
    id: 5,
    image: 9,
    previous: null,
    uid: 1000,
    effectiveUid: 0,
    permitted: 1n,
    effective: 2n,
    inheritable: 4n,
    bounding: 8n,
    ambient: 16n,
    securebits: 16,
    noNewPrivileges: true,
    firstNs: 77,
  });
});

test("an outcome has every field", () => {
  const key = bytes(SIZES.outcome, (view) => {
    view.setBigUint64(0, 6n, true);
    view.setBigUint64(8, 9n, true);
    view.setUint32(16, 65536, true);
    view.setInt32(20, 49, true);
    view.setUint32(24, 13, true);
  });
  const count = bytes(SIZES.outcomeCount, (view) => view.setBigUint64(0, 3n, true));
  expect(decodeOutcome(key, count)).toEqual({
    image: 65536,
    syscall: 49,
    denied: 6n,
    granted: 9n,
    errno: 13,
    count: 3,
  });
});
