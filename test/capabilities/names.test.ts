// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES, capabilityName } from "../../src/capabilities/names.ts";

describe("capabilityName", () => {
  const numbers: readonly (readonly [number, string])[] = [
    [0, "chown"],
    [10, "net_bind_service"],
    [12, "net_admin"],
    [13, "net_raw"],
    [21, "sys_admin"],
    [31, "setfcap"],
    [32, "mac_override"],
    [38, "perfmon"],
    [40, "checkpoint_restore"],
  ];
  test.each(numbers)("number %i is %s", (number, name) => {
    expect(capabilityName(number)).toBe(name);
  });

  test.each([41, 63])("number %i is newer than the table and keeps its number", (number) => {
    expect(capabilityName(number)).toBe(`cap_${number}`);
  });
});

test("no capability is in the table twice", () => {
  expect(new Set(CAPABILITY_NAMES).size).toBe(CAPABILITY_NAMES.length);
});

test("names are lower case and have no prefix", () => {
  for (const name of CAPABILITY_NAMES) expect(name).toMatch(/^(?!cap_)[a-z_]+$/);
});
