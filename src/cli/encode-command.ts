// SPDX-License-Identifier: Apache-2.0
import { encodeSpelling } from "../capabilities/build-reports.ts";
import { renderEncodeText } from "../report/capabilities/encode-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { NamesRequest } from "./encode-options.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeReport } from "./output.ts";
import { parseWords } from "./parse-words.ts";
import { textOptionsOf } from "./report-options.ts";

/** Runs `capscope encode`. */
export function runEncode(request: NamesRequest): ExitCode {
  const report = encodeSpelling(request.words.join(" "), parseWords(request.words));
  const text =
    request.format === "json"
      ? `${toJson(report)}\n`
      : renderEncodeText(report, textOptionsOf(request, false));
  writeReport(text, request.output);
  return EXIT_CODE.ok;
}
