// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { VERSION } from "../version.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { exposureCommand } from "./exposure-options.ts";
import { writeError, writeReport } from "./output.ts";
import { traceCommand } from "./trace-options.ts";

/** What becomes of a run: filled in by the command that runs. */
export interface Outcome {
  status: number;
  /** Status when a system call fails on which the command depends. */
  failureStatus: number;
}

/**
 * Builds the command line. What a command needs is loaded when it runs, not before.
 */
export function createProgram(outcome: Outcome): Command {
  const program = new Command("capscope")
    .description("Shows which processes are reachable and how privileged they are.")
    .version(`capscope ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => writeReport(text, null),
      writeErr: writeError,
      outputError: (text, write) => write(`capscope: ${text}`),
    });
  const exposure = exposureCommand(async (request) => {
    const { runExposure } = await import("./exposure-command.ts");
    outcome.status = await runExposure(request);
  });
  const trace = traceCommand(async (request) => {
    outcome.failureStatus = EXIT_CODE.wrapperFailed;
    const { runTrace } = await import("./trace-command.ts");
    outcome.status = await runTrace(request);
  });
  return program
    .addCommand(exposure.copyInheritedSettings(program))
    .addCommand(trace.copyInheritedSettings(program));
}
