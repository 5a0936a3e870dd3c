// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { testUnless } from "../skip.ts";
import { scoreOf, totalsOf } from "./accuracy.ts";
import { findFaults } from "./brute-force.ts";
import { measure, type Measurement, truthOf } from "./measure.ts";
import { startAll } from "./pool.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { renderTable } from "./table.ts";
import { unexplained } from "./unexplained.ts";

const LIMIT_MS = 600_000;

function whyNot({ files }: Scenario): string | null {
  const missing = files.filter((path) => !existsSync(path));
  return missing.length > 0 ? `not installed: ${missing.join(" ")}` : NO_TRACE;
}

interface Trial {
  readonly faults: readonly string[];
  readonly measurement: Measurement;
}

const tried = startAll(
  SCENARIOS.filter((scenario) => whyNot(scenario) === null),
  async (scenario): Promise<Trial> => {
    const faults: string[] = [];
    for (const set of truthOf(scenario)) faults.push(...(await findFaults(scenario, set)));
    return { faults, measurement: await measure(scenario) };
  },
);

describe("capscope names and proves what it takes for", () => {
  for (const scenario of SCENARIOS) {
    testUnless(
      whyNot(scenario),
      scenario.title,
      async () => {
        const { faults, measurement } = (await tried.get(scenario))!;
        expect(faults).toEqual([]);
        const { profile, traced } = measurement;
        expect(profile.coverage).toMatchObject({ complete: true });
        const { missing, extra, isExact } = scoreOf(measurement);
        expect(missing).toEqual([]);
        expect(extra).toEqual(Object.keys(scenario.extras ?? {}).toSorted());
        expect(isExact, `${JSON.stringify(measurement.proof.minimalSets)}, ${traced}`).toBe(true);
      },
      LIMIT_MS,
    );
  }

  testUnless(
    NO_TRACE,
    "all programs: nothing that is needed is missed, little else is named",
    async () => {
      const trials = await Promise.all(tried.values());
      const measurements = trials.map(({ measurement }) => measurement);
      console.log(renderTable(measurements));
      const { recall, precision, exactProofs } = totalsOf(measurements);
      expect(recall).toBe(1);
      expect(precision).toBeGreaterThan(0.83);
      expect(exactProofs).toBe(measurements.length);
      expect(unexplained(measurements)).toEqual([]);
    },
    LIMIT_MS,
  );
});

test("the corpus has enough programs, each once", () => {
  const titles = SCENARIOS.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(
    new Set(titles.map((title) => /^\S+?(?=,|\s|$)/.exec(title)?.[0])).size,
  ).toBeGreaterThanOrEqual(16);
});
