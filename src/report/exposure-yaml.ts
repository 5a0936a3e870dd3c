// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";
import type { ExposureReport } from "../exposure/model.ts";
import { renderExposureJson } from "./exposure-json.ts";
import { escapeYaml } from "./text/escape.ts";

/**
 * Renders the report as one YAML 1.2 document with the same values as the JSON form, which readers
 * of YAML 1.1 understand alike.
 */
export function renderExposureYaml(report: ExposureReport): string {
  // By way of the JSON text, so that the two can never differ.
  const json = renderExposureJson(report);
  // Only double-quoted YAML has escapes; with them it is written as JSON strings are.
  const hasEscapes = json.includes("\\");
  const text = stringify(JSON.parse(json), {
    aliasDuplicateObjects: false,
    compat: "yaml-1.1",
    defaultKeyType: "PLAIN",
    defaultStringType: hasEscapes ? "QUOTE_DOUBLE" : "PLAIN",
    lineWidth: 0,
  });
  return hasEscapes ? escapeYaml(text) : text;
}
