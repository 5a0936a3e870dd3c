// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  decodeFileCapabilities,
  formatFileCapabilities,
} from "../../src/capabilities/file-capabilities.ts";
import { allCapabilities, capabilityNames, setOf } from "../../src/capabilities/set.ts";

/** Attributes that setcap(8) wrote to a file, and what getcap -n(8) printed for it (libcap 2.66). */
const AS_GETCAP_PRINTS: readonly (readonly [string, string, string])[] = [
  ["permitted and effective", "0100000200200000000000000000000000000000", "cap_net_raw=ep"],
  ["permitted only", "0000000200200000000000000000000000000000", "cap_net_raw=p"],
  ["all three", "0100000200200000002000000000000000000000", "cap_net_raw=eip"],
  [
    "the second word",
    "0100000200000000000000008001000000000000",
    "cap_bpf,cap_checkpoint_restore=ep",
  ],
  [
    "a root of a user namespace",
    "0100000300200000000000000000000000000000e8030000",
    "cap_net_raw=ep [rootid=1000]",
  ],
];

/**
 * With several clauses getcap writes the later ones as "+ep" and sorts them otherwise. setcap(8)
 * made these attributes of these texts.
 */
const AS_SETCAP_READS: readonly (readonly [string, string, string])[] = [
  [
    "inheritable beside permitted, effective",
    "0100000200200000001000000000000000000000",
    "cap_net_admin=ei cap_net_raw+ep",
  ],
  [
    "inheritable beside permitted",
    "0000000200200000001000000000000000000000",
    "cap_net_admin=i cap_net_raw+p",
  ],
  [
    "some of the permitted ones inheritable",
    "0100000201300000003000000000000000000000",
    "cap_net_admin,cap_net_raw=eip cap_chown+ep",
  ],
  [
    "three clauses",
    "0100000221000000012000000000000000000000",
    "cap_chown=eip cap_net_raw+ei cap_kill+ep",
  ],
];

function decode(hexadecimal: string): NonNullable<ReturnType<typeof decodeFileCapabilities>> {
  const caps = decodeFileCapabilities(Buffer.from(hexadecimal, "hex"));
  if (caps === null) throw new Error(`not decoded: ${hexadecimal}`);
  return caps;
}

describe("formatFileCapabilities", () => {
  test.each(AS_GETCAP_PRINTS)("writes %s as getcap does", (_, attribute, text) => {
    expect(formatFileCapabilities(decode(attribute))).toBe(text);
  });

  test.each(AS_SETCAP_READS)("writes %s so that setcap reads the same", (_, attribute, text) => {
    expect(formatFileCapabilities(decode(attribute))).toBe(text);
  });

  test("a capability that has no name yet keeps its number", () => {
    const caps = decode("0100000200200000000000000002000000000000");
    expect(formatFileCapabilities(caps)).toBe("cap_net_raw=ep 41+ep");
  });

  test("an empty attribute is told apart from none, as getcap does", () => {
    const caps = decode("0000000200000000000000000000000000000000");
    expect(formatFileCapabilities(caps)).toBe("=");
  });
});

describe("decodeFileCapabilities", () => {
  test("version 1 has 32 bits", () => {
    expect(decode("0100000100200000ffffffff")).toEqual({
      permitted: setOf("net_raw"),
      inheritable: 0xffffffffn,
      effective: true,
      rootUid: null,
    });
  });

  test("version 2 has 64 bits, low words first", () => {
    expect(decode("00000002ffffffff00200000ff01000000010000")).toEqual({
      permitted: allCapabilities(40),
      inheritable: setOf("net_raw", "checkpoint_restore"),
      effective: false,
      rootUid: null,
    });
  });

  test("version 3 adds the uid of a namespace's root", () => {
    const caps = decode("0100000300200000000000000000000000000000feffffff");
    expect(caps.rootUid).toBe(0xfffffffe);
  });

  test("flags beside the effective one do not matter", () => {
    expect(decode("feffff0200200000000000000000000000000000").effective).toBe(false);
  });

  test("bits beyond the newest capability are kept", () => {
    const caps = decode("0000000200000000000000000000008000000000");
    expect(capabilityNames(caps.permitted)).toEqual(["cap_63"]);
  });

  test("a part of a larger buffer decodes alike", () => {
    const bytes = Buffer.from(`ffffff${"0100000100200000ffffffff"}ff`, "hex");
    expect(decodeFileCapabilities(bytes.subarray(3, 15))).toEqual(
      decode("0100000100200000ffffffff"),
    );
  });

  const lengths = [
    ["version 1", "01000001", 12],
    ["version 2", "01000002", 20],
    ["version 3", "01000003", 24],
  ] as const;
  test.each(lengths)("%s has one length only", (_, magic, length) => {
    const bytes = Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(60)]);
    const decoded = Array.from({ length: 65 }, (__, size) => size).filter(
      (size) => decodeFileCapabilities(bytes.subarray(0, size)) !== null,
    );
    expect(decoded).toEqual([length]);
  });

  test.each(["00000000", "00000004", "000000ff", "02000000"])("magic %s is unknown", (magic) => {
    for (const length of [12, 20, 24]) {
      const bytes = Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(length - 4)]);
      expect(decodeFileCapabilities(bytes)).toBeNull();
    }
  });
});
