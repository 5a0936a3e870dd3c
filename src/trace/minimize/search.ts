// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";

/** How the command fared with a set. */
export interface Answer {
  /** "unclear" when it worked at times. */
  readonly works: "yes" | "no" | "unclear";
  /** Capabilities whose lack made system calls fail. */
  readonly refused: CapabilitySet;
}

/** Tries sets. Rejects with SearchStopped when it may not go on. */
export interface Oracle {
  /** How many sets it tries at the same time. */
  readonly width: number;
  /**
   * One answer for each set; what was asked before costs nothing. Of a guess, a "no" need not be
   * confirmed: nothing is concluded from it.
   */
  ask(sets: readonly CapabilitySet[], isGuess?: boolean): Promise<readonly Answer[]>;
  /** About so many sets are still to be asked. */
  expect(sets: number): void;
}

/** The search ends with what is known. */
export class SearchStopped extends Error {
  override readonly name = "SearchStopped";
}

export interface SearchPlan {
  /** A set that works. */
  readonly all: CapabilitySet;
  /** Tried to be dropped in this order, each at once, then by halves. With `kept` they are `all`. */
  readonly groups: readonly (readonly number[])[];
  /** Members of `all` that are not tried to be dropped. */
  readonly kept: CapabilitySet;
}

export interface SearchResult {
  /** The smallest set that was seen to work. */
  readonly working: CapabilitySet;
  /** It does not work without any of its members, those that are kept apart. */
  readonly isMinimal: boolean;
  /** Members without which it worked at times. */
  readonly unclear: CapabilitySet;
  /** Other minimal sets that were found. */
  readonly alternatives: readonly CapabilitySet[];
  readonly isStopped: boolean;
}

/**
 * Looks for a set that works and does not without any of its members, then for others. A command
 * that fails with a set is taken to fail with each part of it, until the end: then each member is
 * tried once more, so that this holds for any oracle.
 */
export async function findMinimalSets(plan: SearchPlan, oracle: Oracle): Promise<SearchResult> {
  const search = new Search(plan, oracle);
  return search.run();
}

/** More sets than these are not looked for. */
const ALTERNATIVES_AT_MOST = 8;

class Search {
  readonly #plan: SearchPlan;
  readonly #oracle: Oracle;
  /** Capabilities, those to be dropped first first. */
  readonly #order: readonly number[];
  #working: CapabilitySet;
  #isMinimal = false;
  #unclear = EMPTY_SET;
  readonly #alternatives: CapabilitySet[] = [];

  constructor(plan: SearchPlan, oracle: Oracle) {
    this.#plan = plan;
    this.#oracle = oracle;
    this.#order = plan.groups.flat();
    this.#working = plan.all;
  }

  async run(): Promise<SearchResult> {
    let isStopped = false;
    try {
      await this.#reduce();
      await this.#verify();
      if (this.#isMinimal) await this.#explore(this.#working, EMPTY_SET);
    } catch (error) {
      if (!(error instanceof SearchStopped)) throw error;
      isStopped = true;
    }
    return {
      working: this.#working,
      isMinimal: this.#isMinimal,
      unclear: this.#unclear,
      alternatives: this.#alternatives,
      isStopped,
    };
  }

  /** Drops the groups one after the other; as many are tried at once as the oracle can. */
  async #reduce(): Promise<void> {
    const { groups } = this.#plan;
    for (let at = 0; at < groups.length; at += this.#oracle.width) {
      this.#oracle.expect(groups.length - at);
      const batch = groups.slice(at, at + this.#oracle.width);
      const base = this.#working;
      const answers = await this.#oracle.ask(batch.map((group) => without(base, group)));
      for (const [index, group] of batch.entries()) {
        if (answers[index]?.works !== "yes") await this.#dropParts(group);
        else await this.#drop(group);
      }
    }
  }

  async #drop(group: readonly number[]): Promise<void> {
    const rest = without(this.#working, group);
    const [answer] = await this.#oracle.ask([rest]);
    if (answer?.works === "yes") this.#working = rest;
    else await this.#dropParts(group);
  }

  /** Of a group that cannot go as a whole. */
  async #dropParts(group: readonly number[]): Promise<void> {
    if (group.length < 2) return;
    const middle = group.length >> 1;
    await this.#drop(group.slice(0, middle));
    await this.#drop(group.slice(middle));
  }

  /** Tries each member of the set with the set as it is now. */
  async #verify(): Promise<void> {
    for (;;) {
      const members = this.#membersOf(this.#working);
      this.#oracle.expect(members.length);
      const answers = await this.#oracle.ask(members.map((each) => without(this.#working, [each])));
      const dropped = members.find((_, at) => answers[at]?.works === "yes");
      if (dropped === undefined) {
        const unclear = members.filter((_, at) => answers[at]?.works === "unclear");
        this.#unclear = setOfNumbers(unclear);
        this.#isMinimal = unclear.length === 0;
        return;
      }
      this.#working = without(this.#working, [dropped]);
    }
  }

  /** Looks for minimal sets that lack a member of this one, and what is left out already. */
  async #explore(minimal: CapabilitySet, excluded: CapabilitySet): Promise<void> {
    this.#oracle.expect(0);
    for (const member of this.#membersOf(minimal)) {
      if (this.#alternatives.length === ALTERNATIVES_AT_MOST) return;
      const out = excluded | bit(member);
      const larger = await this.#replace(without(minimal, [member]), out);
      if (larger === null) continue;
      const found = await this.#shrink(larger);
      if (found === null || found === this.#working || this.#alternatives.includes(found)) continue;
      this.#alternatives.push(found);
      await this.#explore(found, out);
    }
  }

  /** Adds what was refused until the set works; null when nothing is left to add. */
  async #replace(start: CapabilitySet, excluded: CapabilitySet): Promise<CapabilitySet | null> {
    for (let set = start; ;) {
      const [answer] = await this.#oracle.ask([set], true);
      if (answer === undefined || answer.works === "yes") return set;
      const added = answer.refused & this.#plan.all & ~excluded & ~set;
      if (added === EMPTY_SET) return null;
      set |= added;
    }
  }

  /** A minimal part of a set that works; null when that is unclear. */
  async #shrink(larger: CapabilitySet): Promise<CapabilitySet | null> {
    let set = larger;
    for (;;) {
      let isUnclear = false;
      const before: CapabilitySet = set;
      for (const member of this.#membersOf(set)) {
        const rest = without(set, [member]);
        const [answer] = await this.#oracle.ask([rest]);
        if (answer?.works === "yes") set = rest;
        isUnclear ||= answer?.works === "unclear";
      }
      if (set === before) return isUnclear ? null : set;
    }
  }

  #membersOf(set: CapabilitySet): readonly number[] {
    return this.#order.filter((number) => (set & bit(number)) !== EMPTY_SET);
  }
}

function bit(number: number): CapabilitySet {
  return 1n << BigInt(number);
}

function setOfNumbers(numbers: readonly number[]): CapabilitySet {
  return numbers.reduce((set, number) => set | bit(number), EMPTY_SET);
}

function without(set: CapabilitySet, numbers: readonly number[]): CapabilitySet {
  return set & ~setOfNumbers(numbers);
}
