// SPDX-License-Identifier: Apache-2.0
import { capsetOnly } from "./capset-only.ts";
import { assessDenial } from "./denial.ts";
import {
  type CapabilityFinding,
  type Conclusion,
  type Confidence,
  CONFIDENCES,
  NEEDED_VERDICTS,
  type Observation,
  type Phase,
  type Run,
  type SyscallOutcome,
  type TraceCoverage,
  type UserFunction,
  type Use,
  type Verdict,
  VERDICTS,
} from "./model.ts";

/** One finding for each capability that the runs speak of, the weightiest first. */
export function findingsOf(runs: readonly Run[]): readonly CapabilityFinding[] {
  const seen = runs.flatMap((run) => run.observations.map((row) => rowOf(run, row)));
  const rows = groupBy(seen, ({ observation }) => observation.capability);
  const asked = [...rows].map(([capability, ofIt]) => describeFinding(capability, ofIt));
  const findings = capsetOnly(runs, asked);
  return findings.toSorted(
    (one, other) =>
      VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict) ||
      (one.capability < other.capability ? -1 : 1),
  );
}

export function conclusionOf(
  runs: readonly Run[],
  findings: readonly CapabilityFinding[],
): Conclusion {
  if (findings.some(({ verdict }) => NEEDED_VERDICTS.includes(verdict))) return "needs";
  // What was lost may have been a need.
  if (runs.some(({ coverage }) => coverage.lost.checks > 0)) return "inconclusive";
  const hasStarted = runs.some(({ images }) => images.some(({ attached }) => !attached));
  const wasAsked = runs.some(({ observations }) => observations.length > 0);
  return hasStarted || wasAsked ? "needs-nothing-seen" : "inconclusive";
}

/** What all runs together have seen. */
export function coverageOf(runs: readonly Run[]): TraceCoverage {
  const sum = (of: (lost: TraceCoverage["lost"]) => number): number =>
    runs.reduce((total, { coverage }) => total + of(coverage.lost), 0);
  return {
    complete: runs.every(({ coverage }) => coverage.complete),
    lost: {
      checks: sum(({ checks }) => checks),
      stacks: sum(({ stacks }) => stacks),
      images: sum(({ images }) => images),
    },
    gaps: [...new Set(runs.flatMap(({ coverage }) => coverage.gaps))].toSorted(),
  };
}

interface Row {
  readonly run: Run;
  readonly observation: Observation;
  readonly program: string;
}

function rowOf(run: Run, observation: Observation): Row {
  const image = run.images.find(({ id }) => id === observation.image);
  return { run, observation, program: image?.exe ?? "[unknown]" };
}

function describeFinding(capability: string, rows: readonly Row[]): CapabilityFinding {
  const verdict = weightiest(rows.map(({ observation }) => observation.verdict));
  const deciding = rows.filter(({ observation }) => observation.verdict === verdict);
  const denied = rows.filter(({ observation }) => observation.verdict === "denied");
  return {
    capability,
    verdict,
    confidence: confidenceOf(verdict, deciding),
    granted: countOf(rows.filter(({ observation }) => observation.granted)),
    denied: countOf(rows.filter(({ observation }) => !observation.granted)),
    phases: distinct(deciding.map(({ observation }) => observation.phase)),
    uses: usesOf(rows),
    conditions: distinct(deciding.flatMap(({ observation }) => observation.conditions)),
    alternatives: alternativesOf(deciding),
    denial: assessDenial(denied.map(({ observation }) => observation)),
    installedIn: [],
    runs: distinct(rows.map(({ run }) => run.id)),
  };
}

/** One need that is understood is enough; what is to be left out has to be understood throughout. */
function confidenceOf(verdict: Verdict, rows: readonly Row[]): Confidence {
  const ranks = rows.map(({ observation }) => CONFIDENCES.indexOf(observation.confidence));
  const rank = NEEDED_VERDICTS.includes(verdict) ? Math.min(...ranks) : Math.max(...ranks);
  return CONFIDENCES[rank] ?? "low";
}

/** Those of all rows, when each row has some. */
function alternativesOf(rows: readonly Row[]): readonly string[] {
  const sets = rows.map(({ observation }) => observation.alternatives);
  return sets.some((each) => each.length === 0) ? [] : distinct(sets.flat());
}

function weightiest(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS.find((each) => verdicts.includes(each)) ?? "denied";
}

/** Rows that differ in image, run, credentials or result alone are one use. */
function usesOf(rows: readonly Row[]): readonly Use[] {
  const groups = groupBy(rows, ({ observation, program }) =>
    JSON.stringify([
      program,
      observation.syscall,
      observation.gate,
      observation.verdict,
      observation.reason,
      observation.confidence,
      observation.phase,
    ]),
  );
  return [...groups.values()]
    .flatMap(describeUse)
    .toSorted(
      (one, other) =>
        VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict) ||
        other.granted + other.denied - (one.granted + one.denied) ||
        compareText(JSON.stringify(one), JSON.stringify(other)),
    );
}

function describeUse(rows: readonly Row[]): readonly Use[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { syscall, gate, verdict, reason, confidence, kernelStack, phase } = first.observation;
  const stacks = rows.map(({ observation }) => observation.userStack);
  return [
    {
      program: first.program,
      syscall,
      gate,
      verdict,
      reason,
      confidence,
      kernelStack,
      phase,
      granted: countOf(rows.filter(({ observation }) => observation.granted)),
      denied: countOf(rows.filter(({ observation }) => !observation.granted)),
      userStack: stacks.toSorted(compareStacks)[0] ?? [],
      outcomes: addUp(outcomesOf(rows)),
    },
  ];
}

/** Rows of one image that differ in credentials have the ends of the same system calls. */
function outcomesOf(rows: readonly Row[]): readonly SyscallOutcome[] {
  const ofImages = new Map(
    rows.map(({ run, observation }) => [
      `${run.id} ${observation.image} ${observation.granted}`,
      observation.outcomes,
    ]),
  );
  return [...ofImages.values()].flat();
}

/** The deepest first: it tells the most. */
function compareStacks(one: readonly UserFunction[], other: readonly UserFunction[]): number {
  return other.length - one.length || compareText(JSON.stringify(one), JSON.stringify(other));
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function addUp(outcomes: readonly SyscallOutcome[]): readonly SyscallOutcome[] {
  const groups = groupBy(outcomes, ({ syscall, errno }) => `${syscall} ${errno}`);
  return [...groups]
    .toSorted(([one], [other]) => compareText(one, other))
    .flatMap(([, alike]) => {
      const [first] = alike;
      const count = alike.reduce((total, each) => total + each.count, 0);
      return first === undefined ? [] : [{ ...first, count }];
    });
}

function countOf(rows: readonly Row[]): number {
  return rows.reduce((total, { observation }) => total + observation.count, 0);
}

function distinct<T extends string | Phase>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].toSorted();
}

/** Map.groupBy() of newer runtimes. */
function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
