// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import type { ExposureFilter } from "../exposure/filter.ts";
import { type Flag, FLAGS, PLANES, type PlaneName, PROTOCOLS } from "../exposure/model.ts";
import { EXPOSURE_FORMATS, type ExposureFormat } from "../report/index.ts";
import { parseChoice, parseName } from "./option-values.ts";
import { COLOR_CHOICES, type ColorChoice } from "./terminal.ts";

/** The command line of `capscope exposure`, as given. */
export interface ExposureRequest {
  /** Null where none was named. */
  readonly format: ExposureFormat | null;
  /** Null for standard output. */
  readonly output: string | null;
  readonly color: ColorChoice;
  readonly unix: boolean;
  readonly privileged: boolean;
  readonly listInterfaces: boolean;
  readonly allowPartial: boolean;
  readonly filter: ExposureFilter;
}

interface RawOptions {
  readonly format?: ExposureFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly color: ColorChoice | false;
  readonly unix?: boolean;
  readonly privileged?: boolean;
  readonly listInterfaces?: boolean;
  readonly allowPartial?: boolean;
  readonly plane?: readonly PlaneName[];
  readonly interface?: readonly string[];
  readonly proto?: readonly string[];
  readonly port?: readonly number[];
  readonly pid?: readonly number[];
  readonly unit?: readonly string[];
  readonly flag?: readonly Flag[];
}

/** Declares `capscope exposure`; `run` gets what the user asked for. */
export function exposureCommand(run: (request: ExposureRequest) => Promise<void>): Command {
  return new Command("exposure")
    .summary("sockets, the processes behind them, their privilege and their defenses")
    .description(
      "Shows the sockets of this network namespace by where they can be reached from, and how " +
        "privileged and how hardened the processes are that hold them. Sends nothing; reads only.",
    )
    .option("--privileged", "flat table of the processes that hold capabilities, clients too")
    .option("--unix", "UNIX sockets that take traffic, too (plane local)")
    .option("--list-interfaces", "only the names of the interfaces")
    .addOption(repeatable("--interface <name>", "only what is reachable through it", parseName))
    .addOption(repeatable("--plane <plane>", `only this plane: ${PLANES.join(", ")}`, parsePlane))
    .addOption(repeatable("--proto <protocol>", "only this protocol: tcp, tcp6 ...", parseProtocol))
    .addOption(repeatable("--port <number>", "only this port", parseNumber))
    .addOption(repeatable("--pid <pid>", "only sockets that this process holds", parseNumber))
    .addOption(repeatable("--unit <unit>", "only sockets of this systemd unit", parseName))
    .addOption(repeatable("--flag <flag>", `only with this flag: ${FLAGS.join(", ")}`, parseFlag))
    .addOption(new Option("--format <format>", "form of the report").choices(EXPOSURE_FORMATS))
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the report to a file", parseName)
    .option("--allow-partial", "exit 0 even when something could not be seen")
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .option("--no-color", "the same as --color never")
    .addHelpText("after", HELP_AFTER)
    .action((raw: RawOptions) => run(requestOf(raw)));
}

/** Protocols that have a family of addresses, so that "tcp6" says something. */
const IP_PROTOCOLS = PROTOCOLS.slice(0, PROTOCOLS.indexOf("packet"));

const HELP_AFTER = `
Options that choose can be given several times; a socket must meet each kind.
Exit codes: 0 fine, 2 wrong usage, 3 cannot observe, 4 something could not be seen.
Full results need root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.`;

function requestOf(raw: RawOptions): ExposureRequest {
  const planes = raw.plane ?? [];
  return {
    format: raw.format ?? (raw.json === true ? "json" : null),
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
    color: raw.color === false ? "never" : raw.color,
    unix: raw.unix === true || planes.includes("local"),
    privileged: raw.privileged === true,
    listInterfaces: raw.listInterfaces === true,
    allowPartial: raw.allowPartial === true,
    filter: {
      planes,
      interfaces: raw.interface ?? [],
      protocols: raw.proto ?? [],
      ports: raw.port ?? [],
      pids: raw.pid ?? [],
      units: raw.unit ?? [],
      flags: raw.flag ?? [],
      privilegedOnly: raw.privileged === true,
    },
  };
}

/** An option that collects its values, also from a list with commas. */
function repeatable<T>(flags: string, help: string, parse: (text: string) => T): Option {
  return new Option(flags, help).argParser((text: string, known: readonly T[] = []) => [
    ...known,
    ...text.split(",").map(parse),
  ]);
}

function parseNumber(text: string): number {
  const number = /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  // VSOCK ports and PIDs are the widest: 32 bits.
  if (!(number <= 0xffffffff)) throw new InvalidArgumentError("It is not a 32-bit number.");
  return number;
}

function parseProtocol(text: string): string {
  const name = text.toLowerCase();
  const isFamily = IP_PROTOCOLS.some((known) => name === `${known}4` || name === `${known}6`);
  if (isFamily || PROTOCOLS.some((known) => name === known)) return name;
  throw new InvalidArgumentError(`Known protocols are ${PROTOCOLS.join(", ")}.`);
}

function parsePlane(text: string): PlaneName {
  return parseChoice(PLANES, text, "planes");
}

function parseFlag(text: string): Flag {
  return parseChoice(FLAGS, text, "flags");
}
