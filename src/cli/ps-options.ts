// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import { parseCapabilityNames } from "../capabilities/parse-names.ts";
import { type CapabilitySet, EMPTY_SET } from "../capabilities/set.ts";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** Forms of the report, as `--format` names them. */
export const PS_FORMATS = ["table", "tree", "json", "caps"] as const;
export type PsFormat = (typeof PS_FORMATS)[number];

/** The command line of `capscope ps`, as given. */
export interface PsRequest extends ReportTarget {
  readonly format: PsFormat;
  readonly all: boolean;
  readonly pids: readonly number[];
  readonly held: CapabilitySet;
  readonly securebits: boolean;
  readonly allowPartial: boolean;
}

interface RawOptions extends RawReportOptions<PsFormat> {
  readonly all?: boolean;
  readonly pid?: readonly number[];
  readonly cap?: CapabilitySet;
  readonly tree?: boolean;
  readonly securebits?: boolean;
  readonly allowPartial?: boolean;
}

/** Declares `capscope ps`; `run` gets what the user asked for. */
export function psCommand(run: (request: PsRequest) => Promise<void>): Command {
  const command = new Command("ps")
    .summary("processes that hold capabilities, or can raise them")
    .description(
      "Lists the processes that hold capabilities, or can raise them, most dangerous first: those " +
        "that can get control of the host, then by how much they hold. Reads only.",
    )
    .option("-a, --all", "also without capabilities, kernel threads, zombies and capscope itself")
    .addOption(
      new Option("-p, --pid <pid...>", "only these processes, whatever they hold").argParser(
        (text: string, known: readonly number[] = []) => [
          ...known,
          ...text.split(",").map(parsePid),
        ],
      ),
    )
    .addOption(
      new Option("--cap <capability>", "only who holds or can raise one of these").argParser(
        (text: string, known: CapabilitySet = EMPTY_SET) => known | parseCapability(text),
      ),
    )
    .option("--securebits", "secure bits, too, which only a BPF program can read")
    .option("--tree", "the same as --format tree: processes below their parents");
  return addReportOptions(command, PS_FORMATS)
    .option("--allow-partial", "exit 0 even when something could not be seen")
    .addHelpText("after", HELP_AFTER)
    .action((raw: RawOptions) => run(requestOf(raw)));
}

const HELP_AFTER = `
Capabilities in any spelling: net_admin, CAP_NET_ADMIN, 12, 0x1000; lists with commas.
Exit codes: 0 fine, 2 wrong usage, 3 cannot observe, 4 something could not be seen.`;

function requestOf(raw: RawOptions): PsRequest {
  return {
    ...targetOf(raw),
    format: raw.json === true ? "json" : (raw.format ?? (raw.tree === true ? "tree" : "table")),
    all: raw.all === true,
    pids: raw.pid ?? [],
    held: raw.cap ?? EMPTY_SET,
    securebits: raw.securebits === true,
    allowPartial: raw.allowPartial === true,
  };
}

/** The kernel's pids are positive and have at most 22 bits; a number beyond is nobody's. */
function parsePid(text: string): number {
  const pid = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (pid < 1 || pid > 0x7fffffff) throw new InvalidArgumentError("It is not a process id.");
  return pid;
}

function parseCapability(text: string): CapabilitySet {
  const set = parseCapabilityNames(text);
  if (set === null) throw new InvalidArgumentError("It is not a capability.");
  if (set === EMPTY_SET) throw new InvalidArgumentError("The set is empty.");
  return set;
}
