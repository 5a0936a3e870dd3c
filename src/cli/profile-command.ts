// SPDX-License-Identifier: Apache-2.0
import { adviseOn } from "../harden/advise.ts";
import { renderProfileDiffText } from "../report/profile-diff-text.ts";
import { toJson } from "../report/text/escape.ts";
import { renderTraceCaps } from "../report/trace/trace-caps.ts";
import { renderTraceText } from "../report/trace/trace-text.ts";
import { diffProfiles } from "../trace/diff.ts";
import { mergeProfiles } from "../trace/merge.ts";
import type { Profile } from "../trace/model.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeReport } from "./output.ts";
import type { ProfileRequest } from "./profile-options.ts";
import { assertReadOnce } from "./read-input.ts";
import { readProfile } from "./read-profile.ts";
import { isTerminal, terminalWidth, wantsColor } from "./terminal.ts";

type ShowRequest = Extract<ProfileRequest, { readonly action: "show" }>;

/** Runs `capscope profile`. */
export async function runProfile(request: ProfileRequest): Promise<ExitCode> {
  switch (request.action) {
    case "show": {
      const { profile } = readProfile(request.file);
      writeReport(renderProfile(profile, request), request.output);
      return EXIT_CODE.ok;
    }
    case "merge": {
      assertReadOnce(request.files);
      const [first, ...others] = request.files;
      const merged = mergeProfiles([readProfile(first), ...others.map(readProfile)]);
      writeReport(renderJson(merged), request.output);
      return EXIT_CODE.ok;
    }
    case "diff":
      return compare(request);
  }
}

/** As `capscope trace` renders it. */
function renderProfile(profile: Profile, { format, color, output }: ShowRequest): string {
  switch (format) {
    case "text": {
      const toTerminal = output === null && isTerminal();
      const options = { width: terminalWidth(), color: wantsColor(color, toTerminal) };
      return renderTraceText(profile, adviseOn(profile), options);
    }
    case "json":
      return renderJson(profile);
    case "caps":
      return renderTraceCaps(profile);
  }
}

function compare(request: Extract<ProfileRequest, { readonly action: "diff" }>): ExitCode {
  const { oldFile, newFile, format, output, exitCode } = request;
  assertReadOnce([oldFile, newFile]);
  const diff = diffProfiles(readProfile(oldFile).profile, readProfile(newFile).profile);
  writeReport(format === "json" ? renderJson(diff) : renderProfileDiffText(diff), output);
  return exitCode && diff.differs ? EXIT_CODE.findings : EXIT_CODE.ok;
}

function renderJson(document: object): string {
  return `${toJson(document)}\n`;
}
