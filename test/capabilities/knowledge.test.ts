// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { knowledgeOf } from "../../src/capabilities/knowledge/index.ts";
import type { CapabilityKnowledge } from "../../src/capabilities/knowledge/model.ts";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { givesRoot, waysToRoot } from "../../src/capabilities/root-ways.ts";
import { DEFAULT_SETS, recognizeSet } from "../../src/capabilities/runtimes.ts";
import { NAMED_CAPABILITIES, setOf } from "../../src/capabilities/set.ts";

/** Every text of an entry, with where it stands. */
function textsOf(each: CapabilityKnowledge): readonly (readonly [string, string])[] {
  const walk = (value: unknown, path: string): [string, string][] => {
    if (typeof value === "string") return [[path, value]];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, part]) => walk(part, `${path}.${key}`));
  };
  return walk(each, each.name);
}

describe.each([...CAPABILITY_NAMES])("what is known of %s", (name) => {
  const known = knowledgeOf(name)!;

  test("is complete, with a source for everything", () => {
    expect(known.name).toBe(name);
    expect(known.since).toMatch(/^\d\.\d+(?:\.\d+)?$/);
    for (const part of [known.gates, known.abuses, known.alternatives, known.sources]) {
      expect(part.length).toBeGreaterThan(0);
    }
    for (const { source } of [...known.gates, ...known.abuses])
      expect(source.length).toBeGreaterThan(4);
    for (const { conditions } of known.abuses) expect(conditions.length).toBeGreaterThan(0);
    for (const other of known.root.beside ?? []) expect(CAPABILITY_NAMES).toContain(other);
  });

  test("has gates at files of the kernel's source", () => {
    for (const { source } of known.gates)
      expect(source).toMatch(/^[a-z0-9_-]+(?:\/[a-z0-9_.-]+)+\.[ch]$/);
  });

  test("is plain text, in short lines", () => {
    for (const [path, text] of textsOf(known)) {
      expect([path, text]).toEqual([path, expect.stringMatching(/^[ -~]*$/)]);
      expect([path, text.length]).toEqual([path, Math.min(text.length, 130)]);
    }
  });
});

test("what is newer than the table is not known", () => {
  expect(knowledgeOf("cap_41")).toBeNull();
});

describe("ways to root", () => {
  test("are none for harmless sets, and in a child user namespace", () => {
    const harmless = setOf("net_bind_service", "kill", "sys_nice", "audit_write");
    expect(waysToRoot(harmless | (1n << 41n))).toEqual([]);
    expect(waysToRoot(NAMED_CAPABILITIES, true)).toEqual([]);
    expect(givesRoot(NAMED_CAPABILITIES, true)).toBe(false);
  });

  test("are told with the reason, the certain ones first", () => {
    const ways = waysToRoot(setOf("dac_read_search", "setuid", "kill", "chown"));
    expect(ways.map(({ capability, level }) => `${capability} ${level}`)).toEqual([
      "chown always",
      "setuid always",
      "dac_read_search conditional",
    ]);
    expect(ways[1]!.reason).toContain("setuid(0)");
  });

  test("need each other, where one alone is none", () => {
    expect(waysToRoot(setOf("bpf"))).toEqual([]);
    expect(waysToRoot(setOf("bpf", "perfmon"))).toHaveLength(2);
    expect(givesRoot(setOf("bpf", "perfmon", "dac_read_search"))).toBe(false);
  });

  test("a container's default is root where no user namespace is", () => {
    for (const set of Object.values(DEFAULT_SETS)) expect(givesRoot(set)).toBe(true);
  });
});

describe("well-known sets", () => {
  /** Masks that are printed in the documents and write-ups of these projects. */
  test.each([
    ["a80425fb", "Docker"],
    ["800405fb", "Podman"],
    ["5fb", "CRI-O since 1.18"],
    ["425fb", "CRI-O before 1.18"],
    ["20000420", "runc spec"],
    ["fdecafff", "systemd-nspawn in the host's network"],
    ["fdecbfff", "systemd-nspawn with a network"],
    ["1fcfdfcffff", "LXC"],
    ["3fffffffff", "Linux 3.16 to 5.7"],
    ["ffffffffff", "Linux 5.8"],
    ["1ffffffffff", "Linux 5.9 and newer"],
  ])("%s is %s", (mask, name) => {
    const [found, ...others] = recognizeSet(BigInt(`0x${mask}`));
    expect(found?.name).toContain(name);
    expect(others).toEqual([]);
  });

  test("what is one off is not recognised", () => {
    expect(recognizeSet(0xa80425fan)).toEqual([]);
    expect(recognizeSet(0n)).toEqual([]);
  });
});
