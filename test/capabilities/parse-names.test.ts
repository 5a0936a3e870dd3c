// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { parseCapabilityNames } from "../../src/capabilities/parse-names.ts";
import { allCapabilities, setOf } from "../../src/capabilities/set.ts";

describe("capabilities are read in any spelling", () => {
  test.each([
    ["net_admin", setOf("net_admin")],
    ["CAP_NET_ADMIN", setOf("net_admin")],
    ["Cap_Net_Admin,chown kill", setOf("net_admin", "chown", "kill")],
    ["12", setOf("net_admin")],
    ["cap_12", setOf("net_admin")],
    ["0x3000", setOf("net_admin", "net_raw")],
    ["cap_net_raw,cap_chown=ep", setOf("net_raw", "chown")],
    ["cap_net_raw+eip", setOf("net_raw")],
    ["cap_41", 1n << 41n],
    ["63", 1n << 63n],
    ["ALL", allCapabilities(40)],
    ["=ep", allCapabilities(40)],
  ])("%s", (text, set) => {
    expect(parseCapabilityNames(text)).toBe(set);
  });

  test.each(["", " , ", "net_rwa", "net_admin,foo", "64", "-1", "0x", "cap_", "1e1", "cap_net"])(
    "%j is none",
    (text) => {
      expect(parseCapabilityNames(text)).toBeNull();
    },
  );
});
