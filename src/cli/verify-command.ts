// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import { expectedOf } from "../harden/expected.ts";
import { resolveUser } from "../linux/account.ts";
import { escapeText, toJson } from "../report/text/escape.ts";
import { renderVerifySarif } from "../report/verify-sarif.ts";
import { renderVerifyText } from "../report/verify-text.ts";
import type { GivenSet } from "../verify/expectation.ts";
import type { VerifyReport } from "../verify/model.ts";
import { verifyManifest } from "../verify/verify-manifest.ts";
import { verifyProgram } from "../verify/verify-program.ts";
import { verifyRunning } from "../verify/verify.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { assertReadOnce, readInput } from "./read-input.ts";
import { readProfile } from "./read-profile.ts";
import { isTerminal, terminalWidth, wantsColor } from "./terminal.ts";
import type { VerifyRequest } from "./verify-options.ts";

/** Runs `capscope verify`: a gate, so a difference is status 1 without being asked for. */
export async function runVerify(request: VerifyRequest): Promise<ExitCode> {
  assertReadOnce(filesOf(request));
  const given = readGiven(request.expected);
  if (typeof given === "string") {
    writeDiagnostic(escapeText(given));
    return EXIT_CODE.incomplete;
  }
  const report = await verify(request, given);
  writeReport(render(report, request), request.output);
  switch (report.verdict) {
    case "confined":
      return EXIT_CODE.ok;
    case "differs":
      return EXIT_CODE.findings;
    case "not-established":
      return request.allowPartial ? EXIT_CODE.ok : EXIT_CODE.incomplete;
  }
}

function filesOf({ target, expected }: VerifyRequest): readonly string[] {
  return [
    ...(target.kind === "manifest" ? [target.file] : []),
    ...(expected?.kind === "profile" ? [expected.file] : []),
  ];
}

async function verify(
  { target, exact }: VerifyRequest,
  given: GivenSet | null,
): Promise<VerifyReport> {
  const time = new Date();
  if (target.kind !== "manifest" && target.kind !== "command") {
    return verifyRunning({ time, target, given, exact });
  }
  if (given === null) throw new UsageError("nothing to compare with", "give --profile or --cap");
  if (target.kind === "command") {
    const { program } = target;
    const user = target.user === null ? null : resolveUser(target.user);
    const searchPath = process.env["PATH"] ?? "";
    return verifyProgram({ time, program, searchPath, user, given, exact });
  }
  const isOnDisk = target.file !== "-";
  const text = readInput(target.file, MANIFEST_LIMIT_BYTES);
  const file = isOnDisk ? target.file : "standard input";
  return verifyManifest({ time, file, text, isOnDisk, name: target.name, given });
}

const MANIFEST_LIMIT_BYTES = 16 * 1024 * 1024;

/** A text for a profile that says nothing about what is needed. */
function readGiven(expected: VerifyRequest["expected"]): GivenSet | string | null {
  if (expected === null) return null;
  if (expected.kind === "list") {
    const { set } = expected;
    return { source: "list", file: null, proven: null, set, complete: true, before: null };
  }
  const { name, profile } = readProfile(expected.file);
  const { set, proven, complete, before, refusal } = expectedOf(profile);
  if (refusal !== null) return refusal;
  return { source: "profile", file: name, proven, set, complete, before };
}

function render(report: VerifyReport, { format, color, output }: VerifyRequest): string {
  if (format === "json") return `${toJson(report)}\n`;
  if (format === "sarif") return renderVerifySarif(report);
  const toTerminal = output === null && isTerminal();
  return renderVerifyText(report, {
    width: terminalWidth(),
    color: wantsColor(color, toTerminal),
  });
}
