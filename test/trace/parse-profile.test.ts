// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { UsageError } from "../../src/errors.ts";
import { toJson } from "../../src/report/text/escape.ts";
import { findJsonFault } from "../../src/trace/json-fault.ts";
import { parseProfile } from "../../src/trace/parse-profile.ts";
import type { Profile } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { chance, randomProfile, randomRun } from "./random-profile.ts";

const parse = (json: string): Profile => parseProfile(json, "a.json");
const PROFILE = profileOf([
  { ...randomRun(chance(7), 1), observations: randomRun(chance(2), 1).observations },
  randomRun(chance(8), 2),
]);

const SCHEMA = new URL("../../schemas/profile.schema.json", import.meta.url);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, "utf8")) as object,
);

type Path = readonly (string | number)[];

/** The profile's JSON with another value at each of the places; undefined for none. */
const damaged = (...changes: readonly (readonly [Path, unknown])[]): string => {
  const document: unknown = JSON.parse(toJson(PROFILE));
  const inside = (holder: unknown, key: string | number): unknown =>
    (holder as Record<string | number, unknown>)[key];
  for (const [path, value] of changes) {
    const holder = path.slice(0, -1).reduce(inside, document);
    (holder as Record<string | number, unknown>)[path.at(-1)!] = value;
  }
  return JSON.stringify(document);
};

describe("reading a profile back", () => {
  test("gives what was written", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = chance(seed);
      const profile = randomProfile(next, [randomRun(next, 1), randomRun(next, 2)]);
      expect(parse(toJson(profile))).toEqual(profile);
    }
  });

  test("takes what the published schema describes", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = chance(seed);
      const json = toJson(randomProfile(next, [randomRun(next, 1), randomRun(next, 2)]));
      validate(JSON.parse(json));
      expect(validate.errors ?? []).toEqual([]);
      expect(() => parse(json)).not.toThrow();
    }
  });

  test("does not believe findings, conclusion and coverage of the file", () => {
    const lie = damaged(
      [["findings"], "nothing at all"],
      [["conclusion"], "inconclusive"],
      [["coverage"], { complete: true }],
      [["subject"], { kind: "unit", unit: "other.service" }],
    );
    expect(parse(lie)).toEqual(PROFILE);
  });

  test("takes keys in any order, and __proto__ as a key like any other", () => {
    const reversed = JSON.stringify(
      Object.fromEntries(Object.entries(JSON.parse(toJson(PROFILE)) as object).toReversed()),
    );
    expect(parse(reversed)).toEqual(PROFILE);
    const sysctls = damaged([
      ["runs", 0, "context", "sysctls"],
      JSON.parse('{"__proto__": "1"}') as unknown,
    ]);
    expect(Object.keys(parse(sysctls).runs[0]!.context.sysctls)).toEqual(["__proto__"]);
  });
});

describe("what is no profile", () => {
  test.each<[string, string, RegExp]>([
    ["an empty file", "", /^a\.json:1:1: is not JSON$/],
    ["half a file", '{"kind":\n "prof', /^a\.json:2:2: is not JSON$/],
    ["an array", "[]", /^a\.json: the document should be an object, not an array$/],
    ["another report", '{"kind":"exposure"}', /kind "exposure", not a profile$/],
    ["some other JSON", "{}", /^a\.json: is another document, not a profile$/],
    ["a deep nest", "[".repeat(1e6), /^a\.json/],
  ])("%s is refused", (_, json, message) => {
    expect(() => parse(json)).toThrow(message);
    expect(() => parse(json)).toThrow(UsageError);
  });

  test("a newer schema version is named with its tool and the remedy", () => {
    const newer = damaged([["schemaVersion"], 2], [["tool", "version"], "9.9.9"]);
    try {
      parse(newer);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      const { message, hint } = error as UsageError;
      expect(message).toContain("schema version 2, written by capscope 9.9.9");
      expect(message).toContain("reads version 1");
      expect(hint).toBe("use capscope 9.9.9, or a newer one");
    }
  });
});

