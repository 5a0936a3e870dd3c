// SPDX-License-Identifier: Apache-2.0
import { writeError } from "./output.ts";
import { isTerminal } from "./terminal.ts";

/** A line on the terminal that says how far a long task is. */
export interface Progress extends Disposable {
  readonly show: (text: string) => void;
}

const PATIENCE_MS = 1000;
const INTERVAL_MS = 200;

/** Shows nothing before a second has passed, and nothing at all where standard error is no terminal. */
export function openProgress(now: () => number = () => Date.now()): Progress {
  const isShown = isTerminal("stderr");
  let next = now() + PATIENCE_MS;
  let hasLine = false;
  return {
    show(text) {
      if (!isShown || now() < next) return;
      next = now() + INTERVAL_MS;
      hasLine = true;
      writeError(`\r\x1b[K${text}`);
    },
    [Symbol.dispose]() {
      if (hasLine) writeError("\r\x1b[K");
    },
  };
}
