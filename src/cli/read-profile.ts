// SPDX-License-Identifier: Apache-2.0
import type { NamedProfile } from "../trace/merge.ts";
import { parseProfile } from "../trace/parse-profile.ts";
import { readInput } from "./read-input.ts";

/** No trace writes as much. */
const LIMIT_BYTES = 256 * 1024 * 1024;

/** Reads a profile from a file, or from standard input for "-", with the name for messages. */
export function readProfile(file: string): NamedProfile {
  const name = file === "-" ? "standard input" : file;
  return { name, profile: parseProfile(readInput(file, LIMIT_BYTES), name) };
}
