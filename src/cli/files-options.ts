// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { UsageError } from "../errors.ts";
import { FILE_FLAGS, type FileFlag } from "../inventory/model.ts";
import { type FileChangeRequest, removeCommand, setCommand } from "./files-change-options.ts";
import { parseChoice, parseName } from "./option-values.ts";
import {
  addReportOptions,
  type RawReportOptions,
  type ReportTarget,
  targetOf,
} from "./report-options.ts";

/** Forms of the report, as `--format` names them. */
export const FILES_FORMATS = ["table", "json"] as const;
export type FilesFormat = (typeof FILES_FORMATS)[number];

/** The command line of `capscope files`, as given. */
export interface FilesRequest extends ReportTarget {
  readonly format: FilesFormat;
  readonly paths: readonly string[];
  /** The directories of $PATH rather than `paths`. */
  readonly searchPath: boolean;
  readonly extent: "local" | "one" | "all";
  /** Archive of an image to look into instead; "-" for standard input. */
  readonly archive: string | null;
  /** Only files with capabilities. */
  readonly capabilitiesOnly: boolean;
  readonly flags: readonly FileFlag[];
  readonly allowPartial: boolean;
}

interface RawOptions extends RawReportOptions<FilesFormat> {
  readonly searchPath?: boolean;
  readonly oneFileSystem?: boolean;
  readonly allFileSystems?: boolean;
  readonly tar?: string;
  readonly caps?: boolean;
  readonly flag?: readonly FileFlag[];
  readonly allowPartial?: boolean;
}

/** Declares `capscope files` with its subcommands; the functions get what the user asked for. */
export function filesCommand(
  run: (request: FilesRequest) => Promise<void>,
  change: (request: FileChangeRequest) => Promise<void>,
): Command {
  const command = new Command("files")
    .summary("files with capabilities, set-user-ID or set-group-ID bits")
    .description(
      "Lists the files that give rights to whoever runs them: with capabilities, set-user-ID or " +
        "set-group-ID bits; those that deserve attention first. Without a path, the whole system.",
    )
    .argument("[path...]", "directories and files (default: /)")
    .helpCommand(false)
    .addCommand(setCommand(change))
    .addCommand(removeCommand(change))
    .option("--search-path", "the directories of $PATH")
    .addOption(
      new Option("--one-file-system", "stay on the file system of each path").conflicts(
        "allFileSystems",
      ),
    )
    .option("--all-file-systems", "also those of the kernel, and of the network")
    .addOption(
      new Option("--tar <archive>", "an image of docker save or OCI, or a root directory in tar")
        .argParser(parseName)
        .conflicts(["searchPath", "oneFileSystem", "allFileSystems"]),
    )
    .option("--caps", "only files with capabilities")
    .addOption(
      new Option("--flag <flag>", `only with this flag: ${FILE_FLAGS.join(", ")}`).argParser(
        (text: string, known: readonly FileFlag[] = []) => [
          ...known,
          ...text.split(",").map((word) => parseChoice(FILE_FLAGS, word, "flags")),
        ],
      ),
    );
  return addReportOptions(command, FILES_FORMATS)
    .option("--allow-partial", "exit 0 even when something could not be seen")
    .addHelpText("after", HELP_AFTER)
    .action((paths: readonly string[], raw: RawOptions) => run(requestOf(paths, raw)));
}

const HELP_AFTER = `
A directory called set or remove is ./set or ./remove.
Mounts of the kernel's own file systems and of the network are not entered, and named.
Exit codes: 0 fine, 2 wrong usage, 3 cannot observe, 4 something could not be seen.`;

function requestOf(paths: readonly string[], raw: RawOptions): FilesRequest {
  if (raw.tar !== undefined && paths.length > 0) {
    throw new UsageError("--tar looks into an archive, and takes no paths");
  }
  return {
    ...targetOf(raw),
    format: raw.json === true ? "json" : (raw.format ?? "table"),
    paths: paths.length > 0 || raw.searchPath === true ? paths : ["/"],
    searchPath: raw.searchPath === true,
    archive: raw.tar ?? null,
    extent: extentOf(raw),
    capabilitiesOnly: raw.caps === true,
    flags: raw.flag ?? [],
    allowPartial: raw.allowPartial === true,
  };
}

function extentOf({ oneFileSystem, allFileSystems }: RawOptions): FilesRequest["extent"] {
  if (oneFileSystem === true) return "one";
  return allFileSystems === true ? "all" : "local";
}
