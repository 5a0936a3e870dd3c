// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { applyDropIn, type ApplyOptions, planDropIn } from "../apply/apply.ts";
import type { ApplyReport } from "../apply/model.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { runHealthCommand } from "../linux/health-command.ts";
import { readInheritance } from "../linux/inheritance.ts";
import { renderApplyText, stepLine } from "../report/apply-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { GivenSet } from "../verify/expectation.ts";
import { verifyRunning } from "../verify/verify.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { onStopSignals } from "./stop-signals.ts";
import { type ColorChoice, isTerminal, terminalWidth, wantsColor } from "./terminal.ts";
import { definedVariables } from "./variables.ts";

/** What `capscope harden systemd --apply UNIT` was asked for. */
export interface ApplyRequest {
  readonly unit: string;
  /** The drop-in. */
  readonly text: string;
  /** What the processes may have under it at most. */
  readonly given: GivenSet;
  /** A line of shell that succeeds when the service works; null without one. */
  readonly check: string | null;
  readonly checkLimitMs: number;
  readonly settleMs: number;
  readonly dryRun: boolean;
  readonly format: "text" | "json";
  readonly output: string | null;
  readonly color: ColorChoice;
}

/** The file name: after what distributions write, before what an administrator may put above it. */
export const DROP_IN_NAME = "50-capscope.conf";

/** Puts the drop-in in place, or takes it back; returns the exit code. */
export async function runApply(request: ApplyRequest): Promise<number> {
  const controller = new AbortController();
  onStopSignals(readInheritance(process.env), (name) => {
    if (!controller.signal.aborted) writeDiagnostic(`${name}: taking back what was done`);
    controller.abort(name);
  });
  const options: ApplyOptions = {
    time: new Date(),
    unit: request.unit,
    name: DROP_IN_NAME,
    text: request.text,
    check: checkOf(request),
    settleMs: request.settleMs,
    verify: (unit) =>
      verifyRunning({
        time: new Date(),
        target: { kind: "unit", unit },
        given: request.given,
        exact: false,
      }),
    signal: controller.signal,
    onStep: (step) => writeDiagnostic(stepLine(step)),
  };
  if (request.dryRun) {
    write(planDropIn({ ...options, onStep: () => undefined }), request);
    return EXIT_CODE.ok;
  }
  const report = await applyDropIn(options);
  write(report, request);
  return statusOf(report, controller.signal);
}

function checkOf({ check, checkLimitMs }: ApplyRequest): ApplyOptions["check"] {
  if (check === null) return null;
  return async (signal) => {
    const environment = definedVariables(process.env);
    const limits = { environment, limitMs: checkLimitMs, signal };
    return runHealthCommand(await openLibc(), check, limits);
  };
}

function statusOf({ outcome }: ApplyReport, { aborted, reason }: AbortSignal): number {
  if (outcome === "rollback-failed") return EXIT_CODE.cannotObserve;
  if (outcome === "applied" || outcome === "planned") return EXIT_CODE.ok;
  return aborted ? 128 + constants.signals[reason as NodeJS.Signals] : EXIT_CODE.findings;
}

function write(report: ApplyReport, { format, output, color }: ApplyRequest): void {
  const toTerminal = output === null && isTerminal();
  const text =
    format === "json"
      ? `${toJson(report)}\n`
      : renderApplyText(report, {
          width: toTerminal ? terminalWidth() : null,
          color: wantsColor(color, toTerminal),
        });
  writeReport(text, output);
}
