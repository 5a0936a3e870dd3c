// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { CAPABILITY_FORMATS, type CapabilityFormat, formatOf } from "./decode-options.ts";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** The command line of `capscope encode` or `capscope explain`, as given. */
export interface NamesRequest extends ReportTarget {
  readonly format: CapabilityFormat;
  readonly words: readonly string[];
}

/** Declares `capscope encode`; `run` gets what the user asked for. */
export function encodeCommand(run: (request: NamesRequest) => Promise<void>): Command {
  const command = new Command("encode")
    .summary("capabilities as a mask, and in every form that is in use")
    .description(
      "Writes a set as a mask and in the forms of libcap, libcap-ng, systemd, containers, setpriv " +
        "and file attributes. Needs no rights.",
    );
  return addNames(command, run).addHelpText("after", HELP_AFTER);
}

/** Adds what encode and explain have in common. */
export function addNames(command: Command, run: (request: NamesRequest) => Promise<void>): Command {
  command.argument("<capability...>", "names, numbers, masks, in any spelling");
  return addReportOptions(command, CAPABILITY_FORMATS).action(
    (words: readonly string[], raw: RawReportOptions<CapabilityFormat>) =>
      run({ ...targetOf(raw), format: formatOf(raw), words }),
  );
}

const HELP_AFTER = `
Any spelling: net_raw, CAP_NET_RAW, 13, cap_41, 0x2000, ALL, none; ~CAP_SYS_ADMIN (all others);
cap_net_raw+ep, =ep, 'all=p cap_kill-p'; '^cap_net_raw,!cap_chown'.

Examples:
  capscope encode net_bind_service net_raw
  capscope encode 'cap_net_raw,cap_net_admin=eip'`;
