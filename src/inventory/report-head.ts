// SPDX-License-Identifier: Apache-2.0
import { readHost } from "../linux/procfs/machine.ts";
import { VERSION } from "../version.ts";
import { INVENTORY_SCHEMA_VERSION, type ReportHead } from "./model.ts";

/** What a document says of where and when it was made. */
export function reportHead<Kind extends string>(kind: Kind, time: Date): ReportHead<Kind> {
  return {
    schemaVersion: INVENTORY_SCHEMA_VERSION,
    kind,
    tool: { name: "capscope", version: VERSION },
    host: readHost(),
    time: time.toISOString(),
  };
}
