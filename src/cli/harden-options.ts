// SPDX-License-Identifier: Apache-2.0
import { Argument, Command, Option } from "commander";
import type { CapabilitySet } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import {
  assertSuits,
  parseAccount,
  parseGroup,
  parseImage,
  parseProgram,
  parseWorkloadName,
} from "../harden/facts.ts";
import { HARDEN_TARGETS, type HardenTarget } from "../harden/model.ts";
import type { WorkloadFacts } from "../harden/workload.ts";
import { parseCapabilityList, parseName, parseSeconds } from "./option-values.ts";

/** Forms of the result, as `--format` names them. */
export const HARDEN_FORMATS = ["text", "json"] as const;
export type HardenFormat = (typeof HARDEN_FORMATS)[number];

/** Where the set comes from. */
export type HardenSource =
  | { readonly kind: "profile"; readonly file: string }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "list"; readonly set: CapabilitySet };

/** That the drop-in is to be put in place, and what has to hold under it. */
export interface ApplyWish {
  readonly unit: string;
  /** A line of shell that succeeds when the service works; null without one. */
  readonly check: string | null;
  readonly settleMs: number;
  readonly dryRun: boolean;
}

/** The command line of `capscope harden`, as given. */
export interface HardenRequest {
  readonly target: HardenTarget;
  readonly source: HardenSource;
  readonly facts: WorkloadFacts;
  /** Null where it is only to be written. */
  readonly apply: ApplyWish | null;
  readonly allowPartial: boolean;
  readonly format: HardenFormat;
  /** Null for standard output. */
  readonly output: string | null;
}

interface RawOptions {
  readonly profile?: string;
  readonly unit?: string;
  readonly cap?: CapabilitySet;
  readonly name?: string;
  readonly user?: string;
  readonly image?: string;
  readonly program?: string;
  readonly group?: string;
  readonly apply?: string;
  readonly check?: string;
  readonly settle?: number;
  readonly dryRun?: boolean;
  readonly allowPartial?: boolean;
  readonly format: HardenFormat;
  readonly json?: boolean;
  readonly output?: string;
}

/** Declares `capscope harden`; `run` gets what the user asked for. */
export function hardenCommand(run: (request: HardenRequest) => Promise<void>): Command {
  return new Command("harden")
    .summary("write the configuration that grants just what is needed")
    .description(
      "Writes a configuration that grants the capabilities which a profile shows to be needed, " +
        "and no others. What is proven, what a trace has seen and what nobody has tested are " +
        "marked apart in it.",
    )
    .addArgument(new Argument("<target>", "what to write, see below").choices(HARDEN_TARGETS))
    .option("--profile <file>", "from a profile; - for standard input", parseName)
    .option("--unit <unit>", "from what a unit's processes hold now", parseName)
    .option("--cap <list>", "from a list, in any spelling; none for none", parseCapabilityList)
    .option("--name <name>", "name of the unit or the container", parseName)
    .option("--user <user[:group]>", "run as this user", parseName)
    .option("--image <image>", "the container's image", parseName)
    .option("--program <path>", "the program (auditd, file)", parseName)
    .option("--group <group>", "who may execute the program (file)", parseName)
    .option("--apply <unit>", "put the drop-in in place, or take it back (systemd)", parseName)
    .option("--check <line>", "with --apply: shell that succeeds when the service works", parseName)
    .option("--settle <seconds>", "with --apply: how long it has to stay up (2)", parseSeconds)
    .option("--dry-run", "with --apply: show what would be done")
    .addOption(
      new Option("--format <format>", "form of the result").choices(HARDEN_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write to a file", parseName)
    .option("--allow-partial", "exit 0 even when the profile is incomplete")
    .addHelpText("after", HELP_AFTER)
    .action((target: HardenTarget, raw: RawOptions) => run(requestOf(target, raw)));
}

const HELP_AFTER = `
Targets:
  systemd     drop-in of a service            quadlet     .container file of Podman
  docker      docker run                      podman      podman run
  compose     service of a Compose file       kubernetes  pod with its securityContext
  kyverno     ClusterPolicy for the pods      auditd      rules for what goes beyond
  file        setcap, group and mode          nix         NixOS module
  ansible     tasks that write the drop-in    c, c-libcap, python, go, rust
                                              a function with which a program limits itself
Exit codes: 0 fine, 1 what was applied did not hold and was rolled back, 2 wrong usage, 3 cannot read
or write, or the roll back failed, 4 the profile is incomplete, or says too little for a
configuration.`;

function requestOf(target: HardenTarget, raw: RawOptions): HardenRequest {
  const name = raw.name ?? raw.apply;
  const facts = {
    name: name === undefined ? null : parseWorkloadName(name),
    user: raw.user === undefined ? null : parseAccount(raw.user),
    image: raw.image === undefined ? null : parseImage(raw.image),
    group: raw.group === undefined ? null : parseGroup(raw.group),
    program: raw.program === undefined ? null : parseProgram(raw.program),
  };
  assertSuits(target, facts);
  return {
    target,
    source: sourceOf(raw),
    facts,
    apply: applyOf(target, raw),
    allowPartial: raw.allowPartial === true,
    format: raw.json === true ? "json" : raw.format,
    output: raw.output === undefined || raw.output === "-" ? null : raw.output,
  };
}

const DEFAULT_SETTLE_S = 2;

function applyOf(target: HardenTarget, raw: RawOptions): ApplyWish | null {
  const { apply, check, settle, dryRun } = raw;
  if (apply === undefined) {
    const lonely = Object.entries({ check, settle, "dry-run": dryRun }).find(
      ([, value]) => value !== undefined,
    );
    if (lonely !== undefined) throw new UsageError(`--${lonely[0]} needs --apply`);
    return null;
  }
  if (target !== "systemd") throw new UsageError("--apply is for the target systemd");
  return {
    unit: apply,
    check: check ?? null,
    settleMs: (settle ?? DEFAULT_SETTLE_S) * 1000,
    dryRun: dryRun === true,
  };
}

function sourceOf({ profile, unit, cap }: RawOptions): HardenSource {
  const sources: readonly (HardenSource | null)[] = [
    profile === undefined ? null : { kind: "profile", file: profile },
    unit === undefined ? null : { kind: "unit", unit },
    cap === undefined ? null : { kind: "list", set: cap },
  ];
  const [source, ...others] = sources.filter((each) => each !== null);
  if (source === undefined) throw new UsageError("no set to grant", `give one of ${SOURCES}`);
  if (others.length > 0) throw new UsageError("more than one set to grant", `one of ${SOURCES}`);
  return source;
}

const SOURCES = "--profile, --unit, --cap";
