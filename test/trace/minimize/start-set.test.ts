// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { capabilityNames, setOf } from "../../../src/capabilities/set.ts";
import { CAPABILITY_NAMES } from "../../../src/capabilities/names.ts";
import { startSetOf } from "../../../src/trace/minimize/start-set.ts";
import type { CapabilityFinding } from "../../../src/trace/model.ts";
import { finding } from "../../report/trace/build-profile.ts";

const GRANTED = setOf(...CAPABILITY_NAMES);
const groupsFor = (findings: readonly CapabilityFinding[]): readonly (readonly string[])[] =>
  startSetOf(findings, GRANTED).plan.groups.map((group) =>
    group.map((number) => CAPABILITY_NAMES[number] ?? ""),
  );

describe("the search begins", () => {
  const findings = [
    finding("net_raw", "required", [{}]),
    finding("dac_override", "required", [{}]),
    finding("chown", "required", [{}]),
    finding("syslog", "conditional", [{}]),
    finding("setpcap", "self-confinement", [{}]),
    finding("net_admin", "capset-only", []),
    finding("kill", "denied", [{ granted: 0, denied: 1 }]),
    finding("sys_admin", "opportunistic", [{}]),
    finding("strength", "required", [{}]),
  ];

  test("with what the evidence speaks for", () => {
    expect(capabilityNames(startSetOf(findings, GRANTED).set)).toEqual(
      "chown dac_override setpcap net_admin net_raw syslog".split(" "),
    );
    expect(startSetOf(findings, setOf("chown", "kill")).set).toBe(setOf("chown"));
  });

  test("by dropping all else at once, then the weakest evidence, and of that the broadest", () => {
    const [others = [], ...singles] = groupsFor(findings);
    expect(others).toHaveLength(CAPABILITY_NAMES.length - 6);
    // To be divided where something was asked for.
    expect(others.slice(-2)).toEqual(["kill", "sys_admin"]);
    expect(singles.map((group) => group.join())).toEqual(
      "net_admin setpcap syslog dac_override chown net_raw".split(" "),
    );
  });

  test("with many of a kind by dropping them together", () => {
    const many = CAPABILITY_NAMES.slice(0, 12).map((name) => finding(name, "required", [{}]));
    expect(groupsFor(many).map(({ length }) => length)).toEqual([CAPABILITY_NAMES.length - 12, 12]);
  });
});
