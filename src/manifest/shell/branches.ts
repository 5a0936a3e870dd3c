// SPDX-License-Identifier: Apache-2.0
import type { ShellBranch, ShellCommand } from "../model.ts";

/** Deeper ones are taken for one: each command carries all that it depends on. */
const DEPTH_LIMIT = 32;

/** Follows if, case and || through a script, keyword by keyword. */
export class BranchTracker {
  #open: ShellBranch[] = [];
  #count = 0;
  /** How many are open that are too deep. */
  #skipped = 0;
  /** Of the command after "||"; it runs when the one before has failed. */
  #alternative: ShellBranch | null = null;

  /** Takes note of a word in front of a command. */
  keyword(word: string): void {
    const last = this.#open.at(-1);
    const opens = word === "if" || word === "case";
    if (this.#skipped > 0 || (opens && this.#open.length >= DEPTH_LIMIT)) {
      if (opens) this.#skipped++;
      else if (word === "fi" || word === "esac") this.#skipped--;
      return;
    }
    if (opens) this.#open.push({ id: ++this.#count, arm: 0 });
    else if (last === undefined) return;
    else if (word === "fi" || word === "esac") this.#open.pop();
    else if (word === "then" || word === "in") this.#move(last, last.arm + 1);
    // Conditions have even numbers, what depends on them the odd one after it.
    else if (word === "elif") this.#move(last, last.arm + 1);
    else if (word === "else") this.#move(last, last.arm + 2);
  }

  /** Takes note of what ends a pipeline, and returns the branches of its commands. */
  end(operator: string): readonly ShellBranch[] {
    const branches = [...this.#open, ...(this.#alternative === null ? [] : [this.#alternative])];
    this.#alternative = null;
    const last = this.#open.at(-1);
    if (operator.startsWith(";;") && last !== undefined) this.#move(last, last.arm + 2);
    if (operator !== "||") return branches;
    const id = ++this.#count;
    this.#alternative = { id, arm: 2 };
    return [...branches, { id, arm: 0 }];
  }

  #move({ id }: ShellBranch, arm: number): void {
    this.#open[this.#open.length - 1] = { id, arm };
  }
}

/** True when at most one of the two is run with success. */
export function areExclusive(one: ShellCommand, other: ShellCommand): boolean {
  return one.branches.some(({ id, arm }) => {
    const counterpart = other.branches.find((branch) => branch.id === id);
    if (counterpart === undefined || counterpart.arm === arm) return false;
    const [first, second] = [Math.min(arm, counterpart.arm), Math.max(arm, counterpart.arm)];
    return !(first % 2 === 0 && second === first + 1);
  });
}
