// SPDX-License-Identifier: Apache-2.0
import type { Run } from "../../privileged/harness/capscope.ts";

/** A system with systemd as pid 1 in which services may be changed: a container or a guest. */
export interface Machine {
  /** Runs a line of shell and returns its output; throws when it fails. */
  readonly shell: (line: string) => string;
  readonly capscope: (...words: readonly string[]) => Run;
  /** The same while something else goes on. */
  readonly startCapscope: (...words: readonly string[]) => Promise<Run>;
  /** How long a trace has to be for a restart to be over and the service to be used. */
  readonly traceSeconds: number;
  /** Units that are confined by \`--apply\` as well: a guest is slow. */
  readonly appliesTo: readonly string[];
  /** The clock is this system's own. */
  readonly ownsClock: boolean;
}

/** Writes a file, with its directory. */
export function write({ shell }: Pick<Machine, "shell">, path: string, text: string): void {
  const encoded = Buffer.from(text).toString("base64");
  shell(`mkdir -p "$(dirname ${path})" && echo ${encoded} | base64 -d >${path}`);
}
