// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError, UsageError } from "../errors.ts";
import { type DropIn, openDropIn } from "../linux/systemd/drop-in.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { readUnit, restartUnit } from "../linux/systemd/unit.ts";
import { forgetFailures, readUnitHealth, reloadManager } from "../linux/systemd/unit-health.ts";
import { VERSION } from "../version.ts";
import type { VerifyReport } from "../verify/model.ts";
import {
  APPLY_SCHEMA_VERSION,
  type ApplyOutcome,
  type ApplyReport,
  type Step,
  type StepName,
} from "./model.ts";
import { isExpected, messageOf, StepList } from "./steps.ts";

export interface ApplyOptions {
  readonly time: Date;
  /** A service that runs. */
  readonly unit: string;
  /** File name of the drop-in, "50-capscope.conf". */
  readonly name: string;
  readonly text: string;
  /** Status of the user's check, 0 when the service works; null without one. */
  readonly check: ((signal: AbortSignal) => Promise<number>) | null;
  /** How long the service has to stay up before it is looked at. */
  readonly settleMs: number;
  /** Compares the processes of the unit with what is intended. */
  readonly verify: (unit: string) => Promise<VerifyReport>;
  /** Aborted to interrupt: what was done is taken back then. */
  readonly signal: AbortSignal;
  readonly onStep: (step: Step) => void;
}

/**
 * Puts a drop-in in place, restarts the service and looks whether it holds: the service stays up, the
 * check passes, and every process has what is intended. When not, or when it is interrupted, the
 * drop-in is put back as it was and the service is restarted. Nothing else is touched. Throws before
 * anything was changed: UsageError for what is no service that runs, or fails its check already.
 */
export async function applyDropIn(options: ApplyOptions): Promise<ApplyReport> {
  const unit = readRunningService(options.unit);
  const dropIn = openDropIn(unit, options.name);
  const steps = new StepList(options.onStep);
  await checkBefore(unit, options, steps);
  let verification: VerifyReport | null = null;
  dropIn.write(options.text);
  try {
    steps.add({ name: "write the drop-in", done: true, detail: dropIn.path });
    await steps.attempt("reload the manager", () => reload(unit, dropIn));
    await steps.attempt("restart", () => restart(unit, options.signal));
    await steps.attempt("stay up", () => stayUp(unit, options));
    if (options.check !== null) await steps.attempt("check", () => runCheck(options));
    await steps.attempt("verify", async () => {
      verification = await options.verify(unit);
      assertAsIntended(verification);
    });
    interruptible(options.signal);
    dropIn.settle();
    return report({
      options,
      unit,
      dropIn,
      steps,
      outcome: "applied",
      failure: null,
      verification,
    });
  } catch (error) {
    const failure = messageOf(error);
    const isBack = await rollBack(unit, dropIn, options, steps);
    if (!isExpected(error)) throw error;
    const outcome = isBack ? "rolled-back" : "rollback-failed";
    return report({ options, unit, dropIn, steps, outcome, failure, verification });
  }
}

/** What `applyDropIn` would do; nothing is changed or run. Throws as it would. */
export function planDropIn(options: ApplyOptions): ApplyReport {
  const unit = readRunningService(options.unit);
  const dropIn = openDropIn(unit, options.name);
  const steps = new StepList(options.onStep);
  const names: readonly StepName[] = [
    ...(options.check === null ? [] : (["check before"] as const)),
    "write the drop-in",
    "reload the manager",
    "restart",
    "stay up",
    ...(options.check === null ? [] : (["check"] as const)),
    "verify",
  ];
  for (const name of names) {
    steps.add({ name, done: null, detail: name === "write the drop-in" ? dropIn.path : null });
  }
  const nothing = { failure: null, verification: null };
  return report({ options, unit, dropIn, steps, outcome: "planned", ...nothing });
}

/** Its full name. What does not run could not be put back into the state it is in. */
function readRunningService(name: string): string {
  const { unit, activeState } = readUnit(name, "a drop-in is for a service of systemd's");
  if (!unit.endsWith(".service")) {
    throw new UsageError(`${unit} is no service`, "name the service that has the processes");
  }
  if (activeState !== "active") {
    throw new UsageError(
      `${unit} is ${activeState}: whether it works under the drop-in shows only if it works now`,
      `systemctl start ${unit} starts it`,
    );
  }
  if (!readUnitHealth(unit).needsReload) return unit;
  // Taken back would be the drop-in, and not what else came into force with it.
  throw new UsageError(
    `files of ${unit} changed since systemd read them`,
    `systemctl daemon-reload and systemctl restart ${unit} bring them into force first`,
  );
}

