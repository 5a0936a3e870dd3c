// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.ts";
import { SEVERITIES, type Severity } from "../lint/model.ts";
import { MANIFEST_KINDS, type ManifestKind } from "../manifest/model.ts";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** Forms of the report, as `--format` names them. */
export const LINT_FORMATS = ["text", "json", "sarif"] as const;
export type LintFormat = (typeof LINT_FORMATS)[number];

/** The command line of `capscope lint`, as given. */
export type LintRequest =
  | { readonly action: "check"; readonly check: CheckRequest }
  | { readonly action: "rules"; readonly target: ReportTarget }
  | { readonly action: "explain"; readonly rule: string; readonly target: ReportTarget };

export interface CheckRequest {
  /** Paths; "-" is standard input. */
  readonly files: readonly string[];
  /** Null to tell it from each file. */
  readonly kind: ManifestKind | null;
  readonly threshold: Severity;
  readonly disabled: ReadonlySet<string>;
  /** `diff` shows what --fix would change. */
  readonly fix: "no" | "diff" | "write";
  readonly exitZero: boolean;
  readonly allowPartial: boolean;
  readonly format: LintFormat;
  readonly target: ReportTarget;
}

interface RawOptions extends RawReportOptions<LintFormat> {
  readonly kind?: ManifestKind;
  readonly severity: Severity;
  readonly disable: readonly string[];
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly exitZero?: boolean;
  readonly allowPartial?: boolean;
  readonly listRules?: boolean;
  readonly explain?: string;
}

/** Declares `capscope lint`; `run` gets what the user asked for. */
export function lintCommand(run: (request: LintRequest) => Promise<void>): Command {
  const command = new Command("lint")
    .summary("mistakes in units, manifests and recipes")
    .description(
      "Finds what does not do what it says: in systemd units and drop-ins, Quadlets, Compose files, " +
        "Kubernetes objects, Kyverno policies, Dockerfiles, audit rules, shell scripts, and guides " +
        "in Markdown or plain text. Nothing is run, and nothing is looked up.",
    )
    .argument("[file...]", "files, directories with all that is in them, - for standard input")
    .addOption(new Option("--kind <kind>", "what the files are").choices(MANIFEST_KINDS))
    .addOption(
      new Option("--severity <level>", "report this and what is graver")
        .choices(SEVERITIES)
        .default("note"),
    )
    .addOption(
      new Option("--disable <rules>", "leave these rules out, separated by commas")
        .argParser(addRules)
        .default([]),
    )
    .option("--fix", "put right what has one right answer")
    .option("--dry-run", "with --fix: show the changes, and make none")
    .option("--exit-zero", "exit 0 even when there are findings")
    .option("--allow-partial", "exit 0 even when something could not be read")
    .option("--list-rules", "print all rules")
    .addOption(new Option("--explain <rule>", "print what a rule is about, and its source"));
  return addReportOptions(command, LINT_FORMATS)
    .addHelpText("after", HELP_AFTER)
    .action((files: readonly string[], raw: RawOptions) => run(toRequest(files, raw)));
}

const HELP_AFTER = `
A comment "capscope: ignore RULE" keeps a rule from its line and the next one.

Examples:
  capscope lint /etc/systemd/system deploy/ docs/hardening.md
  capscope lint --fix --dry-run nginx.service
  capscope lint --format sarif -o lint.sarif .`;

function addRules(text: string, before: readonly string[]): readonly string[] {
  const rules = text.split(",").map((rule) => rule.trim());
  if (rules.includes("")) throw new InvalidArgumentError("A name is empty.");
  return [...before, ...rules];
}

function toRequest(files: readonly string[], raw: RawOptions): LintRequest {
  const target = targetOf(raw);
  if (raw.listRules === true) return { action: "rules", target };
  if (raw.explain !== undefined) return { action: "explain", rule: raw.explain, target };
  if (files.length === 0) {
    throw new UsageError(
      "nothing to look at",
      "name files or directories, or - for standard input",
    );
  }
  if (files.filter((file) => file === "-").length > 1) {
    throw new UsageError("standard input can be read once only", "give - once, and files else");
  }
  if (raw.dryRun === true && raw.fix !== true) {
    throw new UsageError("--dry-run goes with --fix", "without --fix nothing is changed anyway");
  }
  if (raw.fix === true && raw.dryRun !== true && files.includes("-")) {
    throw new UsageError("standard input cannot be put right", "--dry-run shows the changes");
  }
  return {
    action: "check",
    check: {
      files,
      kind: raw.kind ?? null,
      threshold: raw.severity,
      disabled: new Set(raw.disable),
      fix: raw.fix === true ? (raw.dryRun === true ? "diff" : "write") : "no",
      exitZero: raw.exitZero === true,
      allowPartial: raw.allowPartial === true,
      format: raw.json === true ? "json" : (raw.format ?? "text"),
      target,
    },
  };
}
