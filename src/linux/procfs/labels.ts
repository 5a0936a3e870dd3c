// SPDX-License-Identifier: Apache-2.0
import { readText } from "./read-text.ts";

/** A reader of security labels: "" when no security module labels processes, null when denied. */
export type LabelReader = (pid: number | "self") => string | null;

/** Asks once whether any security module labels processes, so that no file is read in vain. */
export function labelReader(): LabelReader {
  const own = readText("/proc/self/attr/current");
  if (own.kind === "absent" || (own.kind === "text" && own.text === "")) return () => "";
  return (pid) => {
    const label = readText(`/proc/${pid}/attr/current`);
    if (label.kind === "text") return label.text.replace(/[\r\n\0]+$/, "");
    return label.kind === "absent" ? "" : null;
  };
}
