// SPDX-License-Identifier: Apache-2.0
import { adviseOn } from "../harden/advise.ts";
import { renderTraceCaps } from "../report/trace/trace-caps.ts";
import { renderTraceText } from "../report/trace/trace-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { Profile } from "../trace/model.ts";
import { isTerminal, type OutputStream, terminalWidth, wantsColor } from "./terminal.ts";
import type { TraceRequest } from "./trace-options.ts";

/** The report in the form that was asked for, laid out for where it goes. */
export function render(profile: Profile, request: TraceRequest, stream: OutputStream): string {
  if (request.format === "json") return `${toJson(profile)}\n`;
  if (request.format === "caps") return renderTraceCaps(profile);
  const toTerminal = request.output === null && isTerminal(stream);
  return renderTraceText(profile, adviseOn(profile), {
    width: terminalWidth(stream),
    color: wantsColor(request.color, toTerminal),
  });
}
