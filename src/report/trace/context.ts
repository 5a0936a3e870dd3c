// SPDX-License-Identifier: Apache-2.0
import type { Profile, Run } from "../../trace/model.ts";
import { escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";

/** The systems that the programs ran on: what they are asked for depends on it. */
export function contextSection({ runs }: Profile): readonly Paragraph[] {
  const numbers = new Map<string, number[]>();
  runs.forEach((run, index) => {
    const text = JSON.stringify(contextLines(run));
    numbers.set(text, [...(numbers.get(text) ?? []), index + 1]);
  });
  return [...numbers.values()].flatMap((members) => {
    const run = runs[(members[0] ?? 1) - 1];
    if (run === undefined) return [];
    const which = numbers.size === 1 ? "" : ` of run ${members.join(", ")}`;
    return [
      BLANK,
      paragraph(0, `System context${which}`),
      ...contextLines(run).map((line) => paragraph(2, line)),
    ];
  });
}

function contextLines({ host, context, credentials }: Run): readonly string[] {
  const { sysctls, securityModules, lockdown } = context;
  const settings = Object.entries(sysctls)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${escapeText(name)}=${value === null ? "(none)" : escapeText(value)}`);
  const securebits = startingSecurebits(credentials);
  return [
    `kernel: Linux ${escapeText(host.kernel)}`,
    `security modules: ${securityModules === null ? "not readable" : namesText(securityModules)}`,
    `lockdown: ${lockdown ?? "not readable"}`,
    ...(securebits === null ? [] : [`securebits at the start: ${namesText(securebits)}`]),
    ...(settings.length === 0 ? [] : [`settings: ${settings.join(", ")}`]),
  ];
}

/** Of the first credentials that were seen; null without any. */
function startingSecurebits(rows: Run["credentials"]): readonly string[] | null {
  const [first] = rows.toSorted((one, other) => one.firstNs - other.firstNs);
  return first?.securebits ?? null;
}

function namesText(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(escapeText).join(", ");
}
