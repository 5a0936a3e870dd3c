// SPDX-License-Identifier: Apache-2.0
import type { ImageContent, ImageFile, ImageReport } from "../../inventory/model.ts";
import { gapsLine } from "../coverage-line.ts";
import { escapeName, escapeWord } from "../text/escape.ts";
import { type Cell, cell, renderTable } from "../text/table.ts";
import type { TextOptions } from "../text-options.ts";
import { capabilitiesWord, emptyFilesText, flagsCell } from "./files-table.ts";

/** Renders a table for each image of an archive. */
export function renderImageTable(report: ImageReport, options: TextOptions): string {
  const tables = report.images.map((image) => imageText(image, options));
  return `${tables.join("\n")}${gapsLine(report.coverage.gaps)}`;
}

function imageText({ names, layers, files }: ImageContent, options: TextOptions): string {
  const name = names.length === 0 ? "(no name)" : names.map(escapeName).join(", ");
  const head = `${name}: ${layers} ${layers === 1 ? "layer" : "layers"}\n`;
  if (files.length === 0) return `${head}${emptyFilesText(options)}\n`;
  return head + renderTable(HEADER, files.map(rowOf), options);
}

const HEADER: readonly string[] = ["MODE", "OWNER", "CAPABILITIES", "LAYER", "PATH", "FLAGS"];

function rowOf(file: ImageFile): readonly Cell[] {
  return [
    cell(file.mode),
    cell(`${file.uid}:${file.gid}`),
    cell(capabilitiesWord(file)),
    cell(String(file.layer)),
    cell([file.path, ...file.otherPaths].map(escapeWord).join(" = ")),
    flagsCell(file.flags),
  ];
}
