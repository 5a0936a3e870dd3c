// SPDX-License-Identifier: Apache-2.0
import type { ExposureReport } from "../exposure/model.ts";
import { renderExposureJson } from "./exposure-json.ts";
import { toYamlString } from "./text/escape.ts";

/** Renders the report as one YAML 1.2 document with the same values as the JSON form. */
export function renderExposureYaml(report: ExposureReport): string {
  // By way of the JSON text, so that the two can never differ.
  const value: unknown = JSON.parse(renderExposureJson(report));
  const lines: string[] = [];
  appendMembers(lines, value, "", "");
  return `${lines.join("\n")}\n`;
}

/** Appends an object as block lines; `lead` replaces the indentation of the first. */
function appendMembers(lines: string[], value: unknown, indent: string, lead: string): void {
  let start = lead;
  for (const [key, member] of entriesOf(value)) {
    const inline = inlineText(member);
    if (inline !== null) lines.push(`${start}${toYamlString(key)}: ${inline}`);
    else {
      lines.push(`${start}${toYamlString(key)}:`);
      appendNested(lines, member, `${indent}  `);
    }
    start = indent;
  }
}

function appendNested(lines: string[], value: unknown, indent: string): void {
  if (!Array.isArray(value)) {
    appendMembers(lines, value, indent, indent);
    return;
  }
  for (const item of value) {
    const inline = inlineText(item);
    if (inline !== null) lines.push(`${indent}- ${inline}`);
    else appendMembers(lines, item, `${indent}  `, `${indent}- `);
  }
}

/** A scalar, an empty collection, or a list of scalars, in flow style; null for anything else. */
function inlineText(value: unknown): string | null {
  if (typeof value === "string") return toYamlString(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (!Array.isArray(value)) return Object.keys(value).length === 0 ? "{}" : null;
  if (value.some((item) => typeof item === "object" && item !== null)) return null;
  return `[${value.map((item) => inlineText(item)).join(", ")}]`;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
