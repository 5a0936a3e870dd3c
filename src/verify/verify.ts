// SPDX-License-Identifier: Apache-2.0
import { UsageError, UnsupportedError } from "../errors.ts";
import { readSecurebits } from "../linux/bpf/read-securebits.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { readUnitCredentials, type UnitCredentials } from "../linux/systemd/unit-credentials.ts";
import { readYardstick } from "../process/yardstick.ts";
import { type GivenSet, limitsFor } from "./expectation.ts";
import type { VerifyReport } from "./model.ts";
import { findProcesses, type RunningTarget } from "./processes.ts";
import { readHolders } from "./read-holders.ts";
import { reportOf } from "./report-of.ts";

export interface VerifyOptions {
  readonly time: Date;
  readonly target: RunningTarget;
  /** What a profile or a list allows; null for what the unit itself declares. */
  readonly given: GivenSet | null;
  /** Less than expected is a difference, too. */
  readonly exact: boolean;
}

/**
 * Compares what runs with what it should have. Throws UsageError for what does not exist,
 * UnsupportedError for what cannot be looked at.
 */
export async function verifyRunning(options: VerifyOptions): Promise<VerifyReport> {
  const { time, given, exact } = options;
  const found = findProcesses(options.target);
  const { target } = found;
  const unit = target.kind === "unit" ? declaredBy(target.unit, given) : null;
  if (given === null && unit === null) {
    throw new UsageError(
      "nothing to compare with",
      "give --profile FILE or --cap LIST; only a unit declares what it should have",
    );
  }
  const limits = limitsFor(given, unit, exact, readYardstick().all);
  const securebits = await readSecurebits();
  const { holders, gaps } = readHolders(found, (tid) =>
    securebits === null ? null : (securebits.get(tid) ?? []),
  );
  if (holders.length === 0) throw new UnsupportedError("its processes have ended, or are hidden");
  return reportOf({ time, host: readHost(), target, limits, unit, seen: holders, gaps });
}

/** A scope declares nothing; with a given set that does not matter. */
function declaredBy(unit: string, given: GivenSet | null): UnitCredentials | null {
  try {
    return readUnitCredentials(unit);
  } catch (error) {
    if (given !== null && error instanceof UsageError) return null;
    throw error;
  }
}
