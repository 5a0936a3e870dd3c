// SPDX-License-Identifier: Apache-2.0
import { renderTable } from "../measure/table.ts";
import type { Summary } from "../measure/statistics.ts";
import type { CallsResult, Cost, OperationResult } from "./calls.ts";
import type { ConditionName } from "./conditions.ts";

/** Wanted of a check: at most so much more, on a machine where a bare counter adds the other. */
const CHECK_LIMIT_NS = 600;
const BARE_NS = 400;
/** Wanted of a traced program that makes no checks. */
const NO_CHECK_LIMIT = 1.02;

/** Renders a table for each operation, each with what is wanted of it. */
export function renderCalls(result: CallsResult, unit: string): string {
  return (
    result.operations.map((operation) => renderOperation(operation, unit)).join("") +
    result.skipped.map((reason) => `  ${reason}\n`).join("")
  );
}

function renderOperation(
  { operation, checksPerCall, costs }: OperationResult,
  unit: string,
): string {
  const heading = ["", `${unit} per call`, "added", "quartiles", "ratio", "quartiles"];
  const rows = costs.map(({ condition, perCall, added, ratio }) => [
    condition,
    perCall.median.toFixed(0),
    ...(condition === "untraced"
      ? ["", "", "", ""]
      : [
          signed(added.median),
          quartiles(added, signed),
          times(ratio.median),
          quartiles(ratio, times),
        ]),
  ]);
  return `${operation}: ${checksPerCall.toFixed(2)} checks per call\n${renderTable([heading, ...rows])}`;
}

function quartiles(summary: Summary, render: (value: number) => string): string {
  return `${render(summary.lowerQuartile)} .. ${render(summary.upperQuartile)}`;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(0)}`;
}

function times(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** Renders, for each operation, whether it costs no more than wanted on this machine. */
export function renderTargets({ operations }: CallsResult): string {
  return operations.map((operation) => checkTarget(operation) + otherTarget(operation)).join("");
}

function checkTarget({ operation, checksPerCall, costs }: OperationResult): string {
  const [traced, bare] = [find(costs, "traced"), find(costs, "bare counter")];
  if (traced === null || bare === null) return "";
  if (checksPerCall < 0.5) {
    const { median } = traced.ratio;
    const verdict = median <= NO_CHECK_LIMIT ? "met" : "MISSED";
    return (
      `  ${operation}, traced, without checks: wanted at most ${percent(NO_CHECK_LIMIT)}; ` +
      `measured ${percent(median)}, noise ${noise(costs)}: ${verdict}\n`
    );
  }
  return eachCheck(
    operation,
    traced.added.median / checksPerCall,
    bare.added.median / checksPerCall,
  );
}

/** Nanoseconds for each check. On a slower machine, more is allowed in proportion. */
function eachCheck(operation: string, own: number, least: number): string {
  const limit = CHECK_LIMIT_NS * Math.max(1, least / BARE_NS);
  const verdict = own <= limit ? "met" : "MISSED";
  return (
    `  ${operation}, traced, each check: wanted at most ${microseconds(limit)}; measured ` +
    `${microseconds(own)} where a bare counter adds ${microseconds(least)}: ${verdict}\n`
  );
}

function microseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1000).toFixed(2)} us`;
}

/** Nothing measurable: the median lies within what two untraced runs differ by. */
function otherTarget({ operation, costs }: OperationResult): string {
  const [other, again] = [find(costs, "another is traced"), find(costs, "untraced, again")];
  if (other === null || again === null) return "";
  const { lowerQuartile, upperQuartile } = again.ratio;
  const isHidden = other.ratio.median <= Math.max(upperQuartile, 2 - lowerQuartile);
  const verdict = isHidden ? "met" : "MISSED";
  return (
    `  ${operation}, not followed: wanted nothing measurable; ` +
    `measured ${percent(other.ratio.median)}, noise ${noise(costs)}: ${verdict}\n`
  );
}

function noise(costs: readonly Cost[]): string {
  const again = find(costs, "untraced, again");
  if (again === null) return "unknown";
  return `${percent(again.ratio.lowerQuartile)} .. ${percent(again.ratio.upperQuartile)}`;
}

function percent(ratio: number): string {
  const value = (ratio - 1) * 100;
  return `${value < 0 ? "" : "+"}${value.toFixed(1)} %`;
}

export function find(costs: readonly Cost[], condition: ConditionName): Cost | null {
  return costs.find((cost) => cost.condition === condition) ?? null;
}
