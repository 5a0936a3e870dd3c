// SPDX-License-Identifier: Apache-2.0
import { parseArgs, type ParseArgsConfig } from "node:util";

/** Wrong usage; the message is for the user. */
export class UsageError extends Error {}

/** Reads the options of a suite; what is none of them is wrong usage. */
export function parseFlags<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What a number of an option may be. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
  readonly whole: boolean;
}

/** Of rounds and runs. */
export const COUNT: Range = { minimum: 1, maximum: 1000, whole: true };

/** The number that an option was given, or its default; another one is wrong usage. */
export function parseNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  range: Range,
): number {
  if (text === undefined) return fallback;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const inRange = value >= range.minimum && value <= range.maximum;
  if (inRange && (!range.whole || Number.isInteger(value))) return value;
  const kind = range.whole ? "a whole number" : "a number";
  throw new UsageError(`--${name}: not ${kind} from ${range.minimum} to ${range.maximum}: ${text}`);
}
