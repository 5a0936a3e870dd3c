// SPDX-License-Identifier: Apache-2.0
import { collectDoctor } from "../doctor/collect.ts";
import { collectExposure } from "../exposure/collect.ts";
import { renderDoctorText } from "../report/doctor-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { DoctorRequest } from "./doctor-options.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { isTerminal, terminalWidth, wantsColor } from "./terminal.ts";

/** Runs `capscope doctor`. */
export async function runDoctor(request: DoctorRequest): Promise<ExitCode> {
  const time = new Date();
  // What an exposure report can see is best told by one.
  const { coverage } = await collectExposure({ time, unix: true, connections: false });
  const report = await collectDoctor({ time, ownPid: process.pid, exposure: coverage });
  const toTerminal = request.output === null && isTerminal();
  const text =
    request.format === "json"
      ? `${toJson(report)}\n`
      : renderDoctorText(report, {
          width: toTerminal ? terminalWidth() : null,
          color: wantsColor(request.color, toTerminal),
        });
  writeReport(text, request.output);
  const impossible = request.required.filter((ability) => report.abilities[ability] === "missing");
  for (const ability of impossible) writeDiagnostic(`${ability} is not possible here`);
  return impossible.length === 0 ? EXIT_CODE.ok : EXIT_CODE.findings;
}
