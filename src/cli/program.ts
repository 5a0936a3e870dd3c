// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { VERSION } from "../version.ts";
import type { ExitCode } from "./exit-code.ts";
import { exposureCommand } from "./exposure-options.ts";
import { writeError, writeReport } from "./output.ts";

/**
 * Builds the command line; `finish` receives the exit code of the command that ran. What a command
 * needs is loaded when it runs, not before.
 */
export function createProgram(finish: (status: ExitCode) => void): Command {
  const program = new Command("capscope")
    .description("Shows which processes are reachable and how privileged they are.")
    .version(`capscope ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => writeReport(text, null),
      writeErr: writeError,
      outputError: (text, write) => write(`capscope: ${text}`),
    });
  const exposure = exposureCommand(async (request) => {
    const { runExposure } = await import("./exposure-command.ts");
    finish(await runExposure(request));
  });
  return program.addCommand(exposure.copyInheritedSettings(program));
}
