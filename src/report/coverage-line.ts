// SPDX-License-Identifier: Apache-2.0
import type { Coverage, Gap } from "../exposure/model.ts";
import { escapeText } from "./text/escape.ts";
import type { TextOptions } from "./text-options.ts";

/** The one line, newline included, that says what is missing and how to see it; "" if nothing. */
export function coverageLine({ endpointsWithoutOwner, gaps }: Coverage): string {
  return gapsLine(gaps, endpointsWithoutOwner > 0 ? [unownedPart(endpointsWithoutOwner)] : []);
}

/** The same for any report; `parts` come first. */
export function gapsLine(gaps: readonly Gap[], parts: readonly string[] = []): string {
  const incomplete = gaps.filter((gap) => gap.incomplete);
  if (incomplete.length === 0) return "";
  const all = [...parts, ...incomplete.map(({ message }) => escapeText(message))];
  const remedies = new Set(incomplete.flatMap(({ remedy }) => (remedy === null ? [] : [remedy])));
  const cure = remedies.size === 0 ? "" : `: ${[...remedies].map(escapeText).join("; ")}`;
  return `incomplete: ${all.join("; ")}${cure}\n`;
}

/** What stands in place of a report without sockets. */
export function emptyLine({ filtered }: TextOptions): string {
  return filtered === true
    ? "no sockets match the filters"
    : "no sockets found in this network namespace";
}

function unownedPart(count: number): string {
  return `${count} ${count === 1 ? "endpoint" : "endpoints"} without a known owner`;
}
