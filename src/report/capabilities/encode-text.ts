// SPDX-License-Identifier: Apache-2.0
import type { SetDescription } from "../../capabilities/describe-set.ts";
import type { EncodeReport } from "../../capabilities/reports.ts";
import { FORM_NAMES } from "../../capabilities/set-forms.ts";
import type { TextOptions } from "../text-options.ts";
import { paragraph } from "./paragraph.ts";
import { rootLines, setLines } from "./set-lines.ts";

const FORM_WIDTH = Math.max(...FORM_NAMES.map(({ length }) => length)) + 2;

/** Renders the report for people and for copying: one form a line, which is never wrapped. */
export function renderEncodeText(report: EncodeReport, options: TextOptions): string {
  const { set, state, vectors, forms } = report;
  const parts = Object.entries<SetDescription>({ ...state, ...vectors });
  return [
    ...parts.map(([name, part]) => line(name, `${part.mask}  ${part.names.join(",")}`)),
    ...(parts.length === 0 ? [] : ["\n"]),
    ...forms.map(({ form, text }) => line(form, text)),
    "\n",
    setLines(set, "", options),
    rootLines(set, "", options),
    ...lossLines(forms, options),
  ].join("");
}

function line(name: string, text: string): string {
  return `${name.padEnd(FORM_WIDTH)}${text}`.trimEnd().concat("\n");
}

/** What cannot be said, with the forms in which it cannot. */
function lossLines(forms: EncodeReport["forms"], { width }: TextOptions): readonly string[] {
  const lost = new Map<string, string[]>();
  for (const { form, lost: names } of forms) {
    const key = names.join(", ");
    if (key !== "") lost.set(key, [...(lost.get(key) ?? []), form]);
  }
  return [...lost].map(([names, where]) =>
    paragraph("", `${names} cannot be said in: ${where.join(", ")}`, width),
  );
}
