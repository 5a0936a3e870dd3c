// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { setOfNames } from "../harden/expected.ts";
import type { GrantedCapability } from "../harden/model.ts";
import { DROP_IN_NAME } from "../harden/targets/systemd.ts";
import { applyDropIn, type ApplyOptions, planDropIn } from "../apply/apply.ts";
import type { ApplyReport } from "../apply/model.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { runHealthCommand } from "../linux/health-command.ts";
import { readInheritance } from "../linux/inheritance.ts";
import { renderApplyText, stepLine } from "../report/apply-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { ApplyWish, HardenRequest } from "./harden-options.ts";
import type { GivenSet } from "../verify/expectation.ts";
import { verifyRunning } from "../verify/verify.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { onStopSignals } from "./stop-signals.ts";
import { isTerminal, terminalWidth, wantsColor } from "./terminal.ts";
import { definedVariables } from "./variables.ts";

/** Puts the drop-in of these capabilities in place, or takes it back; returns the exit code. */
export async function runApply(
  text: string,
  capabilities: readonly GrantedCapability[],
  request: HardenRequest,
): Promise<number> {
  const { apply } = request;
  if (apply === null) throw new RangeError("nothing is to be applied");
  const given = givenOf(capabilities, request);
  const controller = new AbortController();
  onStopSignals(readInheritance(process.env), (name) => {
    if (!controller.signal.aborted) writeDiagnostic(`${name}: taking back what was done`);
    controller.abort(name);
  });
  const options: ApplyOptions = {
    time: new Date(),
    unit: apply.unit,
    name: DROP_IN_NAME,
    text,
    check: checkOf(apply),
    settleMs: apply.settleMs,
    verify: (unit) => {
      const target = { kind: "unit", unit } as const;
      return verifyRunning({ time: new Date(), target, given, exact: false });
    },
    signal: controller.signal,
    onStep: (step) => writeDiagnostic(stepLine(step)),
  };
  if (apply.dryRun) {
    write(planDropIn({ ...options, onStep: () => undefined }), request);
    return EXIT_CODE.ok;
  }
  const report = await applyDropIn(options);
  write(report, request);
  return statusOf(report, controller.signal);
}

function givenOf(capabilities: readonly GrantedCapability[], { source }: HardenRequest): GivenSet {
  const set = setOfNames(capabilities.map(({ capability }) => capability));
  const rest = { set, complete: true, before: null };
  if (source.kind !== "profile") return { source: "list", file: null, proven: null, ...rest };
  const proven = capabilities.every(({ basis }) => basis === "proven");
  return { source: "profile", file: source.file, proven, ...rest };
}

/** A check that hangs has failed. */
const CHECK_LIMIT_MS = 60_000;

function checkOf({ check }: ApplyWish): ApplyOptions["check"] {
  if (check === null) return null;
  return async (signal) => {
    const environment = definedVariables(process.env);
    const limits = { environment, limitMs: CHECK_LIMIT_MS, signal };
    return runHealthCommand(await openLibc(), check, limits);
  };
}

function statusOf({ outcome }: ApplyReport, { aborted, reason }: AbortSignal): number {
  if (outcome === "rollback-failed") return EXIT_CODE.cannotObserve;
  if (outcome === "applied" || outcome === "planned") return EXIT_CODE.ok;
  return aborted ? 128 + constants.signals[reason as NodeJS.Signals] : EXIT_CODE.findings;
}

function write(report: ApplyReport, { format, output }: HardenRequest): void {
  const toTerminal = output === null && isTerminal();
  const text =
    format === "json"
      ? `${toJson(report)}\n`
      : renderApplyText(report, {
          width: terminalWidth(),
          color: wantsColor("auto", toTerminal),
        });
  writeReport(text, output);
}
