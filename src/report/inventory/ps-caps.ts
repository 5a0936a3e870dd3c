// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities, constantName } from "../../capabilities/spelling.ts";
import type { PsReport } from "../../inventory/model.ts";
import { escapeWord } from "../text/escape.ts";

/**
 * Renders for scripts what the listed processes hold or can raise together, threads included: one
 * CAP_NAME a line, in number order.
 */
export function renderPsCaps({ processes }: PsReport): string {
  const tasks = processes.flatMap((process) => [
    process,
    ...process.differingThreads.map(({ credentials }) => credentials),
  ]);
  return [...new Set(tasks.flatMap(({ capabilities }) => capabilities.permitted))]
    .toSorted(compareCapabilities)
    .map((name) => `${escapeWord(constantName(name))}\n`)
    .join("");
}
