// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES, capabilityName } from "../../src/capabilities/names.ts";
import {
  capabilityNumber,
  compareCapabilities,
  constantName,
} from "../../src/capabilities/spelling.ts";

describe("the spelling of capabilities", () => {
  test("every name has its number, one without a name as well", () => {
    for (const number of CAPABILITY_NAMES.keys()) {
      expect(capabilityNumber(capabilityName(number))).toBe(number);
    }
    expect(capabilityNumber("cap_63")).toBe(63);
  });

  test.each(["", "net", "cap_", "cap_-1", "cap_100", "NET_RAW", "net_raw\n"])(
    "%j has no number",
    (name) => {
      expect(capabilityNumber(name)).toBeNull();
    },
  );

  test("constants have their prefix once", () => {
    expect(constantName("net_raw")).toBe("CAP_NET_RAW");
    expect(constantName("cap_41")).toBe("CAP_41");
  });

  test("the order is that of the numbers, what has none comes last", () => {
    const names = ["zzz", "cap_41", "bpf", "chown", "aaa", "kill"];
    expect(names.toSorted(compareCapabilities)).toEqual([
      "chown",
      "kill",
      "bpf",
      "cap_41",
      "aaa",
      "zzz",
    ]);
  });
});
