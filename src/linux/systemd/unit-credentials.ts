// SPDX-License-Identifier: Apache-2.0
import { parseCapabilityNames } from "../../capabilities/parse-names.ts";
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";
import { UnsupportedError, UsageError } from "../../errors.ts";
import { parseId } from "../account.ts";
import { securebitNames } from "../securebits.ts";
import { runSystemctl } from "./systemctl.ts";

/** What the service manager has loaded for a unit's credentials; drop-ins are in it. */
export interface UnitCredentials {
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly noNewPrivileges: boolean;
  /** "keep-caps" ends with the exec and is left out. */
  readonly securebits: readonly string[];
  /** Of a unit that runs; null for root, or where it is not known. */
  readonly uid: number | null;
  /** The main command has a prefix by which root's ids stay, or by which nothing of it applies. */
  readonly prefix: "none" | "keeps-ids" | "full";
  /** Its files are newer than what the manager has loaded. */
  readonly needsReload: boolean;
}

const PROPERTIES = [
  "CapabilityBoundingSet",
  "AmbientCapabilities",
  "NoNewPrivileges",
  "SecureBits",
  "UID",
  "ExecStartEx",
  "NeedDaemonReload",
] as const;

/**
 * Asks the system manager what it gives a unit's processes. Throws UsageError for a unit that gives
 * them nothing by itself (a scope, a slice), UnsupportedError when no manager answers.
 */
export function readUnitCredentials(unit: string): UnitCredentials {
  const properties = `--property=${PROPERTIES.join(",")}`;
  const call = ["--system", "show", "--no-pager", "--no-ask-password", properties, "--", unit];
  const result = runSystemctl(call);
  if (result.kind === "unavailable") {
    throw new UnsupportedError(`asking for ${unit}: ${result.reason}`);
  }
  const credentials = parseUnitCredentials(result.text);
  if (credentials !== null) return credentials;
  throw new UsageError(
    `${unit} declares no capabilities: its processes were started by others`,
    "say what they should have: --cap LIST or --profile FILE",
  );
}

/** Parses what `systemctl show` prints; null for a unit without these properties. */
export function parseUnitCredentials(text: string): UnitCredentials | null {
  const properties = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    const key = line.slice(0, equals);
    // A list of commands is one line for each: the first one is the main one of most units.
    if (equals > 0 && !properties.has(key)) properties.set(key, line.slice(equals + 1));
  }
  const bounding = properties.get("CapabilityBoundingSet");
  if (bounding === undefined) return null;
  const securebits = securebitNames(Number(properties.get("SecureBits") ?? "0"));
  const uid = parseId(properties.get("UID") ?? "");
  return {
    bounding: setOfNames(bounding),
    ambient: setOfNames(properties.get("AmbientCapabilities") ?? ""),
    noNewPrivileges: properties.get("NoNewPrivileges") === "yes",
    securebits: securebits.filter((bit) => bit !== "keep-caps"),
    uid: uid === 0 ? null : uid,
    prefix: prefixOf(properties.get("ExecStartEx") ?? ""),
    needsReload: properties.get("NeedDaemonReload") === "yes",
  };
}

/** Names that this program does not know are "cap_41" there as well; none is an empty set. */
function setOfNames(text: string): CapabilitySet {
  return text.trim() === "" ? EMPTY_SET : (parseCapabilityNames(text) ?? EMPTY_SET);
}

/** "+" and "!" before a command, as exec_command_flags_to_strv() of systemd names them. */
function prefixOf(command: string): UnitCredentials["prefix"] {
  const flags = / ; flags=([^;]*) ;/.exec(command)?.[1]?.split(/[\s,]+/) ?? [];
  if (flags.includes("privileged")) return "full";
  return flags.some((flag) => /^(?:no-setuid|ambient-magic|ambient)$/.test(flag))
    ? "keeps-ids"
    : "none";
}
