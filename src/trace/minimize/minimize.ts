// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames } from "../../capabilities/set.ts";
import { openCapabilityTracer } from "../../linux/bpf/capability-tracer.ts";
import type { CapabilityTracer } from "../../linux/bpf/observation.ts";
import type { Profile, ProofCriterion, Run } from "../model.ts";
import { profileOf } from "../profile.ts";
import { failureOf, type Outcome, outcomeOf } from "./outcome.ts";
import { proofOf } from "./proof.ts";
import { findMinimalSets, SearchStopped } from "./search.ts";
import { keeping, startSetOf } from "./start-set.ts";
import type { SearchState } from "./state.ts";
import { runTrial, type TrialPlan } from "./trial.ts";
import { inParallel, type RunReport, Trials } from "./trials.ts";

export interface MinimizeOptions {
  readonly plan: TrialPlan;
  readonly uid: number;
  readonly criterion: ProofCriterion;
  /** What the command can be given, and what this kernel has besides. */
  readonly granted: CapabilitySet;
  readonly lacking: CapabilitySet;
  /** How often each answer is confirmed. */
  readonly runsPerAnswer: number;
  readonly runLimit: number;
  /** As many runs at the same time, where they do not disturb each other. */
  readonly jobs: number;
  /** For each run. */
  readonly limitMs: number;
  /** See TracerOptions. */
  readonly watchesExits: boolean;
  readonly runId: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly state: SearchState;
  readonly listener: MinimizeListener;
}

export interface MinimizeListener {
  /** The reference run came to its end: it is about to go on from this set. */
  readonly onReference: (run: Run, outcome: Outcome, start: CapabilitySet | null) => void;
  readonly onTrial: (set: CapabilitySet, outcome: Outcome) => void;
  readonly onRun: (report: RunReport) => void;
  readonly onNote: (note: string) => void;
}

/**
 * - `proven`: a minimal set was found
 * - `incomplete`: the search was stopped, or some answers were unclear
 * - `unrepeatable`: the command does not always work with all that it was granted
 * - `failed`: it did not in the reference run
 * - `interrupted`: the reference run did not come to its end
 */
export type MinimizeResult =
  | { readonly kind: "proven" | "incomplete"; readonly profile: Profile }
  | {
      readonly kind: "unrepeatable";
      readonly profile: Profile;
      readonly worked: number;
      readonly tried: number;
      readonly failure: string;
    }
  | {
      readonly kind: "failed";
      readonly profile: Profile;
      readonly outcome: Outcome;
      readonly failure: string;
    }
  | { readonly kind: "interrupted" };

/**
 * Traces a command once, then runs it again and again with fewer capabilities, until none can go.
 * Throws UnsupportedError when this kernel or these privileges allow no trace or no limits.
 */
export async function minimize(options: MinimizeOptions): Promise<MinimizeResult> {
  const { criterion, granted, state, listener, signal } = options;
  const reference = state.reference ?? (await runReference(options));
  if (reference === null) return { kind: "interrupted" };
  const { run, outcome } = reference;
  const profile = profileOf([run]);
  const failure = failureOf(outcome, criterion, null);
  const start = failure === null ? startSetOf(profile.findings, granted) : null;
  listener.onReference(run, outcome, start?.set ?? null);
  if (failure !== null || start === null) {
    return { kind: "failed", profile, outcome, failure: failure ?? "" };
  }
  const trials = new Trials({
    perform: async (set) => outcomeOf(await runOnce(options, set, limitAfter(outcome, options))),
    criterion,
    reference: outcome,
    granted,
    known: state.trials,
    runsPerAnswer: options.runsPerAnswer,
    runLimit: options.runLimit,
    signal,
    record: listener.onTrial,
    tell: listener.onRun,
  });
  trials.expect(start.plan.groups.length + 1);
  const notes = [...run.coverage.gaps];
  if (!(await isRepeatable(trials, granted))) {
    const { worked, tried } = trials.tallyOf(granted);
    const last = trials.failuresOf(granted).findLast((each) => each !== null);
    return { kind: "unrepeatable", profile, worked, tried, failure: last ?? "" };
  }
  if (options.jobs > 1) notes.push(...(await widen(options, trials, outcome)));
  const kept = trials.unrepeated;
  notes.push(...unrepeatedNotes(kept, listener));
  const result = await findMinimalSets(keeping(kept, start.plan), trials);
  notes.push(...missedNotes(result.working & ~start.set, result.isMinimal));
  const { plan, uid, runsPerAnswer, lacking } = options;
  const method = plan.user === null ? "root" : "user";
  const proof = proofOf(
    { method, uid, criterion, runsPerAnswer, notes, granted, lacking, kept },
    result,
    trials,
  );
  return {
    kind: proof.minimalSets.length > 0 ? "proven" : "incomplete",
    profile: profileOf([{ ...run, proof }]),
  };
}

