// SPDX-License-Identifier: Apache-2.0
import { toJson } from "../text/escape.ts";

/**
 * Renders a report as JSON with one line for each thing in its lists, so that line-oriented tools
 * can search and compare reports.
 */
export function renderInventoryJson(report: object): string {
  const members = Object.entries(report).map(
    ([key, value]: [string, unknown]) => `  ${JSON.stringify(key)}: ${memberText(value)}`,
  );
  return `{\n${members.join(",\n")}\n}\n`;
}

function memberText(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return toJson(value);
  return `[\n    ${value.map(toJson).join(",\n    ")}\n  ]`;
}
