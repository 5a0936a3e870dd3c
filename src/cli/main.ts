#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { CommanderError } from "commander";
import { SystemError, UnsupportedError, UsageError } from "../errors.ts";
import { escapeText } from "../report/text/escape.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeDiagnostic } from "./output.ts";
import { createProgram } from "./program.ts";

/** The only place that turns errors into messages and exit codes. */
async function main(): Promise<ExitCode> {
  let status: ExitCode = EXIT_CODE.ok;
  const program = createProgram((code) => {
    status = code;
  });
  try {
    await program.parseAsync(process.argv);
    return status;
  } catch (error) {
    return await explain(error);
  }
}

async function explain(error: unknown): Promise<ExitCode> {
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
    return EXIT_CODE.cannotObserve;
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
