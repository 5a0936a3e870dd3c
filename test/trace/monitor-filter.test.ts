// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../src/capabilities/set.ts";
import { UsageError } from "../../src/errors.ts";
import { createMatcher, globPattern, type MonitorFilter } from "../../src/trace/monitor/filter.ts";
import type { Place } from "../../src/trace/monitor/places.ts";
import { fedImage } from "./monitor-change.ts";

const NOTHING: MonitorFilter = {
  pids: [],
  comms: [],
  units: [],
  containers: [],
  capabilities: null,
  deniedOnly: false,
  all: false,
};
const matcher = (filter: Partial<MonitorFilter>) => createMatcher({ ...NOTHING, ...filter }, []);
const place = (unit: string | null, container: string | null = null): Place => ({
  unit,
  container: container === null ? null : { id: container, runtime: "docker" },
  placedBy: "process",
});

describe("a pattern", () => {
  test.each([
    ["nginx", "nginx", true],
    ["nginx", "nginx2", false],
    ["ng*", "nginx", true],
    ["*", "", true],
    ["?", "\n", true],
    ["a.b", "axb", false],
    ["(a|b)+", "a", false],
    ["(a|b)+", "(a|b)+", true],
    ["x-[0-9]", "x-7", true],
    ["x-[!0-9]", "x-7", false],
    ["[]", "[]", true],
    ["[a", "[a", true],
    ["a\\d", "a\\d", true],
    ["[\\d]", "7", false],
    ["x[^]y", "x^y", true],
  ])("%j and %j: %p", (glob, text, matches) => {
    expect(globPattern(glob).test(text)).toBe(matches);
  });

  test("a range from high to low is wrong usage", () => {
    expect(() => globPattern("[z-a]")).toThrow(UsageError);
  });
});

describe("a filter", () => {
  test("of names matches the one that the kernel keeps, and that of the file", () => {
    const { matchesImage } = matcher({ comms: ["systemd-journald", "ng*"] });
    expect(matchesImage(fedImage({ comm: "nginx", exe: null }))).toBe(true);
    expect(matchesImage(fedImage({ comm: "systemd-journal", exe: null }))).toBe(true);
    expect(matchesImage(fedImage({ comm: "x", exe: "/usr/lib/systemd/systemd-journald" }))).toBe(
      true,
    );
    expect(matchesImage(fedImage({ comm: "systemd-journal", exe: "/usr/bin/other" }))).toBe(false);
    expect(matchesImage(fedImage({ comm: "sshd", exe: "/usr/sbin/nginx-not" }))).toBe(true);
    expect(matchesImage(null)).toBe(false);
  });

  test("of processes wants the one that was there, not the next with its pid", () => {
    const filter = { ...NOTHING, pids: [7] };
    const { matchesImage } = createMatcher(filter, [{ pid: 7, startTicks: 500 }]);
    expect(matchesImage(fedImage({ pid: 7, taskStartNs: 5_004_000_000 }))).toBe(true);
    expect(matchesImage(fedImage({ pid: 7, taskStartNs: 5_030_000_000 }))).toBe(false);
    expect(matchesImage(fedImage({ pid: 8, taskStartNs: 5_004_000_000 }))).toBe(false);
  });

  test("of units takes a name without a type for a service", () => {
    const { matchesPlace, asksPlace } = matcher({ units: ["nginx", "user-*.slice", "a.socket"] });
    expect(asksPlace).toBe(true);
    expect(
      ["nginx.service", "user-1.slice", "a.socket"].map((unit) => matchesPlace(place(unit))),
    ).toEqual([true, true, true]);
    expect(
      ["nginx.socket", "a.socket.service", null].map((unit) => matchesPlace(place(unit))),
    ).toEqual([false, false, false]);
  });

  test("of containers takes the beginning of an id, and whole names", () => {
    const id = "0123456789abcdef".repeat(4);
    const { matchesPlace } = matcher({ containers: ["01234567", "web"] });
    expect(matchesPlace(place("x.service", id))).toBe(true);
    expect(matchesPlace(place(null, "web"))).toBe(true);
    expect(matchesPlace(place(null, "web2"))).toBe(false);
    expect(matchesPlace(place("web"))).toBe(false);
  });

  test("kinds must all match, values of a kind are alternatives", () => {
    const { matchesCheck } = matcher({ deniedOnly: true, capabilities: setOf("chown", "kill") });
    expect([0, 5, 6].map((number) => matchesCheck(number, false))).toEqual([true, true, false]);
    expect(matchesCheck(0, true)).toBe(false);
    const both = matcher({ units: ["a"], containers: ["web"] });
    expect(both.matchesPlace(place("a.service"))).toBe(false);
    expect(both.matchesPlace(place("a.service", "web"))).toBe(true);
  });
});
