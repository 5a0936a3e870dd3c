// SPDX-License-Identifier: Apache-2.0
import type { MonitorCheck, MonitorCoverage, MonitorStart, MonitorTotal } from "../trace/model.ts";
import { toJson } from "./text/escape.ts";

/** One line of schemas/monitor-line.schema.json. */
export function renderMonitorLine(
  line: MonitorStart | MonitorCheck | MonitorTotal | MonitorCoverage,
): string {
  return `${toJson(line)}\n`;
}
