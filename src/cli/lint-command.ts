// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { lint, lintRules } from "../lint/lint.ts";
import type { Finding, LintReport } from "../lint/model.ts";
import { renderLintSarif } from "../report/lint-sarif.ts";
import { renderLintText, renderRule, renderRuleList } from "../report/lint-text.ts";
import { toJson } from "../report/text/escape.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { readLintFiles } from "./lint-files.ts";
import type { CheckRequest, LintRequest } from "./lint-options.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope lint`: a gate, so a finding is status 1 without being asked for. */
export async function runLint(request: LintRequest): Promise<ExitCode> {
  switch (request.action) {
    case "rules":
      writeReport(renderRuleList(lintRules()), request.target.output);
      return EXIT_CODE.ok;
    case "explain": {
      const rule = lintRules().find(({ id }) => id === request.rule);
      if (rule === undefined) throw unknownRule(request.rule);
      writeReport(renderRule(rule, textOptionsOf(request.target, false)), request.target.output);
      return EXIT_CODE.ok;
    }
    case "check":
      return check(request.check);
  }
}

async function check(request: CheckRequest): Promise<ExitCode> {
  for (const rule of request.disabled) {
    if (!lintRules().some(({ id }) => id === rule)) throw unknownRule(rule);
  }
  const found = readLintFiles(request.files, request.kind);
  const { threshold, disabled, target } = request;
  const report = (inputs: typeof found.inputs): LintReport =>
    lint(inputs, { host: readHost(), time: new Date(), threshold, disabled, gaps: found.gaps });
  if (request.fix === "no") return finish(report(found.inputs), request);
  const { fixInputs, renderChanges, writeChanges } = await import("./lint-fix.ts");
  const before = report(found.inputs);
  const wanted = new Set(before.rules.map(({ id }) => id));
  const isWanted = ({ rule }: Finding): boolean => wanted.has(rule);
  const fixed = fixInputs(found.inputs, isWanted);
  if (request.fix === "diff") {
    writeReport(renderChanges(found.inputs, fixed), target.output);
    return statusOf(before, request);
  }
  const count = writeChanges(found.inputs, fixed);
  writeDiagnostic(`${count} ${count === 1 ? "file" : "files"} changed`);
  return finish(report(fixed), request);
}

function finish(report: LintReport, request: CheckRequest): ExitCode {
  writeReport(render(report, request), request.target.output);
  return statusOf(report, request);
}

function render(report: LintReport, { format, target }: CheckRequest): string {
  switch (format) {
    case "text":
      return renderLintText(report, textOptionsOf(target, false));
    case "json":
      return `${toJson(report)}\n`;
    case "sarif":
      return renderLintSarif(report);
  }
}

/** The same in every format. A finding counts more than what could not be read. */
function statusOf({ findings, coverage }: LintReport, request: CheckRequest): ExitCode {
  const hasFindings = findings.some(({ suppressed }) => !suppressed);
  if (hasFindings && !request.exitZero) return EXIT_CODE.findings;
  if (coverage.complete || request.allowPartial) return EXIT_CODE.ok;
  return coverage.files.length === 0 ? EXIT_CODE.cannotObserve : EXIT_CODE.incomplete;
}

function unknownRule(rule: string): UsageError {
  return new UsageError(`there is no rule ${rule}`, "capscope lint --list-rules prints them all");
}
