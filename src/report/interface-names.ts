// SPDX-License-Identifier: Apache-2.0
import type { ExposureReport } from "../exposure/model.ts";
import { reportHeader } from "./exposure-json.ts";
import { netcapString } from "./netcap-strings.ts";
import { escapeText, toJson } from "./text/escape.ts";
import { compareText } from "./text/natural-order.ts";

/** Forms in which interfaces are listed. */
export type InterfaceNamesFormat = "text" | "json" | "netcap-json";

/**
 * Renders the interfaces of a report: one name per line, all that is known of them
 * (schemas/interfaces.schema.json), or the names as the C tool prints them in JSON.
 */
export function renderInterfaceNames(
  report: ExposureReport,
  format: InterfaceNamesFormat = "text",
): string {
  const sorted = report.interfaces.toSorted((one, other) => compareText(one.name, other.name));
  switch (format) {
    case "text":
      return sorted.map(({ name }) => `${escapeText(name)}\n`).join("");
    case "json":
      return interfacesJson(report);
    case "netcap-json":
      return netcapInterfaces(sorted.map(({ name }) => name));
  }
}

function interfacesJson(report: ExposureReport): string {
  const head = { ...reportHeader(report), kind: "interfaces" };
  const members = Object.entries(head).map(([key, value]) => `  "${key}": ${toJson(value)}`);
  const lines = report.interfaces.map((item) => `\n    ${toJson(item)}`);
  members.push(`  "interfaces": [${lines.join(",")}${lines.length === 0 ? "" : "\n  "}]`);
  members.push(`  "coverage": ${toJson(report.coverage)}`);
  return `{\n${members.join(",\n")}\n}\n`;
}

function netcapInterfaces(names: readonly string[]): string {
  const lines = names.map((name) => `    ${netcapString(name)}`);
  const list = lines.length === 0 ? "" : `${lines.join(",\n")}\n`;
  return `{\n  "schema_version": 1,\n  "interfaces": [\n${list}  ]\n}\n`;
}
