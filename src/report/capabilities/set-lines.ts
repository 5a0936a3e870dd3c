// SPDX-License-Identifier: Apache-2.0
import type { SetDescription } from "../../capabilities/describe-set.ts";
import type { RootWay } from "../../capabilities/root-ways.ts";
import type { TextOptions } from "../text-options.ts";
import { paragraph } from "./paragraph.ts";

/** Above this many, what is missing says more than what is there. */
const NEARLY_FULL = 32;

/** What is in a set, and what it is known as. */
export function setLines(set: SetDescription, indent: string, options: TextOptions): string {
  const { recognized, unknown } = set;
  const known = recognized.map(({ name }) => name).join("; ");
  return [
    line(indent, "holds", holdings(set), options),
    known === "" ? "" : line(indent, "known as", known, options),
    unknown.length === 0
      ? ""
      : line(indent, "no name", `${unknown.join(", ")}: newer than this version`, options),
  ].join("");
}

/** What in a set is the same as root to who takes over its holder. */
export function rootLines(set: SetDescription, indent: string, options: TextOptions): string {
  const always = ways(set.waysToRoot, "always");
  const conditional = ways(set.waysToRoot, "conditional");
  return [
    always === "" ? "" : line(indent, "gives root", always, options),
    conditional === "" ? "" : line(indent, "may do so", conditional, options),
  ].join("");
}

function line(indent: string, label: string, text: string, { width }: TextOptions): string {
  return paragraph(`${indent}${label.padEnd(LABEL_WIDTH)}`, text, width);
}
const LABEL_WIDTH = 12;

function holdings({ names, missing }: SetDescription): string {
  if (names.length === 0) return "nothing";
  if (missing.length === 0) return `all ${names.length}`;
  if (names.length > NEARLY_FULL) return `${names.length}: all but ${missing.join(", ")}`;
  return `${names.length}: ${names.join(", ")}`;
}

function ways(all: readonly RootWay[], level: RootWay["level"]): string {
  return all
    .filter((way) => way.level === level)
    .map(({ capability }) => capability)
    .join(", ");
}
