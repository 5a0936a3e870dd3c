// SPDX-License-Identifier: Apache-2.0
import type { VerifyReport } from "../../../src/verify/model.ts";
import { type Run, runCapscope, type RunOptions } from "./capscope.ts";
import { parseBySchema } from "./schemas.ts";

/** What `capscope verify --json` said, valid by the published schema. */
export interface Verified {
  readonly status: number | null;
  readonly report: VerifyReport;
}

/** Verifies; throws when there is no report. */
export function verify(words: readonly string[], options: RunOptions = {}): Verified {
  return readVerified(runCapscope(["verify", "--json", ...words], options));
}

/** Reads the report of a run; throws when there is none. */
export function readVerified({ status, stdout, stderr }: Run): Verified {
  if (stdout === "") throw new Error(`status ${status}: ${stderr}`);
  return { status, report: parseBySchema(stdout, "verify") as VerifyReport };
}
