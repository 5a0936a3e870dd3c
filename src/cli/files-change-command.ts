// SPDX-License-Identifier: Apache-2.0
import { changeFileCapabilities } from "../inventory/files/change.ts";
import { renderFileChange } from "../report/inventory/file-change-text.ts";
import { renderInventoryJson } from "../report/inventory/json.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import type { FileChangeRequest } from "./files-change-options.ts";
import { writeReport } from "./output.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope files set` and `capscope files remove`. */
export async function runFileChange(request: FileChangeRequest): Promise<ExitCode> {
  const { json, ...options } = request;
  const change = await changeFileCapabilities({ ...options, time: new Date() });
  const target = textOptionsOf({ output: null, color: "auto" }, false);
  writeReport(json ? renderInventoryJson(change) : renderFileChange(change, target), null);
  return EXIT_CODE.ok;
}
