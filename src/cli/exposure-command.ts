// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { collectExposure, collectInterfaces } from "../exposure/collect.ts";
import { type ExposureFilter, filterReport } from "../exposure/filter.ts";
import type { ExposureReport } from "../exposure/model.ts";
import {
  type ExposureFormat,
  type InterfaceNamesFormat,
  loadExposureRenderer,
  loadInterfaceNamesRenderer,
  loadPrivilegedRenderer,
  type TextOptions,
} from "../report/index.ts";
import type { ExitCode } from "./exit-code.ts";
import type { ExposureRequest } from "./exposure-options.ts";
import { judgeGaps } from "./judge-gaps.ts";
import { writeReport } from "./output.ts";
import { isTerminal, showsUnicode, terminalWidth, wantsColor } from "./terminal.ts";

/** Runs `capscope exposure`. */
export async function runExposure(request: ExposureRequest): Promise<ExitCode> {
  if (request.listInterfaces) return listInterfaces(request);
  const whole = await collectExposure({
    time: new Date(),
    unix: request.unix,
    connections: request.privileged,
  });
  assertInterfacesExist(request.filter, whole);
  const report = filterReport(whole, request.filter);
  const render =
    request.privileged && isTextual(request.format)
      ? await loadPrivilegedRenderer()
      : await loadExposureRenderer(request.format ?? "tree");
  writeReport(render(report, textOptions(request)), request.output);
  return judge(report, request);
}

async function listInterfaces(request: ExposureRequest): Promise<ExitCode> {
  const report = await collectInterfaces({ time: new Date() });
  assertInterfacesExist(request.filter, report);
  const wanted = request.filter.interfaces;
  const interfaces = report.interfaces.filter(
    ({ name }) => wanted.length === 0 || wanted.includes(name),
  );
  const render = await loadInterfaceNamesRenderer();
  const text = render({ ...report, interfaces }, namesFormat(request.format));
  writeReport(text, request.output);
  return judge(report, request);
}

function namesFormat(format: ExposureFormat | null): InterfaceNamesFormat {
  if (format === "json" || format === "netcap-json") return format;
  if (isTextual(format)) return "text";
  throw new UsageError(
    `--list-interfaces has no format ${format}`,
    "its formats are tree (names, one a line), json and netcap-json",
  );
}

function isTextual(format: ExposureFormat | null): boolean {
  return format === null || format === "tree" || format === "table";
}

function assertInterfacesExist({ interfaces }: ExposureFilter, report: ExposureReport): void {
  const names = report.interfaces.map(({ name }) => name);
  const adapters = report.endpoints.flatMap(({ reach }) => reach.map((entry) => entry.interface));
  for (const name of interfaces) {
    if (names.includes(name) || adapters.includes(name)) continue;
    throw new UsageError(
      `unknown interface ${name}`,
      names.length === 0 ? null : `this network namespace has ${names.join(", ")}`,
    );
  }
}

function textOptions({ color, output, format, filter }: ExposureRequest): TextOptions {
  const toTerminal = output === null && isTerminal();
  const wraps = toTerminal || format !== "table";
  return {
    width: wraps ? terminalWidth() : null,
    color: wantsColor(color, toTerminal),
    ascii: toTerminal && !showsUnicode(),
    filtered: Object.values(filter).some((kept) => kept === true || isNonEmpty(kept)),
  };
}

function isNonEmpty(kept: boolean | readonly unknown[]): boolean {
  return Array.isArray(kept) && kept.length > 0;
}

/** Text reports say at their end what could not be seen; for the others, standard error does. */
function judge({ coverage }: ExposureReport, request: ExposureRequest): ExitCode {
  const { format, output, allowPartial } = request;
  const showsGaps = isTextual(format) && output === null && !request.listInterfaces;
  return judgeGaps(coverage, { showsGaps, allowPartial });
}
