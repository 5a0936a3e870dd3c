// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, includesAll } from "../../capabilities/set.ts";
import type { ProofCriterion } from "../model.ts";
import { failureOf, type Outcome, refusedSet, setOfNames } from "./outcome.ts";
import { type Answer, type Oracle, SearchStopped } from "./search.ts";

/** A run that came to its end, for whoever waits. */
export interface RunReport {
  /** Of this run, from 1. */
  readonly number: number;
  /** About how many there will be. */
  readonly total: number;
  readonly set: CapabilitySet;
  /** The smallest set that was known to work, before this run. */
  readonly working: CapabilitySet;
  /** Null where the command worked. */
  readonly failure: string | null;
}

export interface TrialsOptions {
  /** Runs the command once. */
  readonly perform: (set: CapabilitySet) => Promise<Outcome>;
  readonly criterion: ProofCriterion;
  /** Of the first run, which had `granted`. */
  readonly reference: Outcome;
  readonly granted: CapabilitySet;
  /** What is known from before the search was interrupted, without the reference. */
  readonly known: readonly (readonly [CapabilitySet, Outcome])[];
  readonly runsPerAnswer: number;
  readonly runLimit: number;
  readonly signal: AbortSignal;
  readonly record: (set: CapabilitySet, outcome: Outcome) => void;
  readonly tell: (report: RunReport) => void;
}

/** How often a set was tried, and how often the command worked. */
export interface Tally {
  readonly worked: number;
  readonly tried: number;
}

/**
 * All runs of the command. Answers from as many runs as are asked for, twice as many where they do
 * not agree.
 */
export class Trials implements Oracle {
  width = 1;
  readonly #options: TrialsOptions;
  readonly #outcomes = new Map<CapabilitySet, Outcome[]>();
  #working: CapabilitySet;
  #underWay = 0;
  #expected = 0;

  constructor(options: TrialsOptions) {
    this.#options = options;
    this.#working = options.granted;
    this.#keep(options.granted, options.reference);
    for (const [set, outcome] of options.known) this.#keep(set, outcome);
  }

  expect(sets: number): void {
    this.#expected = sets;
  }

  ask(sets: readonly CapabilitySet[], isGuess = false): Promise<readonly Answer[]> {
    return inParallel(sets, this.width, (set) => {
      this.#expected = Math.max(0, this.#expected - 1);
      return this.#answer(set, isGuess);
    });
  }

  outcomesOf(set: CapabilitySet): readonly Outcome[] {
    return this.#outcomes.get(set) ?? [];
  }

  /** How the command fared with a set, once for each run. */
  failuresOf(set: CapabilitySet): readonly (string | null)[] {
    const { criterion, reference } = this.#options;
    return this.outcomesOf(set).map((each) => failureOf(each, criterion, reference));
  }

  tallyOf(set: CapabilitySet): Tally {
    const failures = this.failuresOf(set);
    return {
      worked: failures.filter((failure) => failure === null).length,
      tried: failures.length,
    };
  }

  /** What the first run used, and no other with the same capabilities: their work was not the same. */
  get unrepeated(): CapabilitySet {
    const { reference, granted } = this.#options;
    const others = this.outcomesOf(granted).slice(1);
    if (others.length === 0) return EMPTY_SET;
    const again = new Set(others.flatMap(({ used }) => used));
    return setOfNames(reference.used.filter((name) => !again.has(name)));
  }

  /** All, the reference included. */
  get runs(): number {
    return this.#all().length;
  }

  get durationNs(): number {
    return this.#all().reduce((total, { durationNs }) => total + durationNs, 0);
  }

  #all(): readonly Outcome[] {
    return [...this.#outcomes.values()].flat();
  }

  async #answer(set: CapabilitySet, isGuess: boolean): Promise<Answer> {
    for (;;) {
      const known = this.#known(set, isGuess);
      if (known === null) {
        await this.#run(set);
        continue;
      }
      if (known.works === "yes" && includesAll(this.#working, set)) this.#working = set;
      return known;
    }
  }

  /** Null while more runs are needed. */
  #known(set: CapabilitySet, isGuess: boolean): Answer | null {
    const { runsPerAnswer } = this.#options;
    const { worked, tried } = this.tallyOf(set);
    const refused = this.#refusedOf(set);
    if (isGuess && worked < tried) return { works: "no", refused };
    if (tried < runsPerAnswer) return null;
    if (worked === tried) return { works: "yes", refused };
    if (worked === 0) return { works: "no", refused };
    return tried < 2 * runsPerAnswer ? null : { works: "unclear", refused };
  }

  /** By the last run that failed. */
  #refusedOf(set: CapabilitySet): CapabilitySet {
    const failures = this.failuresOf(set);
    const last = this.outcomesOf(set).findLast((_, at) => failures[at] !== null);
    return last === undefined ? 0n : refusedSet(last);
  }

  async #run(set: CapabilitySet): Promise<void> {
    const { signal, runLimit, perform, record, tell, criterion, reference } = this.#options;
    if (signal.aborted || this.runs + this.#underWay >= runLimit) throw new SearchStopped();
    const working = this.#working;
    this.#underWay++;
    try {
      const outcome = await perform(set);
      if (outcome.end.kind === "interrupted") throw new SearchStopped();
      this.#keep(set, outcome);
      record(set, outcome);
      tell({
        number: this.runs,
        total: this.runs + this.#toCome(set),
        set,
        working,
        failure: failureOf(outcome, criterion, reference),
      });
    } finally {
      this.#underWay--;
    }
  }

  #toCome(set: CapabilitySet): number {
    const { runsPerAnswer } = this.#options;
    const ofThis = Math.max(0, runsPerAnswer - this.outcomesOf(set).length);
    return ofThis + this.#expected * runsPerAnswer;
  }

  #keep(set: CapabilitySet, outcome: Outcome): void {
    const known = this.#outcomes.get(set);
    if (known === undefined) this.#outcomes.set(set, [outcome]);
    else known.push(outcome);
  }
}

/** At most `width` at the same time; when one fails, no more are begun, and all begun are awaited. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const at = next++;
      try {
        results[at] = await act(items[at] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
