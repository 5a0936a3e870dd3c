// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync } from "node:fs";

/** Standard streams for a command that is run several times. */
export interface StandardStreams extends Disposable {
  readonly streams: readonly [number, number, number];
}

const STDIN = "/proc/self/fd/0";
const NOWHERE = "/dev/null";

/** What this process has for its input: only a file can be read again from its beginning. */
export function inputKind(): "file" | "nothing" | "other" {
  try {
    const stat = fstatSync(0);
    if (stat.isFile()) return "file";
    // The device 1:3 is /dev/null.
    return stat.isCharacterDevice() && stat.rdev === 0x103 ? "nothing" : "other";
  } catch {
    // It is closed.
    return "nothing";
  }
}

/**
 * Input from the beginning of this process's own, where that is a file, else none; output to this
 * process's own, or nowhere.
 */
export function openStreams(showsOutput: boolean): StandardStreams {
  const input = openSync(inputKind() === "file" ? STDIN : NOWHERE, "r");
  const output = showsOutput ? null : openSync(NOWHERE, "w");
  return {
    streams: [input, output ?? 1, output ?? 2],
    [Symbol.dispose]: () => {
      closeSync(input);
      if (output !== null) closeSync(output);
    },
  };
}
