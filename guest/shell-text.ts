// SPDX-License-Identifier: Apache-2.0
import { pathInGuest } from "./boot.ts";

/** A word of a shell's command line. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Enters a directory of the host; in a guest's script it may be one that the guest's own /tmp hides. */
export function enterDirectory(path: string): string {
  return `cd ${quote(path)} 2>/dev/null || cd ${quote(pathInGuest(path))} || exit 1`;
}
