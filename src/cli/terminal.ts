// SPDX-License-Identifier: Apache-2.0
import { fstatSync } from "node:fs";

/** When to colour, as `--color` names it. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

const DEFAULT_WIDTH = 80;

/** Where a report goes that goes to no file. */
export type OutputStream = "stdout" | "stderr";

const DESCRIPTORS: Readonly<Record<OutputStream, number>> = { stdout: 1, stderr: 2 };

/**
 * True when the stream is a terminal. Only what may be one is asked further: the first use of
 * `process.stdout` costs more than the rest of the start together.
 */
export function isTerminal(stream: OutputStream = "stdout"): boolean {
  return fstatSync(DESCRIPTORS[stream]).isCharacterDevice() && process[stream].isTTY === true;
}

/**
 * Decides on colour: the option, then NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, CLICOLOR=0 and
 * TERM=dumb, then whether the output is a terminal.
 */
export function wantsColor(choice: ColorChoice, toTerminal: boolean): boolean {
  if (choice !== "auto") return choice === "always";
  const { NO_COLOR, CLICOLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (isOn(CLICOLOR_FORCE) || isOn(FORCE_COLOR)) return true;
  return toTerminal && CLICOLOR !== "0" && TERM !== "dumb";
}

/** Columns of the terminal, else of COLUMNS, else 80. */
export function terminalWidth(stream: OutputStream = "stdout"): number {
  const columns = isTerminal(stream) ? process[stream].columns : Number(process.env["COLUMNS"]);
  return Number.isInteger(columns) && columns >= 1 ? columns : DEFAULT_WIDTH;
}

/** False when the locale says that the terminal cannot show box-drawing characters. */
export function showsUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return locale === "" || !/^(C|POSIX)$/.test(locale);
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