describe("a damaged profile", () => {
  const CHECK = ["runs", 0, "observations", 0] as const;
  const whole = "should be a whole number from 0";

  test.each<[string, Path, unknown, string]>([
    ["a missing key", ["runs", 0, "id"], undefined, "runs[0].id is missing"],
    ["an unknown key", ["runs", 1, "more"], 1, "runs[1].more is not known here"],
    ["a hostile key", ["runs", 0, "a\u001b.b"], 1, 'runs[0]["a\\u001b.b"] is not known here'],
    ["no runs", ["runs"], [], "runs is empty"],
    ["runs of a wrong type", ["runs"], {}, "runs should be an array, not an object"],
    ["a number for text", ["runs", 0, "id"], 7, "runs[0].id should be a string, not 7"],
    ["null for an object", ["runs", 0, "host"], null, "runs[0].host should be an object, not null"],
    ["a time zone", ["runs", 0, "time"], "2026-06-01T12:00:00+02:00", "runs[0].time should be"],
    ["no time", ["runs", 0, "time"], "2026-13-01T12:00:00.000Z", "runs[0].time is no time"],
    ["an unknown verdict", [...CHECK, "verdict"], "x", "observations[0].verdict should be one of"],
    ["half a check", [...CHECK, "count"], 0.5, `runs[0].observations[0].count ${whole}`],
    ["less than none", [...CHECK, "count"], -1, `runs[0].observations[0].count ${whole}`],
    ["a name that is none", [...CHECK, "capability"], "a b", "observations[0].capability should"],
    ["an image too few", [...CHECK, "image"], 99, "observations[0].image names no image"],
    ["an unknown subject", ["runs", 0, "subject", "kind"], "x", "runs[0].subject.kind should be"],
    ["a run twice", ["runs"], [PROFILE.runs[0], PROFILE.runs[0]], "runs has a run twice"],
    ["runs of two programs", ["runs", 1, "subject", "program"], "/b", "do not belong together"],
  ])("with %s is refused, and the place is named", (_, path, value, message) => {
    const json = damaged([path, value]);
    expect(() => parse(json)).toThrow(message);
    expect(() => parse(json)).toThrow(/^a\.json: /);
    expect(() => parse(json)).toThrow(UsageError);
  });

  test("an infinite number is refused", () => {
    const json = toJson(PROFILE).replace(/"durationNs":\d+/, '"durationNs":1e999');
    expect(() => parse(json)).toThrow(/durationNs should be a number, not Infinity/);
  });

  test("another type in any place of a run is refused, and nothing else is thrown", () => {
    const places = pathsOf(PROFILE.runs).map((path): Path => ["runs", ...path]);
    expect(places.length).toBeGreaterThan(80);
    for (const path of places) {
      for (const wrong of [{ unlikely: 1 }, [[7]], 0.25, true, "\u0000", -1]) {
        expectNoBug(damaged([path, wrong]));
      }
      expect(() => parse(damaged([path, { unlikely: 1 }]))).toThrow(UsageError);
    }
  });
});

describe("the place where a text stops being JSON", () => {
  test.each<[string, number, number]>([
    ["", 1, 1],
    ["{]", 1, 2],
    ["[1,]", 1, 4],
    ['{"a" 1}', 1, 6],
    ['{"a":1,}', 1, 8],
    ["[1 2]", 1, 4],
    ['["a\nb"]', 1, 2],
    ["[\n  nul\n]", 2, 3],
    ["1 1", 1, 3],
    ["[01]", 1, 3],
    ["]", 1, 1],
    ['"\\x"', 1, 1],
  ])("of %j is %p:%p", (text, line, column) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(findJsonFault(text)).toEqual({ line, column });
  });

  test.each(["null", ' {"a": [1, -2.5e3, "\\u00e4\\n", {}, []], "b": true} \n', "[[[]]]"])(
    "is nowhere in %j",
    (text) => {
      expect(findJsonFault(text)).toBeNull();
    },
  );

  test("is found in every cut of a profile, as JSON.parse finds that there is one", () => {
    const text = toJson(PROFILE);
    for (let length = 0; length < text.length; length += 7) {
      expect(findJsonFault(text.slice(0, length))).not.toBeNull();
    }
  });
});

function expectNoBug(json: string): void {
  try {
    parse(json);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
  }
}

/** The path of each value that is not a container. */
function pathsOf(value: unknown): readonly Path[] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item).map((path) => [Array.isArray(value) ? Number(key) : key, ...path]),
  );
}
