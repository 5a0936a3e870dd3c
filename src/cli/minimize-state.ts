// SPDX-License-Identifier: Apache-2.0
import { existsSync, truncateSync } from "node:fs";
import { toJson } from "../report/text/escape.ts";
import {
  EMPTY_STATE,
  parseState,
  type SearchState,
  stateLines,
  type StateRequest,
} from "../trace/minimize/state.ts";
import { openReport } from "./output.ts";
import { readInput } from "./read-input.ts";

/** Where a search keeps what it has found. */
export interface StateFile extends Disposable {
  /** What was there when it was opened. */
  readonly state: SearchState;
  readonly append: (line: object) => void;
}

const LIMIT_BYTES = 256 * 1024 * 1024;

/** Opens the file of `--resume`, or nothing. Throws a UsageError for one of another search. */
export function openState(file: string | null, request: StateRequest): StateFile {
  if (file === null) {
    return { state: EMPTY_STATE, append: () => undefined, [Symbol.dispose]: () => undefined };
  }
  const text = existsSync(file) ? readInput(file, LIMIT_BYTES) : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const state = parseState(whole, request, file);
  // A line that was being written when the machine went down.
  if (whole !== text) truncateSync(file, Buffer.byteLength(whole));
  const opened = openReport(file, "add");
  const append = (line: object): void => opened.write(`${toJson(line)}\n`);
  if (whole === "") append(stateLines.head(request));
  return { state, append, [Symbol.dispose]: () => opened[Symbol.dispose]() };
}
