// SPDX-License-Identifier: Apache-2.0
import type { Gap } from "../process/model.ts";
import { escapeText } from "../report/text/escape.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeDiagnostic } from "./output.ts";

interface Judgement {
  /** The report itself says what is missing, where the user sees it. */
  readonly showsGaps: boolean;
  readonly allowPartial: boolean;
}

/** The status for what could not be seen; where the report does not say it, standard error does. */
export function judgeGaps(
  { complete, gaps }: { readonly complete: boolean; readonly gaps: readonly Gap[] },
  { showsGaps, allowPartial }: Judgement,
): ExitCode {
  if (complete) return EXIT_CODE.ok;
  if (!showsGaps) {
    const missing = gaps.filter(({ incomplete }) => incomplete);
    writeDiagnostic(...missing.map(({ message }) => `incomplete: ${escapeText(message)}`));
  }
  return allowPartial ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}
