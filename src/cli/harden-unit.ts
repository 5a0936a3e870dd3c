// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError, UsageError } from "../errors.ts";
import { configureWorkload } from "../harden/configure.ts";
import type { Configuration, HardenTarget } from "../harden/model.ts";
import { unitSetOf } from "../harden/unit-set.ts";
import { workloadOfSet, type WorkloadFacts } from "../harden/workload.ts";
import { readUnit } from "../linux/systemd/unit.ts";
import { readUnitCredentials } from "../linux/systemd/unit-credentials.ts";
import { readYardstick } from "../process/yardstick.ts";
import { findProcesses } from "../verify/processes.ts";
import { readHolders, type SeenProcesses } from "../verify/read-holders.ts";

/**
 * Writes for one target what a unit's processes hold; of a unit without processes, what it
 * declares. Throws UsageError where it declares no limit, as nothing is known then.
 */
export function configureUnit(
  target: HardenTarget,
  name: string,
  facts: WorkloadFacts,
): Configuration {
  const { unit, controlGroup, activeState } = readUnit(name);
  const declared = readUnitCredentials(unit);
  const { all: everything, ceiling } = readYardstick();
  const seen = controlGroup === null ? null : readProcesses(unit);
  if (seen === null && (declared.bounding & everything) === everything && declared.ambient === 0n) {
    throw new UsageError(
      `${unit} is ${activeState} and declares no limit: nothing shows what it needs`,
      `capscope trace --unit ${unit} --restart -o FILE --json, then --profile FILE`,
    );
  }
  const holders = seen?.holders ?? [];
  const startsAsRoot = declared.uid === null && (seen !== null || declared.ambient === 0n);
  const set = unitSetOf(
    {
      unit,
      bounding: declared.bounding & everything,
      ambient: declared.ambient & everything,
      held: seen === null ? null : holders.reduce((all, { sets }) => all | sets.permitted, 0n),
      startsAsRoot,
      hasOtherUser: holders.some(({ uid }) => uid !== 0),
    },
    ceiling,
  );
  const gains = holders.length > 0 && holders.every((each) => each.noNewPrivileges === true);
  const workload = workloadOfSet(
    set.capabilities,
    { ...facts, name: facts.name ?? unit },
    { ranAsRoot: startsAsRoot, gainAtExec: gains ? "not-seen" : "unknown" },
  );
  const unseen = (seen?.gaps ?? []).map(({ message }) => message);
  const gaps = [...set.gaps, ...unseen];
  const configuration = configureWorkload(target, workload, { kind: "unit", unit }, gaps);
  const complete = unseen.length === 0;
  return { ...configuration, coverage: { complete, gaps } };
}

function readProcesses(unit: string): SeenProcesses {
  const seen = readHolders(findProcesses({ kind: "unit", unit }), () => null);
  if (seen.holders.length > 0) return seen;
  throw new UnsupportedError(`the processes of ${unit} have ended, or are hidden`);
}
