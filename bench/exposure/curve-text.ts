// SPDX-License-Identifier: Apache-2.0
import type { Measured } from "../measure/contest.ts";
import { renderCount, renderDuration, renderSize, renderTable } from "../measure/table.ts";
import { isMemoryKnown, renderMemory, renderNotes } from "./comparison.ts";
import type { LoadShape } from "./load.ts";
import type { LoadedContest } from "./loaded.ts";

/** Renders how wall time, memory and output of each tool grow from one contest to the next. */
export function renderCurve(
  contests: readonly LoadedContest[],
  size: (shape: LoadShape) => number,
): string {
  const names = contests[0]?.results.map((result) => result.name) ?? [];
  const rows = [["", ...contests.map(({ shape }) => renderCount(size(shape))), "growth"]];
  for (const name of names) {
    const measured = contests.map((contest) => findMeasured(contest, name));
    if (measured.every((entry) => entry === null)) continue;
    for (const quantity of QUANTITIES) {
      const cells = measured.map((entry) => (entry === null ? "-" : quantity.render(entry)));
      const values = measured.map((entry) => (entry === null ? null : quantity.value(entry)));
      rows.push([`${name}, ${quantity.name}`, ...cells, renderSteps(values)]);
    }
  }
  const notes = contests.map(({ results, listeners }) => renderNotes(results, listeners));
  return renderTable(rows) + [...new Set(notes)].join("") + renderLinearity(contests, "capscope");
}

/** Wanted: linear growth. A doubling that takes a little more than twice the time can be noise. */
const STEP_LIMIT = 2.3;

function renderLinearity(contests: readonly LoadedContest[], name: string): string {
  const walls = contests.map((contest) => findMeasured(contest, name)?.wallMs.median ?? null);
  const steps = stepsOf(walls).filter((step) => step !== null);
  if (steps.length === 0) return "";
  const verdict = steps.every((step) => step <= STEP_LIMIT) ? "met" : "MISSED";
  return `  wanted: ${name} with no step above x${STEP_LIMIT}: ${verdict}\n`;
}

interface Quantity {
  readonly name: string;
  /** Null when it is not known, only limited. */
  readonly value: (measured: Measured) => number | null;
  readonly render: (measured: Measured) => string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    name: "wall",
    value: ({ wallMs }) => wallMs.median,
    render: ({ wallMs }) => renderDuration(wallMs.median),
  },
  {
    name: "memory",
    value: (measured) => (isMemoryKnown(measured) ? measured.peakMemoryKib.median : null),
    render: renderMemory,
  },
  {
    name: "output",
    value: ({ outputBytes }) => outputBytes,
    render: ({ outputBytes }) => renderSize(outputBytes),
  },
];

function findMeasured(contest: LoadedContest, name: string): Measured | null {
  return contest.results.find((result) => result.name === name)?.measured ?? null;
}

function renderSteps(values: readonly (number | null)[]): string {
  return stepsOf(values)
    .map((step) => (step === null ? "-" : `x${step.toFixed(2)}`))
    .join(" ");
}

/** Each value in relation to the one before: 2 is linear, less means that a fixed cost dominates. */
function stepsOf(values: readonly (number | null)[]): readonly (number | null)[] {
  return values.slice(1).map((value, index) => {
    const before = values[index] ?? null;
    return value === null || before === null ? null : value / before;
  });
}
