// SPDX-License-Identifier: Apache-2.0
import { collectSelf } from "../inventory/self/collect.ts";
import { renderInventoryJson } from "../report/inventory/json.ts";
import { renderSelfText } from "../report/inventory/self-text.ts";
import type { ExitCode } from "./exit-code.ts";
import { judgeGaps } from "./judge-gaps.ts";
import { writeReport } from "./output.ts";
import { textOptionsOf } from "./report-options.ts";
import type { SelfRequest } from "./self-options.ts";

/** Runs `capscope self`. */
export async function runSelf(request: SelfRequest): Promise<ExitCode> {
  const { format, output, allowPartial } = request;
  const report = await collectSelf({ time: new Date(), environment: process.env });
  const text =
    format === "json"
      ? renderInventoryJson(report)
      : renderSelfText(report, textOptionsOf(request, false));
  writeReport(text, output);
  const showsGaps = output === null && format === "text";
  return judgeGaps(report.coverage, { showsGaps, allowPartial });
}
