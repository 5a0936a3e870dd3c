// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { type WayIn, WAYS_IN } from "../../../src/linux/bpf/observation.ts";
import { whyClosed } from "../../privileged/harness/followed-command.ts";
import { isLinuxSince } from "../../privileged/harness/kernel-version.ts";
import { NO_TRACE, needed, trace, type Traced } from "../../privileged/harness/traced.ts";
import { testUnless } from "../../skip.ts";
import { COMPARED_COMMANDS, OTHER_SETS } from "../commands.ts";
import { whyNoGuest } from "../whether-guest.ts";

/** Those that decide nothing depend on which functions the compiler has inlined. */
const DECIDES_NOTHING = ["opportunistic", "borrowed"];

const OPEN = new Map<WayIn, string | null>();
for (const wayIn of WAYS_IN) OPEN.set(wayIn, NO_TRACE ?? (await whyClosed(wayIn)));
const BEST = WAYS_IN.find((wayIn) => OPEN.get(wayIn) === null);
const results = new Map<string, Traced>();
afterAll(() => results.clear());

/** Traces a command once by each way in. */
function resultOf(name: string, wayIn: WayIn): Traced {
  const key = `${wayIn} ${name}`;
  const known = results.get(key);
  if (known !== undefined) return known;
  const { prefix, argv } = COMPARED_COMMANDS[name]!;
  const result = trace(argv, { prefix, options: ["--way-in", wayIn] });
  results.set(key, result);
  return result;
}

/** What a profile says of checks that decide something, without times and process ids. */
function decisions({ profile, findings }: Traced): unknown {
  const weighty = [...findings.values()].filter((each) => !DECIDES_NOTHING.includes(each.verdict));
  return {
    conclusion: profile.conclusion,
    findings: weighty.map(({ capability, verdict, uses }) => ({
      capability,
      verdict,
      uses: uses
        .filter((use) => !DECIDES_NOTHING.includes(use.verdict))
        .map((use) => [use.program, use.syscall, use.gate, use.verdict, use.granted, use.denied])
        .map((row) => JSON.stringify(row))
        .toSorted(),
    })),
  };
}

/** A way in that a kernel of this version has must not be skipped as if it had none. */
testUnless(NO_TRACE ?? whyNoGuest(), "the ways in are open that this kernel's version has", () => {
  const hasTracepoint = isLinuxSince(6, 14);
  const open = WAYS_IN.filter((wayIn) => OPEN.get(wayIn) === null);
  expect(open).toEqual(WAYS_IN.filter((wayIn) => hasTracepoint || wayIn !== "tp_btf"));
});

for (const wayIn of WAYS_IN) {
  describe(`through ${wayIn}`, () => {
    const reason = OPEN.get(wayIn) ?? null;

    testUnless(reason, "the report names the way in that was asked for", () => {
      const { run } = resultOf("nothing but an exec", wayIn);
      expect(run.wayIn).toBe(wayIn);
      expect(run.coverage.lost).toEqual({ checks: 0, stacks: 0, images: 0 });
    });

    testUnless(reason, "every command has the profile that it has by every other way in", () => {
      expect(ofEach((name) => decisions(resultOf(name, wayIn)))).toEqual(
        ofEach((name) => decisions(resultOf(name, BEST ?? wayIn))),
      );
    });

    const sets = otherSets();
    testUnless(reason ?? noOthers(sets), "every command needs what it needs on the host", () => {
      expect(ofEach((name) => needed(resultOf(name, wayIn)))).toEqual({ ...sets });
    });
  });
}

function ofEach(describeOne: (name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(COMPARED_COMMANDS).map((name) => [name, describeOne(name)]),
  );
}

function otherSets(): Readonly<Record<string, readonly string[]>> | null {
  const file = process.env[OTHER_SETS];
  if (file === undefined || file === "") return null;
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly string[]>;
}

function noOthers(sets: unknown): string | null {
  return sets === null ? "no sets of another kernel are there (npm run test:vm has them)" : null;
}
