// SPDX-License-Identifier: Apache-2.0
import type { Credentials } from "../../../src/exposure/model.ts";
import { readStatus } from "./kernel.ts";
import { run } from "./network-namespace.ts";

/** Ids and sets of a task as the report has them, to compare with `readCredentials`. */
export function factsOf({ uids, gids, capabilities }: Credentials): unknown {
  return {
    uids: [uids.real, uids.effective, uids.saved, uids.filesystem],
    gids: [gids.real, gids.effective, gids.saved, gids.filesystem],
    inheritable: capabilities.inheritable,
    permitted: capabilities.permitted,
    effective: capabilities.effective,
    bounding: capabilities.bounding,
    ambient: capabilities.ambient,
  };
}

/** The same from /proc, with libcap's own decoder for the names. */
export function readCredentials(pid: number, tid: number): unknown {
  const status = readStatus(pid, tid);
  const ids = (field: string): number[] => status.get(field)!.split(/\s+/).map(Number);
  return {
    uids: ids("Uid"),
    gids: ids("Gid"),
    inheritable: decode(status.get("CapInh")!),
    permitted: decode(status.get("CapPrm")!),
    effective: decode(status.get("CapEff")!),
    bounding: decode(status.get("CapBnd")!),
    ambient: decode(status.get("CapAmb")!),
  };
}

const decoded = new Map<string, string[]>();

function decode(mask: string): string[] {
  let names = decoded.get(mask);
  if (names === undefined) {
    const [, text = ""] = run(["capsh", `--decode=${mask}`])
      .trim()
      .split("=");
    names = text.split(",").filter(Boolean).map(withoutPrefix);
    decoded.set(mask, names);
  }
  return names;
}

/** libcap prints a number for what it does not know yet; the report says `cap_41`. */
function withoutPrefix(name: string): string {
  return /^\d+$/.test(name) ? `cap_${name}` : name.replace(/^cap_/, "");
}
