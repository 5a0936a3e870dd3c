// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import type { CapabilitySets, Credentials } from "../exposure/model.ts";
import { capabilityTone, type Line, type Span, type Tone, worseTone } from "./text/color.ts";

/** What of a capability list the rest of the report decides. */
export interface CapabilityContext {
  /** Names that this kernel knows, as far as the report shows, in number order. */
  readonly known: readonly string[];
  readonly childUserNamespace: boolean;
}

/**
 * Capabilities that the reported kernel knows: it may be older or newer than our table, and what
 * it knows is what the widest bounding set holds.
 */
export function knownCapabilities({
  processes,
}: {
  readonly processes: readonly Credentials[];
}): readonly string[] {
  const seen = new Set<string>();
  const done = new Set<readonly string[]>();
  for (const { capabilities } of processes) {
    for (const set of [capabilities.bounding, capabilities.permitted]) {
      if (done.has(set)) continue;
      done.add(set);
      for (const name of set) seen.add(name);
    }
  }
  const last = CAPABILITY_NAMES.findLastIndex((name) => seen.has(name));
  const newer = [...seen].filter((name) => !CAPABILITY_NAMES.includes(name));
  return [...CAPABILITY_NAMES.slice(0, last + 1), ...newer.toSorted(byNumber)];
}

/** The permitted set in words: `(none)`, `(full)`, `(full) except sys_time`, or the names. */
export function capabilitySpans(task: Credentials, context: CapabilityContext): Line {
  const { privilege, capabilities } = task;
  if (privilege === "none") return [{ text: "(none)", tone: "green" }];
  const missing = context.known.filter((name) => !capabilities.permitted.includes(name));
  const nearlyFull = privilege === "full" || capabilities.permitted.length > NEARLY_FULL;
  const spans: Span[] = nearlyFull
    ? fullSpans(capabilities, privilege === "full" ? [] : missing, context)
    : listSpans(capabilities.permitted, capabilities.effective);
  if (context.childUserNamespace) spans.push({ text: " in a child user namespace", tone: null });
  return spans;
}

/** Above this many, what is missing says more than what is there. */
const NEARLY_FULL = 32;

/** The permitted set in one word: `none`, `full`, `full-except:sys_time`, or names and commas. */
export function capabilityWord(task: Credentials, known: readonly string[]): string {
  return permittedText(task, known, { except: "full-except:", comma: "," });
}

/** The permitted set in plain words: `none`, `full`, `full except sys_time`, or a list. */
export function capabilityWords(task: Credentials, known: readonly string[]): string {
  return permittedText(task, known, { except: "full except ", comma: ", " });
}

function permittedText(
  { privilege, capabilities: { permitted } }: Credentials,
  known: readonly string[],
  { except, comma }: { readonly except: string; readonly comma: string },
): string {
  if (privilege !== "partial") return privilege;
  if (permitted.length <= NEARLY_FULL) return permitted.join(comma);
  return except + known.filter((name) => !permitted.includes(name)).join(comma);
}

/** How what a process may do is marked in one word: `@` ambient, `+` untrimmed bounding set. */
export function capabilityMarks({
  ambientPresent,
  openEndedBounding,
}: {
  readonly ambientPresent: boolean;
  readonly openEndedBounding: boolean;
}): string {
  return (ambientPresent ? "@" : "") + (openEndedBounding ? "+" : "");
}

/** Names joined by commas, each in its tone. */
export function nameSpans(names: readonly string[], tone?: Tone): Span[] {
  return names.flatMap((name, index) => [
    ...(index === 0 ? [] : [{ text: ", ", tone: null }]),
    { text: name, tone: tone ?? capabilityTone(name) },
  ]);
}

/** Tone of the worst capability that a task may use. */
export function worstTone(task: Credentials): Tone | null {
  if (task.privilege === "full") return "orange";
  return task.capabilities.permitted.map(capabilityTone).reduce(worseTone, null);
}

function fullSpans(
  { permitted, effective }: CapabilitySets,
  missing: readonly string[],
  { childUserNamespace }: CapabilityContext,
): Span[] {
  const spans: Span[] = [{ text: "(full)", tone: childUserNamespace ? "yellow" : "orange" }];
  if (missing.length > 0) spans.push({ text: ` except ${missing.join(", ")}`, tone: null });
  const idle = permitted.filter((name) => !effective.includes(name));
  if (idle.length === 0) return spans;
  if (effective.length === 0) return [...spans, { text: " (permitted only)", tone: null }];
  const text =
    idle.length < effective.length
      ? `; permitted only: ${idle.join(", ")}`
      : `; effective: ${effective.join(", ")}`;
  return [...spans, { text, tone: null }];
}

function listSpans(permitted: readonly string[], effective: readonly string[]): Span[] {
  return nameSpans(permitted).flatMap((span) =>
    span.text === ", " || effective.includes(span.text)
      ? [span]
      : [span, { text: " (permitted only)", tone: null }],
  );
}

function byNumber(one: string, other: string): number {
  return Number(one.replace("cap_", "")) - Number(other.replace("cap_", ""));
}
