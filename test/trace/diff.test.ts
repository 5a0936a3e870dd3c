// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { renderProfileDiffText } from "../../src/report/profile-diff-text.ts";
import { toJson } from "../../src/report/text/escape.ts";
import { diffProfiles } from "../../src/trace/diff.ts";
import type { Observation, Profile, ProfileDiff, Run } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { chance, randomProfile, randomRun } from "./random-profile.ts";

const SCHEMA = new URL("../../schemas/profile-diff.schema.json", import.meta.url);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, "utf8")) as object,
);

const BASE: Run = {
  ...randomRun(chance(1), 1),
  images: [{ ...randomRun(chance(1), 1).images[0]!, id: 1, exe: "/usr/sbin/daemon" }],
  credentials: [],
  coverage: { complete: true, lost: { checks: 0, stacks: 0, images: 0 }, gaps: [] },
};

const CHECK: Observation = {
  image: 1,
  credentials: null,
  phase: "start-up",
  capability: "net_bind_service",
  granted: true,
  syscall: "bind",
  verdict: "required",
  gate: "__inet_bind",
  reason: null,
  confidence: "high",
  kernelStack: [],
  conditions: [],
  alternatives: [],
  userNamespace: "initial",
  userStack: [],
  outcomes: [],
  count: 1,
  firstNs: 1,
  lastNs: 1,
};

/** A profile of one run with these checks. */
const profile = (checks: readonly Partial<Observation>[], facts: Partial<Run> = {}): Profile =>
  profileOf([{ ...BASE, ...facts, observations: checks.map((each) => ({ ...CHECK, ...each })) }]);

const diff = (old: Profile, current: Profile): ProfileDiff => diffProfiles(old, current);

describe("a comparison", () => {
  test("of a profile with itself finds nothing", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = chance(seed);
      const one = randomProfile(next, [randomRun(next, 1), randomRun(next, 2)]);
      const found = diff(one, one);
      expect([found.differs, found.capabilities, found.context]).toEqual([false, [], []]);
    }
  });

  test("mirrors: what came in one direction is gone in the other", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = chance(seed);
      const [one, other] = [randomRun(next, 1), randomRun(next, 2)].map((run) => profileOf([run]));
      const names = (found: ProfileDiff, change: string): string[] =>
        found.capabilities.filter((each) => each.change === change).map((each) => each.capability);
      const [there, back] = [diff(one!, other!), diff(other!, one!)];
      expect(names(there, "added")).toEqual(names(back, "gone"));
      expect(names(there, "verdict")).toEqual(names(back, "verdict"));
    }
  });

  test("names a capability that came with all that needs it", () => {
    expect(diff(profile([]), profile([{}])).capabilities).toEqual([
      {
        capability: "net_bind_service",
        change: "added",
        oldVerdict: null,
        newVerdict: "required",
        newPrograms: ["/usr/sbin/daemon"],
        newSyscalls: ["bind"],
        newGates: ["__inet_bind"],
      },
    ]);
  });

  test("names a capability that is gone, and the conclusion", () => {
    const found = diff(profile([{}]), profile([]));
    expect(found.capabilities.map(({ change }) => change)).toEqual(["gone"]);
    expect([found.old.conclusion, found.new.conclusion]).not.toEqual(["needs", "needs"]);
  });

  test("names a verdict that changed", () => {
    const [change] = diff(profile([{ verdict: "opportunistic" }]), profile([{}])).capabilities;
    expect(change).toMatchObject({
      change: "verdict",
      oldVerdict: "opportunistic",
      newVerdict: "required",
      newPrograms: ["/usr/sbin/daemon"],
    });
  });

  test("names a system call that is new for a needed capability, and no other", () => {
    const found = diff(profile([{}]), profile([{}, { syscall: "listen" }]));
    expect(found.capabilities).toMatchObject([
      { change: "uses", newPrograms: [], newSyscalls: ["listen"], newGates: [] },
    ]);
    const harmless = { verdict: "opportunistic", syscall: "mmap" } as const;
    expect(diff(profile([{}]), profile([{}, harmless])).differs).toBeFalse();
  });

  test("counts and times are no change", () => {
    const later = profile([{ count: 9, firstNs: 5 }], { time: "2027-01-01T00:00:00.000Z" });
    expect(diff(profile([{}]), later).differs).toBeFalse();
  });

  test("names settings of the system that changed", () => {
    const context = { sysctls: { "kernel.x": "1" }, securityModules: null, lockdown: null };
    const found = diff(
      profile([], { context, host: { name: "a", kernel: "6.1" } }),
      profile([], { context: { ...context, sysctls: {} }, host: { name: "b", kernel: "6.2" } }),
    );
    expect(found.context).toEqual([
      { setting: "kernel", oldValues: ["6.1"], newValues: ["6.2"] },
      { setting: "kernel.x", oldValues: ["1"], newValues: [] },
    ]);
  });

  test("of different programs says so, which alone is no difference", () => {
    const subject = { kind: "unit", unit: "a.service" } as const;
    const found = diff(profile([{}]), profile([{}], { subject }));
    expect([found.sameSubject, found.differs]).toEqual([false, false]);
    expect(renderProfileDiffText(found)).toContain("not profiles of the same thing");
  });

  test("follows its schema", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = chance(seed);
      const [one, other] = [randomRun(next, 1), randomRun(next, 2)].map((run) => profileOf([run]));
      validate(JSON.parse(toJson(diff(one!, other!))));
      expect(validate.errors ?? []).toEqual([]);
    }
    expect(validate({ ...diff(profile([]), profile([])), more: 1 })).toBeFalse();
  });
});

describe("its text", () => {
  test("marks what came, went and changed", () => {
    const old = profile([{}, { capability: "chown" }, { capability: "kill", verdict: "denied" }]);
    const current = profile([
      { syscall: "listen" },
      { capability: "net_raw" },
      { capability: "kill", verdict: "required" },
    ]);
    const text = renderProfileDiffText(diff(old, current));
    expect(text).toContain("\n  - chown: was required\n");
    expect(text).toContain("\n  ~ kill: denied -> required\n");
    expect(text).toContain("\n  + net_raw: required\n      + program /usr/sbin/daemon\n");
    expect(text).toContain("\n  ~ net_bind_service: required, used in new ways\n");
    expect(text).toContain("\n      + system call listen\n");
  });

  test("says when there is nothing to tell, and what was not seen", () => {
    const coverage = { complete: false, lost: { checks: 2, stacks: 0, images: 0 }, gaps: [] };
    const text = renderProfileDiffText(diff(profile([{}], { coverage }), profile([{}])));
    expect(text).toContain("\nNo differences: capabilities are needed.\n");
    expect(text).toEndWith("incomplete (old): 2 checks lost\n");
  });

  test("holds no control character of a hostile profile", () => {
    const hostile = "/tmp/\u001b[31m\u202e\n";
    const run: Run = {
      ...BASE,
      host: { name: hostile, kernel: hostile },
      subject: { kind: "unit", unit: hostile },
      context: { sysctls: { [hostile]: hostile }, securityModules: [hostile], lockdown: null },
      images: [{ ...BASE.images[0]!, exe: hostile }],
      observations: [{ ...CHECK, syscall: hostile, gate: hostile }],
      coverage: { ...BASE.coverage, gaps: [hostile] },
    };
    expect(renderProfileDiffText(diff(profile([]), profileOf([run])))).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
