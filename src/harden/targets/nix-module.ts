// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import type { Workload } from "../workload.ts";
import { capitalised, commented } from "./commented.ts";
import { isServiceName } from "./systemd.ts";
import { structuredSettings } from "./structured-settings.ts";

/**
 * A NixOS module with what the drop-in says. NixOS writes a line for each element of a list: the
 * empty one first takes away what a unit of a package says, and an empty list would write nothing.
 */
export function draftNix(workload: Workload): Draft {
  const { unit, label } = workload;
  const service = unit !== null && isServiceName(unit) ? unit.slice(0, -".service".length) : label;
  return {
    title: "NixOS module",
    place: null,
    comment: "#",
    lines: [
      "{ lib, ... }:",
      "{",
      `  systemd.services.${nixString(service)}.serviceConfig = {`,
      ...structuredSettings(workload).flatMap(({ comment, key, values }) => [
        ...(comment === null ? [] : commented(capitalised(comment)).map((line) => `    ${line}`)),
        ...(key === null ? [] : [`    ${key} = lib.mkForce ${nixList(values)};`]),
      ]),
      "  };",
      "}",
    ],
    notes: [
      "mkForce takes the place of what other modules say of the same settings.",
      ...(unit === null || isServiceName(unit) ? [] : [`${unit} is no service of systemd.`]),
    ],
  };
}

function nixList(values: readonly string[]): string {
  if (values.length === 1) return nixString(values[0] ?? "");
  return `[ ${values.map(nixString).join(" ")} ]`;
}

function nixString(text: string): string {
  return `"${text.replaceAll(/["\\]|\$\{/g, String.raw`\$&`)}"`;
}
