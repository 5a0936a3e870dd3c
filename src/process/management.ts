// SPDX-License-Identifier: Apache-2.0
import { parseCgroupIdentity, parseCgroupPath } from "../linux/cgroup/path.ts";
import { readText, textOrNull } from "../linux/procfs/read-text.ts";
import type { Management } from "./model.ts";

/** Reads who manages processes; what many have in common is worked out once. */
export class ManagementReader {
  readonly #known = new Map<string, Management>();

  /** Nobody, where the control group cannot be read. */
  read(pid: number): Management {
    const text = textOrNull(readText(`/proc/${pid}/cgroup`)) ?? "";
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const management = parseCgroupIdentity(parseCgroupPath(text));
    this.#known.set(text, management);
    return management;
  }
}
