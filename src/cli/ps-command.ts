// SPDX-License-Identifier: Apache-2.0
import { EMPTY_SET } from "../capabilities/set.ts";
import { collectProcesses } from "../inventory/ps/collect.ts";
import type { PsReport } from "../inventory/model.ts";
import type { TextOptions } from "../report/text-options.ts";
import type { ExitCode } from "./exit-code.ts";
import { judgeGaps } from "./judge-gaps.ts";
import { writeReport } from "./output.ts";
import type { PsFormat, PsRequest } from "./ps-options.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope ps`. */
export async function runPs(request: PsRequest): Promise<ExitCode> {
  const { all, pids, held, securebits, format, output } = request;
  const report = await collectProcesses({
    time: new Date(),
    ownPid: process.pid,
    all,
    pids,
    held,
    securebits,
  });
  const render = await loadRenderer(format);
  const isFiltered = pids.length > 0 || held !== EMPTY_SET;
  writeReport(render(report, textOptionsOf(request, isFiltered)), output);
  const showsGaps = output === null && (format === "table" || format === "tree");
  return judgeGaps(report.coverage, { showsGaps, allowPartial: request.allowPartial });
}

type Renderer = (report: PsReport, options: TextOptions) => string;

/** One command needs only one of them. */
async function loadRenderer(format: PsFormat): Promise<Renderer> {
  switch (format) {
    case "table":
      return (await import("../report/inventory/ps-table.ts")).renderPsTable;
    case "tree":
      return (await import("../report/inventory/ps-tree.ts")).renderPsTree;
    case "json":
      return (await import("../report/inventory/json.ts")).renderInventoryJson;
    case "caps":
      return (await import("../report/inventory/ps-caps.ts")).renderPsCaps;
  }
}
