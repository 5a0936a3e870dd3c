// SPDX-License-Identifier: Apache-2.0
import { explainCapabilities } from "../capabilities/build-reports.ts";
import { EMPTY_SET } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import { renderExplainText } from "../report/capabilities/explain-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { NamesRequest } from "./encode-options.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeReport } from "./output.ts";
import { parseWords } from "./parse-words.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope explain`. */
export function runExplain(request: NamesRequest): ExitCode {
  const { set } = parseWords(request.words);
  if (set === EMPTY_SET) throw new UsageError("the set is empty: there is nothing to explain");
  const report = explainCapabilities(set);
  const text =
    request.format === "json"
      ? `${toJson(report)}\n`
      : renderExplainText(report, textOptionsOf(request, false));
  writeReport(text, request.output);
  return EXIT_CODE.ok;
}
