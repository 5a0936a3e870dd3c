// SPDX-License-Identifier: Apache-2.0
import type { ExposureReport } from "../exposure/model.ts";
import type { TextOptions } from "./text-options.ts";

export type { InterfaceNamesFormat } from "./interface-names.ts";
export type { TextOptions } from "./text-options.ts";

/** Formats of an exposure report, as `--format` names them. */
export const EXPOSURE_FORMATS = ["tree", "table", "json", "jsonl", "yaml", "netcap-json"] as const;
export type ExposureFormat = (typeof EXPOSURE_FORMATS)[number];

/** Turns a report into text that ends with one newline; equal reports give equal text. */
export type ExposureRenderer = (report: ExposureReport, options: TextOptions) => string;

/** Loads the renderer of a format, and no other: one command needs only one of them. */
export async function loadExposureRenderer(format: ExposureFormat): Promise<ExposureRenderer> {
  switch (format) {
    case "tree":
      return (await import("./exposure-tree.ts")).renderExposureTree;
    case "table":
      return (await import("./exposure-table.ts")).renderExposureTable;
    case "json":
      return (await import("./exposure-json.ts")).renderExposureJson;
    case "jsonl":
      return (await import("./exposure-json.ts")).renderExposureJsonLines;
    case "yaml":
      return (await import("./exposure-yaml.ts")).renderExposureYaml;
    case "netcap-json":
      return (await import("./netcap-json.ts")).renderNetcapJson;
  }
}

/** Loads the renderer of the classic table of network-facing processes with capabilities. */
export async function loadPrivilegedRenderer(): Promise<ExposureRenderer> {
  return (await import("./privileged-table.ts")).renderPrivilegedTable;
}

/** Loads the renderer of the list of interfaces. */
export async function loadInterfaceNamesRenderer(): Promise<
  (typeof import("./interface-names.ts"))["renderInterfaceNames"]
> {
  return (await import("./interface-names.ts")).renderInterfaceNames;
}
