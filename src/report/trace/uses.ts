// SPDX-License-Identifier: Apache-2.0
import type { CapabilityFinding, Use, Verdict } from "../../trace/model.ts";
import { escapeText } from "../text/escape.ts";
import { type Paragraph, paragraph } from "./layout.ts";
import { type AlikeUses, joinAlikeUses } from "./alike-uses.ts";
import { count, listSome, phaseText, stackText } from "./phrases.ts";

/** More ways than this to ask for one capability are left to the other formats. */
const MAX_USES = 6;
const MAX_MINOR_USES = 2;
const MAX_PROGRAMS = 3;

/** Verdicts that ask for nothing to be done. */
const MINOR_VERDICTS: readonly Verdict[] = ["opportunistic", "namespaced", "borrowed"];

/**
 * In which ways a capability was asked for: those that made its verdict, then the others. Of the
 * programs in `phased`, each use says when it was.
 */
export function useParagraphs(
  finding: CapabilityFinding,
  phased: ReadonlySet<string>,
): Paragraph[] {
  const own = joinAlikeUses(finding.uses.filter(({ verdict }) => verdict === finding.verdict));
  const limit = MINOR_VERDICTS.includes(finding.verdict) ? MAX_MINOR_USES : MAX_USES;
  const hidden = own.length - limit;
  const reasons = new Set(own.map(({ reason }) => reason));
  const [common = null] = reasons.size === 1 ? reasons : [];
  const hasOthers = finding.uses.some(({ verdict }) => verdict !== finding.verdict);
  const shows = {
    phased,
    reason: reasons.size > 1,
    result: own.length > 1 || hasOthers,
  };
  return [
    ...(common === null ? [] : [paragraph(4, escapeText(common))]),
    ...own.slice(0, limit).flatMap((use) => describeUse(use, shows)),
    ...(hidden > 0
      ? [
          paragraph(
            4,
            `and ${hidden} more ${hidden === 1 ? "way" : "ways"} (--format json has all)`,
          ),
        ]
      : []),
    ...otherUses(finding),
  ];
}

/** What of a use the lines above it do not say already. */
interface Shows {
  readonly phased: ReadonlySet<string>;
  readonly reason: boolean;
  readonly result: boolean;
}

function describeUse(use: AlikeUses, shows: Shows): Paragraph[] {
  const where = use.syscall === null ? "outside a system call" : escapeText(use.syscall);
  const programs = listSome(use.programs.map(escapeText), MAX_PROGRAMS);
  const asked = use.gate === null ? "" : `, asked by ${escapeText(use.gate)}`;
  const facts = [
    ...(shows.result ? [resultText(use)] : []),
    ...(use.programs.every((program) => shows.phased.has(program)) ? [phaseText([use.phase])] : []),
  ];
  const result = facts.length === 0 ? "" : `: ${facts.join(", ")}`;
  const stack = stackText(use.userStack);
  const outcomes = outcomesText(use);
  return [
    paragraph(4, `${where} in ${programs}${asked}${result}`),
    ...(stack === null ? [] : [paragraph(6, stack)]),
    ...(shows.reason && use.reason !== null ? [paragraph(6, escapeText(use.reason))] : []),
    ...(use.kernelStack.length === 0 ? [] : [paragraph(6, kernelStackText(use.kernelStack))]),
    ...(outcomes === null ? [] : [paragraph(6, outcomes)]),
  ];
}

/** All of it: it is what somebody who knows the kernel needs to explain the check. */
function kernelStackText(stack: readonly string[]): string {
  return `not explained; in the kernel: ${stack.map(escapeText).join(" < ")}`;
}

/** "3 granted, 1 denied"; what did not happen is left out. */
export function resultText({ granted, denied }: Pick<Use, "granted" | "denied">): string {
  if (denied === 0) return `${granted} granted`;
  return granted === 0 ? `${denied} denied` : `${granted} granted, ${denied} denied`;
}

/** How the system calls of denied checks ended; those of granted ones that failed all the same. */
function outcomesText({ outcomes, denied }: Pick<Use, "outcomes" | "denied">): string | null {
  if (outcomes.length === 0) return null;
  const parts = outcomes.map(
    ({ syscall, errno, count: times }) =>
      `${escapeText(syscall)} ${errno === null ? "succeeded" : `failed with ${escapeText(errno)}`}` +
      `${times === 1 ? "" : ` ${times} times`}`,
  );
  const what = denied > 0 ? "the call" : "refused by another check or a security module";
  return `${what}: ${parts.join(", ")}`;
}

/** Checks of the same capability that mean something else, one line for each meaning. */
function otherUses({ uses, verdict: own }: CapabilityFinding): Paragraph[] {
  const checks = new Map<string, number>();
  for (const { verdict, reason, granted, denied } of uses) {
    if (verdict === own) continue;
    const meaning = reason === null ? verdict : `${verdict} (${escapeText(reason)})`;
    checks.set(meaning, (checks.get(meaning) ?? 0) + granted + denied);
  }
  return [...checks].map(([meaning, number]) =>
    paragraph(4, `besides: ${count(number, "check")} ${meaning}`),
  );
}
