// SPDX-License-Identifier: Apache-2.0
import type { LintReport } from "../lint/model.ts";
import { renderSarif } from "./sarif.ts";

/** Renders the findings as SARIF 2.1.0. */
export function renderLintSarif({ tool, time, rules, findings, coverage }: LintReport): string {
  return renderSarif({
    version: tool.version,
    time,
    rules: rules.map(({ id, severity, title, why, fix, source }) => ({
      id,
      level: severity,
      title,
      why,
      fix,
      source,
    })),
    results: findings.map(
      ({ rule, severity, message, fix, file, start, end, edits, suppressed }) => ({
        rule,
        level: severity,
        message: `${message}. To do: ${fix}.`,
        file,
        start,
        end,
        subject: null,
        edits,
        suppressed,
      }),
    ),
    notifications: coverage.gaps.map(({ message, file, start }) => ({ message, file, start })),
    complete: coverage.complete,
  });
}
