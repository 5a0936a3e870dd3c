// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { setOf } from "../../../src/capabilities/set.ts";
import { toJson } from "../../../src/report/text/escape.ts";
import { EMPTY_STATE, parseState, stateLines } from "../../../src/trace/minimize/state.ts";
import { chance, randomRun } from "../random-profile.ts";
import { outcome, refusal } from "./build-outcome.ts";

const REQUEST = { command: ["daemon", "--now"], user: 0 };
const TRIALS = [
  [setOf("chown", "kill"), outcome()],
  [0n, outcome({ status: 1, used: ["chown"], refused: [refusal("kill", { program: "/\u001b" })] })],
] as const;
const REFERENCE = { run: randomRun(chance(7), 1), outcome: outcome({ used: ["chown"] }) };
const LINES = [
  stateLines.head(REQUEST),
  stateLines.reference(REFERENCE.run, REFERENCE.outcome),
  ...TRIALS.map(([set, each]) => stateLines.trial(set, each)),
].map((line) => `${toJson(line)}\n`);
const parse = (text: string): ReturnType<typeof parseState> => parseState(text, REQUEST, "state");

describe("the state of a search", () => {
  test("is read back as it was written", () => {
    expect(parse(LINES.join(""))).toEqual({
      reference: { kind: "reference", ...REFERENCE } as never,
      trials: TRIALS,
    });
  });

  test("is empty in the beginning, and has no run after its first line", () => {
    expect(parse("")).toEqual(EMPTY_STATE);
    expect(parse(LINES[0]!)).toEqual({ reference: null, trials: [] });
  });

  test("does without a last line that was not written to its end", () => {
    const text = LINES.join("");
    for (const length of [1, 20, LINES[3]!.length - 1]) {
      const { trials } = parse(text.slice(0, text.length - LINES[3]!.length + length));
      expect(trials).toEqual(TRIALS.slice(0, 1));
    }
  });

  test("of another search is refused, by what is different", () => {
    const text = LINES.join("");
    expect(() => parseState(text, { ...REQUEST, user: 1 }, "state")).toThrow("user was different");
    expect(() => parseState(text, { command: REQUEST.command }, "state")).toThrow("user was");
  });

  test.each([
    ["text", "not JSON\n", "state:1: is not JSON"],
    ["another document", '{"kind":"profile"}\n', "is no state of this version"],
    [
      "a line of another kind",
      `${LINES[0]}{"kind":"run"}\n`,
      "state:2: kind should be one of trial",
    ],
    [
      "an unknown capability",
      `${LINES[0]}${LINES[2]!.replace('"chown"', '"strength"')}`,
      'set has "strength", which is no capability',
    ],
    [
      "a damaged outcome",
      LINES.join("").replace('"kind":"ended"', '"kind":"won"'),
      "end.kind should",
    ],
  ])("that is %s is refused", (_, text, problem) => {
    expect(() => parse(text)).toThrow(problem);
  });
});
