// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { VERSION } from "../version.ts";
import { doctorCommand } from "./doctor-options.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { exposureCommand } from "./exposure-options.ts";
import { monitorCommand } from "./monitor-options.ts";
import { writeError, writeReport } from "./output.ts";
import { profileCommand } from "./profile-options.ts";
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
    const { kind } = request.target;
    if (kind === "command" || kind === "service") outcome.failureStatus = EXIT_CODE.wrapperFailed;
    const { runTrace } = await import("./trace-command.ts");
    outcome.status = await runTrace(request);
  });
  const monitor = monitorCommand(async (request) => {
    const { runMonitor } = await import("./monitor-command.ts");
    outcome.status = await runMonitor(request);
  });
  const profile = profileCommand(async (request) => {
    const { runProfile } = await import("./profile-command.ts");
    outcome.status = await runProfile(request);
  });
  const doctor = doctorCommand(async (request) => {
    const { runDoctor } = await import("./doctor-command.ts");
    outcome.status = await runDoctor(request);
  });
  return program
    .addCommand(exposure.copyInheritedSettings(program))
    .addCommand(trace.copyInheritedSettings(program))
    .addCommand(inherit(monitor, program))
    .addCommand(inherit(profile, program))
    .addCommand(inherit(doctor, program));
}

/** Gives a command and those below it the settings of the program. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const each of command.commands) inherit(each, command);
  return command;
}
