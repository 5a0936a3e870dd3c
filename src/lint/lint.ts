// SPDX-License-Identifier: Apache-2.0
import type { ManifestKind } from "../manifest/model.ts";
import { VERSION } from "../version.ts";
import { lintFile } from "./lint-file.ts";
import {
  type Finding,
  LINT_SCHEMA_VERSION,
  type LintGap,
  type LintReport,
  type RuleText,
  SEVERITIES,
  type Severity,
} from "./model.ts";
import { RULES } from "./rules/index.ts";
import { findCompanions } from "./unit-companions.ts";

/** A file to look at. */
export interface LintInput {
  /** Path, as it is to be shown; tells drop-ins and user units. */
  readonly file: string;
  readonly kind: ManifestKind;
  readonly text: string;
}

export interface LintOptions {
  readonly host: LintReport["host"];
  readonly time: Date;
  /** Findings below it are left out. */
  readonly threshold: Severity;
  /** Ids of rules that are not to be applied. */
  readonly disabled: ReadonlySet<string>;
  /** Files that could not be read. */
  readonly gaps: readonly LintGap[];
}

/** Finds the mistakes of files, and says what could not be looked at. */
export function lint(inputs: readonly LintInput[], options: LintOptions): LintReport {
  const { host, time, threshold, disabled } = options;
  const applied = RULES.filter(
    (rule) => !disabled.has(rule.id) && reaches(rule.severity, threshold),
  );
  const findings: Finding[] = [];
  const gaps: LintGap[] = [...options.gaps];
  const companions = findCompanions(inputs);
  for (const { file, kind, text } of inputs) {
    const result = lintFile(text, kind, file, applied, companions.get(file));
    findings.push(...result.findings);
    gaps.push(...result.gaps);
  }
  const used = new Set(findings.map(({ rule }) => rule));
  return {
    schemaVersion: LINT_SCHEMA_VERSION,
    kind: "lint",
    tool: { name: "capscope", version: VERSION },
    host,
    time: time.toISOString(),
    threshold,
    rules: lintRules()
      .filter(({ id }) => used.has(id))
      .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    findings,
    coverage: {
      complete: !gaps.some(({ incomplete }) => incomplete),
      files: inputs.map(({ file, kind }) => ({ file, kind })),
      gaps,
    },
  };
}

/** All rules, as people read them. */
export function lintRules(): readonly RuleText[] {
  return RULES.map(({ id, severity, title, why, fix, source }) => ({
    id,
    severity,
    title,
    why,
    fix,
    source,
  }));
}

/** True for a severity that is at least as grave as the threshold. */
function reaches(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}
