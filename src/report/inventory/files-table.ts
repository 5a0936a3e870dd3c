// SPDX-License-Identifier: Apache-2.0
import type { FileFlag, FilesReport, ListedFile } from "../../inventory/model.ts";
import { gapsLine } from "../coverage-line.ts";
import type { Tone } from "../text/color.ts";
import { escapeText, escapeWord } from "../text/escape.ts";
import { type Cell, cell, renderTable } from "../text/table.ts";
import type { TextOptions } from "../text-options.ts";

/** Renders one row for each file, those that deserve most attention first, and what was left out. */
export function renderFilesTable(report: FilesReport, options: TextOptions): string {
  const closing = skippedLine(report) + gapsLine(report.coverage.gaps);
  if (report.files.length === 0) return `${emptyFilesText(options)}\n${closing}`;
  return renderTable(HEADER, report.files.map(rowOf), options) + closing;
}

const HEADER: readonly string[] = ["MODE", "OWNER", "CAPABILITIES", "PACKAGE", "PATH", "FLAGS"];

/** What stands in place of a list without files. */
export function emptyFilesText({ filtered }: TextOptions): string {
  return filtered === true
    ? "no file matches"
    : "no file has capabilities, a set-user-ID or a set-group-ID bit";
}

function rowOf(file: ListedFile): readonly Cell[] {
  return [
    cell(file.mode),
    cell(`${nameOf(file.owner, file.uid)}:${nameOf(file.group, file.gid)}`),
    cell(capabilitiesWord(file)),
    cell(file.package === null ? "-" : escapeWord(file.package.name)),
    cell([file.path, ...file.otherPaths].map(escapeWord).join(" = ")),
    flagsCell(file.flags),
  ];
}

function nameOf(name: string | null, id: number): string {
  return name === null ? String(id) : escapeWord(name);
}

/** In text, with the root uid; `-` for none. */
export function capabilitiesWord({
  capabilities,
  undecodedAttribute,
}: Pick<ListedFile, "capabilities" | "undecodedAttribute">): string {
  if (capabilities === null) return undecodedAttribute === null ? "-" : "(undecodable)";
  const { text, rootUid } = capabilities;
  return rootUid === null ? text : `${text} [rootid=${rootUid}]`;
}

/** The flags, in the tone of the worst. */
export function flagsCell(flags: readonly FileFlag[]): Cell {
  return { text: flags.join(", ") || "-", tone: toneOf(flags) };
}

const ORANGE: readonly FileFlag[] = [
  "gives-root",
  "interpreter",
  "writable-by-others",
  "in-writable-directory",
  "differs-from-package",
];

function toneOf(flags: readonly FileFlag[]): Tone | null {
  if (flags.some((flag) => ORANGE.includes(flag))) return "orange";
  return flags.length === 0 ? null : "yellow";
}

/** Mounts that were not entered, by why. */
function skippedLine({ skippedMounts }: FilesReport): string {
  if (skippedMounts.length === 0) return "";
  const words = skippedMounts.map(({ path, type }) => `${escapeWord(path)} (${escapeText(type)})`);
  return `not entered: ${words.join(", ")}\n`;
}
