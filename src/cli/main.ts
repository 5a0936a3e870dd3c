#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { CommanderError } from "commander";
import { SystemError, UnsupportedError, UsageError } from "../errors.ts";
import { exactArguments } from "../linux/inheritance.ts";
import { escapeText } from "../report/text/escape.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { writeDiagnostic } from "./output.ts";
import { createProgram, type Outcome } from "./program.ts";

/** The only place that turns errors into messages and exit codes. */
async function main(): Promise<number> {
  const outcome: Outcome = { status: EXIT_CODE.ok, failureStatus: EXIT_CODE.cannotObserve };
  try {
    const words = exactArguments(process.argv.slice(2));
    const program = await createProgram(outcome, words);
    await program.parseAsync(words, { from: "user" });
    return outcome.status;
  } catch (error) {
    return explain(error, outcome);
  }
}

async function explain(error: unknown, { failureStatus }: Outcome): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help that was asked for.
    return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage;
  }
  if (error instanceof UsageError) {
    report(error.message, error.hint);
    return EXIT_CODE.usage;
  }
  if (error instanceof UnsupportedError) {
    report(error.message, error.hint);
    return EXIT_CODE.cannotObserve;
  }
  if (error instanceof SystemError) {
    report(`${error.step}: ${await describeCode(error.code)}`, null);
    return failureStatus;
  }
  throw error;
}

/** The words for an errno name: "no such file or directory". */
async function describeCode(code: string): Promise<string> {
  const { getSystemErrorMap } = await import("node:util");
  const entry = [...getSystemErrorMap().values()].find(([name]) => name === code);
  return entry?.[1] ?? code;
}

function report(message: string, hint: string | null): void {
  writeDiagnostic(`error: ${escapeText(message)}`);
  if (hint !== null) writeDiagnostic(`hint: ${escapeText(hint)}`);
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    // A bug: it rises with its stack.
    setImmediate(() => {
      throw error;
    });
  },
);
