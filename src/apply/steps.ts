// SPDX-License-Identifier: Apache-2.0
import { SystemError, UnsupportedError, UsageError } from "../errors.ts";
import type { Step, StepName } from "./model.ts";

/** What was done so far. */
export class StepList {
  readonly list: Step[] = [];
  readonly #onStep: (step: Step) => void;

  constructor(onStep: (step: Step) => void) {
    this.#onStep = onStep;
  }

  add(step: Step): void {
    this.list.push(step);
    this.#onStep(step);
  }

  /** Throws what the action throws, once it is noted. */
  async attempt(name: StepName, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.add({ name, done: false, detail: messageOf(error) });
      throw error;
    }
    this.add({ name, done: true, detail: null });
  }

  /** False when the action fails. */
  async tryOne(name: StepName, action: () => Promise<void>): Promise<boolean> {
    try {
      await this.attempt(name, action);
      return true;
    } catch (error) {
      if (!isExpected(error)) throw error;
      return false;
    }
  }
}

/** What did not work, in words. */
export function messageOf(error: unknown): string {
  if (error instanceof SystemError) return `${error.step}: ${error.code}`;
  return error instanceof Error ? error.message : String(error);
}

/** An error that tells of the system; any other is a bug. */
export function isExpected(error: unknown): boolean {
  return [SystemError, UnsupportedError, UsageError].some((kind) => error instanceof kind);
}