async function checkBefore(unit: string, options: ApplyOptions, steps: StepList): Promise<void> {
  const { check, signal } = options;
  if (check === null) return;
  const status = await check(signal);
  if (status === 0) return steps.add({ name: "check before", done: true, detail: null });
  steps.add({ name: "check before", done: false, detail: `status ${status}` });
  interruptible(signal);
  throw new UsageError(
    `the check fails with status ${status} before anything was changed`,
    `make it pass while ${unit} works as it is`,
  );
}

async function reload(unit: string, { path }: DropIn): Promise<void> {
  await reloadManager();
  const { dropIns } = readUnitHealth(unit);
  if (!dropIns.includes(path)) throw new UnsupportedError(`systemd does not read ${path}`);
}

async function restart(unit: string, signal: AbortSignal): Promise<void> {
  interruptible(signal);
  await restartUnit(unit, signal);
  interruptible(signal);
}

const POLL_MS = 100;

/** A service may be up for a moment, and fail when it does its work. */
async function stayUp(
  unit: string,
  { settleMs, signal }: Pick<ApplyOptions, "settleMs" | "signal">,
): Promise<void> {
  const end = performance.now() + settleMs;
  for (;;) {
    interruptible(signal);
    const { activeState, subState, result, restarts } = readUnitHealth(unit);
    if (activeState !== "active") {
      const why = result === "success" ? "" : `, ${result}`;
      throw new UnsupportedError(`${unit} does not stay up: ${activeState} (${subState}${why})`);
    }
    if (restarts > 0) throw new UnsupportedError(`${unit} does not stay up: it was started again`);
    if (performance.now() >= end) return;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}

async function runCheck({ check, signal }: Pick<ApplyOptions, "check" | "signal">): Promise<void> {
  interruptible(signal);
  const status = await check?.(signal);
  interruptible(signal);
  if (status !== 0) throw new UnsupportedError(`the check fails with status ${status}`);
}

function assertAsIntended({ differences, verdict, coverage }: VerifyReport): void {
  const [first] = differences;
  if (first !== undefined) {
    const more = differences.length > 1 ? `, and ${differences.length - 1} more` : "";
    throw new UnsupportedError(`not as intended: ${first.message}${more}`);
  }
  // What /proc tells has to be seen; secure bits it does not tell.
  const gaps = coverage.gaps.filter(({ kind }) => kind !== "securebits");
  if (verdict === "confined" || gaps.length === 0) return;
  throw new UnsupportedError(`not established: ${gaps.map(({ message }) => message).join("; ")}`);
}

function interruptible({ aborted, reason }: AbortSignal): void {
  if (aborted) throw new UnsupportedError(`interrupted (${String(reason)})`);
}

/** Nothing interrupts it. Each step is tried, whatever became of the one before. */
async function rollBack(
  unit: string,
  dropIn: DropIn,
  { settleMs, check }: ApplyOptions,
  steps: StepList,
): Promise<boolean> {
  const { signal } = new AbortController();
  const results = [
    await steps.tryOne("roll back: the drop-in", async () => dropIn.restore()),
    await steps.tryOne("roll back: reload the manager", reloadManager),
    await steps.tryOne("roll back: restart", () => startAgain(unit)),
    await steps.tryOne("roll back: stay up", () => stayUp(unit, { settleMs, signal })),
    check === null || (await steps.tryOne("roll back: check", () => runCheck({ check, signal }))),
  ];
  return results.every((isDone) => isDone);
}

/** Failed starts count, and a unit that had too many is not started any more. */
async function startAgain(unit: string): Promise<void> {
  await forgetFailures(unit);
  await restartUnit(unit);
}

interface Parts {
  readonly options: ApplyOptions;
  readonly unit: string;
  readonly dropIn: DropIn;
  readonly steps: StepList;
  readonly outcome: ApplyOutcome;
  readonly failure: string | null;
  readonly verification: VerifyReport | null;
}

function report(parts: Parts): ApplyReport {
  const { options, unit, dropIn, steps, outcome, failure, verification } = parts;
  return {
    schemaVersion: APPLY_SCHEMA_VERSION,
    kind: "apply",
    tool: { name: "capscope", version: VERSION },
    host: readHost(),
    time: options.time.toISOString(),
    unit,
    dropIn: { path: dropIn.path, text: options.text, replaces: dropIn.replaces },
    outcome,
    steps: steps.list,
    failure,
    verification,
  };
}
