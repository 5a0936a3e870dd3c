// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../../errors.ts";
import { runSystemctl, startSystemctl } from "./systemctl.ts";

/** How a unit does. */
export interface UnitHealth {
  /** "active", "inactive", "failed", "activating" ... */
  readonly activeState: string;
  /** "running", "exited", "auto-restart" ... */
  readonly subState: string;
  /** "success", "exit-code", "signal" ... */
  readonly result: string;
  /** How often Restart= has started it again. */
  readonly restarts: number;
  /** Its files are newer than what the manager has loaded. */
  readonly needsReload: boolean;
  /** As systemctl prints them. */
  readonly dropIns: readonly string[];
}

const PROPERTIES = "--property=ActiveState,SubState,Result,NRestarts,NeedDaemonReload,DropInPaths";

/** Asks the system manager. Throws UnsupportedError when it does not answer. */
export function readUnitHealth(unit: string): UnitHealth {
  const result = runSystemctl(["--system", "show", PROPERTIES, "--", unit]);
  if (result.kind === "unavailable") {
    throw new UnsupportedError(`asking for ${unit}: ${result.reason}`);
  }
  const valueOf = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, "m").exec(result.text)?.[1] ?? "";
  return {
    activeState: valueOf("ActiveState"),
    subState: valueOf("SubState"),
    result: valueOf("Result"),
    restarts: Number(valueOf("NRestarts") || "0"),
    needsReload: valueOf("NeedDaemonReload") === "yes",
    dropIns: valueOf("DropInPaths")
      .split(" ")
      .filter((path) => path !== ""),
  };
}

/** Has the system manager read all unit files again. Throws with systemctl's words. */
export async function reloadManager(): Promise<void> {
  const failure = await startSystemctl(["--system", "daemon-reload", "--no-ask-password"]);
  if (failure !== null) throw new UnsupportedError(`systemctl daemon-reload: ${failure}`);
}

/** Takes back the state "failed" of a unit, and what counts against its next start. */
export async function forgetFailures(unit: string): Promise<void> {
  const call = ["--system", "reset-failed", "--no-ask-password", "--", unit];
  const failure = await startSystemctl(call);
  if (failure !== null) throw new UnsupportedError(`systemctl reset-failed ${unit}: ${failure}`);
}
