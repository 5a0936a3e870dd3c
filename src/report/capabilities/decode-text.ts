// SPDX-License-Identifier: Apache-2.0
import { SET_NAMES } from "../../capabilities/credentials.ts";
import type { DecodedMask, DecodedProcess, DecodeReport } from "../../capabilities/reports.ts";
import { escapeText, escapeWord } from "../text/escape.ts";
import type { TextOptions } from "../text-options.ts";
import { rootLines, setLines } from "./set-lines.ts";

/** Renders the report for people: a block for each mask, and for each set of a process. */
export function renderDecodeText(report: DecodeReport, options: TextOptions): string {
  const blocks = [
    ...report.masks.map((mask) => maskBlock(mask, options)),
    ...report.processes.map((process) => processBlock(process, options)),
  ];
  return blocks.join("\n");
}

function maskBlock(mask: DecodedMask, options: TextOptions): string {
  const label = mask.label === null ? "" : `${escapeText(mask.label)} `;
  return `${label}${mask.mask}\n${setLines(mask, "  ", options)}${rootLines(mask, "  ", options)}`;
}

function processBlock(process: DecodedProcess, options: TextOptions): string {
  const { pid, comm, childUserNamespace, noNewPrivs, sets } = process;
  const remarks = [
    childUserNamespace === true ? "in a child user namespace: root there, not here" : null,
    childUserNamespace === null ? "its user namespace could not be read" : null,
    noNewPrivs === true ? "no_new_privs: execve gains nothing" : null,
  ].filter((remark) => remark !== null);
  const head = `${escapeWord(comm)} (pid ${pid})`;
  const title = `${[head, ...remarks].join("; ")}\n`;
  const blocks = SET_NAMES.map((name) => {
    const set = sets[name];
    // What a thread holds or can raise; the others are limits and what is handed on.
    const root = name === "permitted" ? rootLines(set, "    ", options) : "";
    return `  ${name.padEnd(12)}${set.mask}\n${setLines(set, "    ", options)}${root}`;
  });
  return title + blocks.join("");
}
