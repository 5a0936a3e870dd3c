// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { collectFiles } from "../inventory/files/collect.ts";
import { collectImage } from "../inventory/image/collect.ts";
import { filterFiles } from "../inventory/files/filter.ts";
import { renderFilesTable } from "../report/inventory/files-table.ts";
import { renderImageTable } from "../report/inventory/image-table.ts";
import { renderInventoryJson } from "../report/inventory/json.ts";
import type { ExitCode } from "./exit-code.ts";
import type { FilesRequest } from "./files-options.ts";
import { judgeGaps } from "./judge-gaps.ts";
import { writeReport } from "./output.ts";
import { openProgress } from "./progress.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope files`. */
export async function runFiles(request: FilesRequest): Promise<ExitCode> {
  const { format, output, allowPartial, archive } = request;
  if (archive !== null) return runImage(archive, request);
  const whole = await collect(request);
  const report = filterFiles(whole, request);
  const isFiltered = report.files.length < whole.files.length;
  const text =
    format === "json"
      ? renderInventoryJson(report)
      : renderFilesTable(report, textOptionsOf(request, isFiltered));
  writeReport(text, output);
  const showsGaps = output === null && format === "table";
  return judgeGaps(report.coverage, { showsGaps, allowPartial });
}

async function runImage(archive: string, request: FilesRequest): Promise<ExitCode> {
  const { format, output, allowPartial } = request;
  const whole = await collectImage({ time: new Date(), archive });
  const images = whole.images.map((image) => filterFiles(image, request));
  const report = { ...whole, images };
  const isFiltered = request.capabilitiesOnly || request.flags.length > 0;
  const text =
    format === "json"
      ? renderInventoryJson(report)
      : renderImageTable(report, textOptionsOf(request, isFiltered));
  writeReport(text, output);
  const showsGaps = output === null && format === "table";
  return judgeGaps(report.coverage, { showsGaps, allowPartial });
}

async function collect({
  searchPath,
  paths,
  extent,
}: FilesRequest): ReturnType<typeof collectFiles> {
  using progress = openProgress();
  return await collectFiles({
    time: new Date(),
    paths: searchPath ? [...searchDirectories(), ...paths] : paths,
    tolerant: searchPath,
    extent,
    onProgress: (files) => progress.show(`${files} files`),
  });
}

/** An empty element is the current directory (man 7 environ, execvp(3)). */
function searchDirectories(): readonly string[] {
  const path = process.env["PATH"];
  if (path === undefined) throw new UsageError("PATH is not set", "name the directories");
  return path.split(":").map((directory) => (directory === "" ? "." : directory));
}
