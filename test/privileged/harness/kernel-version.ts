// SPDX-License-Identifier: Apache-2.0
import { release } from "node:os";

/** Whether the running kernel is of that version or a later one. */
export function isLinuxSince(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = release().split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** What trace and minimize have to be told to see how system calls end: before Linux 6.18. */
export const SEEING_ENDS: readonly string[] = isLinuxSince(6, 18) ? [] : ["--syscall-exits"];
