// SPDX-License-Identifier: Apache-2.0
import type { Edit, Finding } from "./model.ts";

/**
 * The text with what its findings say put right. Of edits that overlap the first is applied, and
 * so is of equal ones; a second look at the text finds what is left.
 */
export function applyEdits(text: string, findings: readonly Finding[]): string {
  const edits = findings
    .filter(({ suppressed }) => !suppressed)
    .flatMap((finding) => finding.edits)
    .toSorted((one, other) => one.offset - other.offset || one.length - other.length);
  let result = "";
  let at = 0;
  let last: Edit | null = null;
  for (const edit of edits) {
    const isSame = last?.offset === edit.offset && last.text === edit.text;
    if (edit.offset < at || isSame) continue;
    result += text.slice(at, edit.offset) + edit.text;
    at = edit.offset + edit.length;
    last = edit;
  }
  return result + text.slice(at);
}
