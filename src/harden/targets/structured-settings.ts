// SPDX-License-Identifier: Apache-2.0
import { sandboxFor } from "../sandbox.ts";
import type { Workload } from "../workload.ts";
import { capitalised } from "./commented.ts";
import { serviceSettings } from "./service-settings.ts";

/** One key of [Service] with its assignments in order, or a comment alone. */
export interface StructuredSetting {
  readonly comment: string | null;
  readonly key: string | null;
  readonly values: readonly string[];
}

/** The same settings as in the drop-in, by key: a key that is assigned twice is one here. */
export function structuredSettings(workload: Workload): readonly StructuredSetting[] {
  const groups = [
    ...serviceSettings(workload),
    ...sandboxFor(workload).written.map(({ setting, reason }) => ({
      comment: `${capitalised(reason)}.`,
      lines: [setting],
    })),
  ];
  const byKey = new Map<string, { comments: string[]; values: string[] }>();
  const others: StructuredSetting[] = [];
  for (const { comment, lines } of groups) {
    const assignments = lines.filter((line) => !line.startsWith("#"));
    if (assignments.length === 0) others.push({ comment, key: null, values: [] });
    for (const [index, line] of assignments.entries()) {
      const key = line.slice(0, line.indexOf("="));
      const entry = byKey.get(key) ?? { comments: [], values: [] };
      if (index === 0) entry.comments.push(comment);
      entry.values.push(line.slice(key.length + 1));
      byKey.set(key, entry);
    }
  }
  const settings = [...byKey].map(([key, { comments, values }]) => ({
    comment: comments.length === 0 ? null : comments.join(" "),
    key,
    values,
  }));
  return [...settings, ...others];
}
