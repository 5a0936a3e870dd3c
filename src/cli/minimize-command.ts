// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { capabilityNames } from "../capabilities/set.ts";
import { SystemError } from "../errors.ts";
import { readInheritance } from "../linux/inheritance.ts";
import { runLine, startLine } from "../report/minimize-progress.ts";
import { escapeText } from "../report/text/escape.ts";
import type { Outcome } from "../trace/minimize/outcome.ts";
import {
  minimize,
  type MinimizeListener,
  type MinimizeResult,
} from "../trace/minimize/minimize.ts";
import { stateLines } from "../trace/minimize/state.ts";
import type { Profile } from "../trace/model.ts";
import { EXIT_CODE } from "./exit-code.ts";
import type { MinimizeRequest } from "./minimize-options.ts";
import { type MinimizePlan, planMinimize, requestFacts } from "./minimize-plan.ts";
import { renderMinimize, renderPlan } from "./minimize-rendering.ts";
import { openState, type StateFile } from "./minimize-state.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { onStopSignals } from "./stop-signals.ts";

/** Runs `capscope minimize`; returns its exit code. */
export async function runMinimize(request: MinimizeRequest): Promise<number> {
  const inheritance = readInheritance(process.env);
  const plan = planMinimize(request);
  if (request.dryRun) {
    writeReport(renderPlan(plan, request), request.output);
    return EXIT_CODE.ok;
  }
  const controller = new AbortController();
  onStopSignals(inheritance, (name) => controller.abort(name));
  using file = openState(request.resume, requestFacts(plan));
  writeDiagnostic(...plan.warnings, ...announcement(request, file));
  const result = await minimize({
    ...plan.options,
    signal: controller.signal,
    state: file.state,
    listener: listenerFor(request, plan, file),
  });
  return conclude(result, request, controller.signal);
}

function announcement({ argv, resume }: MinimizeRequest, { state }: StateFile): readonly string[] {
  const known = state.trials.length + (state.reference === null ? 0 : 1);
  return [
    known > 0
      ? `goes on after ${known} runs, which ${resume ?? ""} has`
      : `runs the command again and again, with fewer capabilities; each run does what it does: ${escapeText(argv.join(" "))}`,
  ];
}

function listenerFor(
  { runs }: MinimizeRequest,
  { options }: MinimizePlan,
  file: StateFile,
): MinimizeListener {
  return {
    onReference: (run, outcome, start) => {
      if (file.state.reference === null) file.append(stateLines.reference(run, outcome));
      if (start === null) return;
      const names = capabilityNames(start);
      const granted = capabilityNames(options.granted).length;
      const least = (names.length + 2) * runs - 1;
      writeDiagnostic(startLine(names, granted, { least, most: 2 * least + runs }));
    },
    onTrial: (set, outcome) => file.append(stateLines.trial(set, outcome)),
    onRun: ({ number, total, set, working, failure }) =>
      writeDiagnostic(
        runLine({
          number,
          total,
          set: capabilityNames(set),
          working: capabilityNames(working),
          failure,
        }),
      ),
    onNote: (note) => writeDiagnostic(escapeText(note)),
  };
}

function conclude(result: MinimizeResult, request: MinimizeRequest, signal: AbortSignal): number {
  const stopped = signal.aborted ? 128 + constants.signals[signal.reason as NodeJS.Signals] : null;
  if (stopped !== null && result.kind !== "proven") {
    writeDiagnostic(
      request.resume === null
        ? "interrupted; with --resume FILE the next search could go on from here"
        : `interrupted; the same command goes on from here`,
    );
  }
  switch (result.kind) {
    case "interrupted":
      return stopped ?? EXIT_CODE.wrapperFailed;
    case "failed":
      writeDiagnostic(
        `error: with all capabilities the command does not work: ${escapeText(result.failure)}`,
      );
      return failedStatus(result.outcome);
    case "unrepeatable":
      writeDiagnostic(
        `error: with all capabilities the command worked ${result.worked} of ${result.tried} times only: ${escapeText(result.failure)}`,
        "hint: nothing can be concluded from such runs; --prepare LINE can make each run begin alike",
      );
      return stopped ?? EXIT_CODE.incomplete;
    case "proven":
    case "incomplete":
      report(result.profile, request);
      if (result.kind === "proven") return EXIT_CODE.ok;
      return stopped ?? EXIT_CODE.incomplete;
  }
}

/** As near to the command's own as can be: of one that worked, the check's. */
function failedStatus({ end }: Outcome): number {
  if (end.kind === "timed-out" || end.kind === "not-ready") return TIMED_OUT;
  return end.status || end.check || EXIT_CODE.findings;
}

/** As timeout(1) has it. */
const TIMED_OUT = 124;

/** What cannot be written to the file is not lost. */
function report(profile: Profile, request: MinimizeRequest): void {
  const text = renderMinimize(profile, request);
  try {
    writeReport(text, request.output, "stderr");
  } catch (error) {
    if (request.output !== null && error instanceof SystemError) writeReport(text, null, "stderr");
    throw error;
  }
}
