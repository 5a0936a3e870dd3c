// SPDX-License-Identifier: Apache-2.0
import type { Coverage } from "../exposure/model.ts";
import { escapeText } from "./text/escape.ts";
import type { TextOptions } from "./text-options.ts";

/** The one line, newline included, that says what is missing and how to see it; "" if nothing. */
export function coverageLine({ complete, endpointsWithoutOwner, gaps }: Coverage): string {
  if (complete) return "";
  const incomplete = gaps.filter((gap) => gap.incomplete);
  const parts = [
    ...(endpointsWithoutOwner > 0 ? [unownedPart(endpointsWithoutOwner)] : []),
    ...incomplete.map(({ message }) => escapeText(message)),
  ];
  const remedies = new Set(incomplete.flatMap(({ remedy }) => (remedy === null ? [] : [remedy])));
  const cure = remedies.size === 0 ? "" : `: ${[...remedies].map(escapeText).join("; ")}`;
  return `incomplete: ${parts.join("; ")}${cure}\n`;
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
