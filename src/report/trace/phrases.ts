// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, constantName } from "../../capabilities/spelling.ts";
import type { Phase, Subject, UserFunction } from "../../trace/model.ts";
import { capabilityTone, type Span } from "../text/color.ts";
import { escapeText } from "../text/escape.ts";

/** "1 check", "2 checks". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** "a, b and 3 more": at most `limit` of the items. */
export function listSome(items: readonly string[], limit: number): string {
  const hidden = items.length - limit;
  if (hidden <= 0) return items.join(", ");
  return `${items.slice(0, limit).join(", ")} and ${hidden} more`;
}

/** "net_raw (#13)", with the tone of the capability. */
export function capabilitySpans(capability: string): readonly Span[] {
  const number = capabilityNumber(capability);
  return [
    { text: escapeText(capability), tone: capabilityTone(capability) },
    { text: number === null ? "" : ` (#${number})`, tone: null },
  ];
}

/** "CAP_NET_RAW", made safe to print. */
export function printedConstant(capability: string): string {
  return escapeText(constantName(capability));
}

export function durationText(ns: number): string {
  const seconds = ns / 1e9;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** When in the life of a program that gave privileges up. */
export function phaseText(phases: readonly Phase[]): string {
  const after = phases.includes("after-drop");
  const before = phases.includes("start-up");
  if (after && before) return "at start-up and after the drop";
  return after ? "after the drop" : "at start-up";
}

/** What was followed, made safe to print. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case "command":
      return escapeText(shortened(subject.argv.map(readableArgument).join(" ")));
    case "process":
      return `process ${subject.pid} (${escapeText(subject.program)})`;
    case "unit":
      return escapeText(subject.unit);
    case "service":
      return `${escapeText(subject.unit)} (${escapeText(subject.file)})`;
    case "container":
      return `container ${escapeText(subject.id)}${
        subject.runtime === null ? "" : ` (${escapeText(subject.runtime)})`
      }`;
    case "cgroup":
      return `control group ${escapeText(subject.path)}`;
  }
}

/** An argument with blanks or quotes is shown in quotes, so that it reads as one. */
function readableArgument(argument: string): string {
  if (/^[^\s'"]+$/.test(argument)) return argument;
  return argument.includes("'") && !/["$`\\!]/.test(argument) ? `"${argument}"` : `'${argument}'`;
}

/** The start of a long text; the whole is in the other formats. */
function shortened(text: string): string {
  if (text.length <= MAX_TITLE) return text;
  return `${text.slice(0, MAX_TITLE).replace(/[\ud800-\udbff]$/, "")} ...`;
}

const MAX_TITLE = 200;

/** "called from bind (libc.so.6) < main (daemon)", innermost first; null where nothing is known. */
export function stackText(stack: readonly UserFunction[]): string | null {
  const known = stack.filter(({ name, file }) => name !== "[unknown]" || file !== null);
  if (known.length === 0) return null;
  const shown = known.slice(0, MAX_FRAMES).map(frameText);
  return `called from ${shown.join(" < ")}${known.length > MAX_FRAMES ? " < ..." : ""}`;
}

const MAX_FRAMES = 5;

function frameText({ name, file }: UserFunction): string {
  const place = file === null ? "" : ` (${escapeText(file.slice(file.lastIndexOf("/") + 1))})`;
  return `${escapeText(name)}${place}`;
}
