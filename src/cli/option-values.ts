// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from "commander";

/** The name of something, a file's included, as the value of an option. */
export function parseName(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty.");
  // "--interface --json" forgot the name; the C tool took the next option for it.
  if (/^--[a-z]/.test(text)) throw new InvalidArgumentError("That is an option, not a name.");
  return text;
}
