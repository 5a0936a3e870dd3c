// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from "node:fs";
import { SystemError } from "../../errors.ts";
import { decodeText, encodeText } from "../bytes.ts";

/** The path without symbolic links; null for one that is not there, where that is tolerated. */
export function resolveDirectory(path: string, tolerant: boolean): string | null {
  try {
    return decodeText(realpathSync(encodeText(path), "buffer"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    if (code === null) throw error;
    if (tolerant) return null;
    throw new SystemError(`looking at ${path}`, code);
  }
}
