// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addNames, type NamesRequest } from "./encode-options.ts";

/** Declares `capscope explain`; `run` gets what the user asked for. */
export function explainCommand(run: (request: NamesRequest) => Promise<void>): Command {
  const command = new Command("explain")
    .summary("what capabilities allow, how they are abused, what does instead")
    .description(
      "Says of each capability what it allows, where the kernel asks for it, how it is abused and " +
        "under which conditions, and what does instead, each with its source. Needs no rights.",
    );
  return addNames(command, run).addHelpText("after", HELP_AFTER);
}

const HELP_AFTER = `
Examples:
  capscope explain net_bind_service
  capscope explain --json ALL`;
