// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { VERSION } from "../version.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { writeError, writeReport } from "./output.ts";

/** What becomes of a run: filled in by the command that runs. */
export interface Outcome {
  status: number;
  /** Status when a system call fails on which the command depends. */
  failureStatus: number;
}

/**
 * Builds the command line for these arguments. When they begin with the name of a command, only
 * that is declared; and what a command needs is loaded when it runs, not before.
 */
export async function createProgram(
  outcome: Outcome,
  words: readonly string[] = [],
): Promise<Command> {
  const program = new Command("capscope")
    .description("See, trace, prove, grant and verify Linux capabilities.")
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
  const [name = ""] = words;
  const wanted = Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
  for (const each of wanted) {
    const command = await COMMANDS[each]?.(outcome);
    if (command !== undefined) program.addCommand(inherit(command, program));
  }
  return program;
}

type Declaration = (outcome: Outcome) => Promise<Command>;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, Declaration>> = {
  exposure: async (outcome) => {
    const { exposureCommand } = await import("./exposure-options.ts");
    return exposureCommand(async (request) => {
      const { runExposure } = await import("./exposure-command.ts");
      outcome.status = await runExposure(request);
    });
  },
  ps: async (outcome) => {
    const { psCommand } = await import("./ps-options.ts");
    return psCommand(async (request) => {
      const { runPs } = await import("./ps-command.ts");
      outcome.status = await runPs(request);
    });
  },
  files: async (outcome) => {
    const { filesCommand } = await import("./files-options.ts");
    return filesCommand(
      async (request) => {
        const { runFiles } = await import("./files-command.ts");
        outcome.status = await runFiles(request);
      },
      async (request) => {
        const { runFileChange } = await import("./files-change-command.ts");
        outcome.status = await runFileChange(request);
      },
    );
  },
  decode: async (outcome) => {
    const { decodeCommand } = await import("./decode-options.ts");
    return decodeCommand(async (request) => {
      const { runDecode } = await import("./decode-command.ts");
      outcome.status = await runDecode(request);
    });
  },
  encode: async (outcome) => {
    const { encodeCommand } = await import("./encode-options.ts");
    return encodeCommand(async (request) => {
      const { runEncode } = await import("./encode-command.ts");
      outcome.status = runEncode(request);
    });
  },
  explain: async (outcome) => {
    const { explainCommand } = await import("./explain-options.ts");
    return explainCommand(async (request) => {
      const { runExplain } = await import("./explain-command.ts");
      outcome.status = runExplain(request);
    });
  },
  self: async (outcome) => {
    const { selfCommand } = await import("./self-options.ts");
    return selfCommand(async (request) => {
      const { runSelf } = await import("./self-command.ts");
      outcome.status = await runSelf(request);
    });
  },
  trace: async (outcome) => {
    const { traceCommand } = await import("./trace-options.ts");
    return traceCommand(async (request) => {
      const { kind } = request.target;
      if (kind === "command" || kind === "service") {
        outcome.failureStatus = EXIT_CODE.wrapperFailed;
      }
      const { runTrace } = await import("./trace-command.ts");
      outcome.status = await runTrace(request);
    });
  },
  minimize: async (outcome) => {
    const { minimizeCommand } = await import("./minimize-options.ts");
    return minimizeCommand(async (request) => {
      outcome.failureStatus = EXIT_CODE.wrapperFailed;
      const { runMinimize } = await import("./minimize-command.ts");
      outcome.status = await runMinimize(request);
    });
  },
  monitor: async (outcome) => {
    const { monitorCommand } = await import("./monitor-options.ts");
    return monitorCommand(async (request) => {
      const { runMonitor } = await import("./monitor-command.ts");
      outcome.status = await runMonitor(request);
    });
  },
  profile: async (outcome) => {
    const { profileCommand } = await import("./profile-options.ts");
    return profileCommand(async (request) => {
      const { runProfile } = await import("./profile-command.ts");
      outcome.status = await runProfile(request);
    });
  },
  harden: async (outcome) => {
    const { hardenCommand } = await import("./harden-options.ts");
    return hardenCommand(async (request) => {
      const { runHarden } = await import("./harden-command.ts");
      outcome.status = await runHarden(request);
    });
  },
  verify: async (outcome) => {
    const { verifyCommand } = await import("./verify-options.ts");
    return verifyCommand(async (request) => {
      const { runVerify } = await import("./verify-command.ts");
      outcome.status = await runVerify(request);
    });
  },
  lint: async (outcome) => {
    const { lintCommand } = await import("./lint-options.ts");
    return lintCommand(async (request) => {
      const { runLint } = await import("./lint-command.ts");
      outcome.status = await runLint(request);
    });
  },
  doctor: async (outcome) => {
    const { doctorCommand } = await import("./doctor-options.ts");
    return doctorCommand(async (request) => {
      const { runDoctor } = await import("./doctor-command.ts");
      outcome.status = await runDoctor(request);
    });
  },
};

/** Gives a command and those below it the settings of the program. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const each of command.commands) inherit(each, command);
  return command;
}