async function runReference(
  options: MinimizeOptions,
): Promise<{ readonly run: Run; readonly outcome: Outcome } | null> {
  const trial = await runOnce(options, options.granted, options.limitMs, true);
  return trial.end.kind === "interrupted" ? null : { run: trial.run, outcome: outcomeOf(trial) };
}

function runOnce(
  options: MinimizeOptions,
  set: CapabilitySet,
  limitMs: number,
  showsOutput = false,
): ReturnType<typeof runTrial> {
  const { plan, signal, runId, now, watchesExits } = options;
  const openTracer = (): Promise<CapabilityTracer> =>
    openCapabilityTracer({ scope: { kind: "tree" }, watchesExits });
  const trial = { set, showsOutput, limitMs, signal, runId, time: now() };
  return runTrial(plan, trial, openTracer);
}

/** A run that takes that much longer than the first one is taken to hang. */
const SLOWER = 10;
const LIMIT_AT_LEAST_MS = 5000;

function limitAfter({ durationNs }: Outcome, { limitMs }: MinimizeOptions): number {
  return Math.min(limitMs, Math.max(LIMIT_AT_LEAST_MS, (durationNs / 1e6) * SLOWER));
}

/** False when the command does not work each time with all that it was granted. */
async function isRepeatable(trials: Trials, granted: CapabilitySet): Promise<boolean> {
  try {
    const [answer] = await trials.ask([granted]);
    return answer?.works === "yes";
  } catch (error) {
    if (error instanceof SearchStopped) return true;
    throw error;
  }
}

/** Runs of the command may disturb each other: whether they do is tried first. */
async function widen(
  options: MinimizeOptions,
  trials: Trials,
  reference: Outcome,
): Promise<readonly string[]> {
  const { jobs, granted, signal, criterion, listener } = options;
  if (signal.aborted) return [];
  const limitMs = limitAfter(reference, options);
  const attempts = Array.from({ length: jobs }, () => granted);
  const outcomes = await inParallel(attempts, jobs, async (set) =>
    outcomeOf(await runOnce(options, set, limitMs)),
  );
  const works = outcomes.every((each) => failureOf(each, criterion, reference) === null);
  if (works) trials.width = jobs;
  if (works || signal.aborted) return [];
  const note = `${jobs} runs at the same time disturb each other: they were made one after the other`;
  listener.onNote(note);
  return [note];
}

function unrepeatedNotes(
  unrepeated: CapabilitySet,
  { onNote }: MinimizeListener,
): readonly string[] {
  const names = capabilityNames(unrepeated);
  if (names.length === 0) return [];
  const note =
    `the first run used ${names.join(", ")}, and the next did not, though it had the same: the runs ` +
    "do not do the same work; --prepare can make each begin alike";
  onNote(note);
  return [note];
}

function missedNotes(missed: CapabilitySet, isMinimal: boolean): readonly string[] {
  const names = capabilityNames(missed);
  if (names.length === 0 || !isMinimal) return [];
  return [
    `the evidence of the trace did not speak for ${names.join(", ")}: found by trying all that was granted`,
  ];
}
