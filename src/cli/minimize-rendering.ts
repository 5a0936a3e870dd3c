// SPDX-License-Identifier: Apache-2.0
import { capabilityNames } from "../capabilities/set.ts";
import { adviseOn } from "../harden/advise.ts";
import { launcherWords } from "../linux/launch-options.ts";
import { renderMinimizeText } from "../report/minimize-text.ts";
import { renderPlanText } from "../report/minimize-plan-text.ts";
import { renderTraceCaps } from "../report/trace/trace-caps.ts";
import { toJson } from "../report/text/escape.ts";
import { credentialsOf } from "../trace/minimize/trial.ts";
import type { Profile } from "../trace/model.ts";
import type { MinimizeRequest } from "./minimize-options.ts";
import type { MinimizePlan } from "./minimize-plan.ts";
import { isTerminal, terminalWidth, wantsColor } from "./terminal.ts";

/** The report in the form that was asked for, laid out for where it goes. */
export function renderMinimize(profile: Profile, request: MinimizeRequest): string {
  if (request.format === "json") return `${toJson(profile)}\n`;
  // What was used is not what is proven.
  if (request.format === "caps") return profile.proven === null ? "" : renderTraceCaps(profile);
  const toTerminal = request.output === null && isTerminal("stderr");
  return renderMinimizeText(profile, adviseOn(profile), {
    width: terminalWidth("stderr"),
    color: wantsColor(request.color, toTerminal),
  });
}

/** What would be done. */
export function renderPlan({ options }: MinimizePlan, request: MinimizeRequest): string {
  const { plan, granted, lacking, runsPerAnswer, runLimit, limitMs, criterion, uid, jobs } =
    options;
  return renderPlanText({
    argv: plan.argv,
    uid,
    method: plan.user === null ? "root" : "user",
    launcher: launcherWords({ credentials: credentialsOf(plan, 0n) }),
    granted: capabilityNames(granted),
    lacking: capabilityNames(lacking),
    criterion,
    preparation: plan.prepare,
    runsPerAnswer,
    runLimit,
    jobs,
    limitSeconds: limitMs / 1000,
    stateFile: request.resume,
  });
}
