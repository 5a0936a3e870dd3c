// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities } from "../../capabilities/spelling.ts";
import {
  type CapabilityFinding,
  type Denial,
  DENIALS,
  NEEDED_VERDICTS,
  type Profile,
  type Verdict,
  VERDICTS,
} from "../../trace/model.ts";
import { plain } from "../text/color.ts";
import { escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";
import { capabilitySpans, phaseText } from "./phrases.ts";
import { resultText, useParagraphs } from "./uses.ts";

/** One section for each verdict that a capability has; the required set is always one. */
export function capabilitySections(profile: Profile): readonly Paragraph[] {
  const { findings, conclusion } = profile;
  return VERDICTS.flatMap((verdict) => {
    const members = findings.filter((finding) => finding.verdict === verdict);
    const { title, note } =
      verdict === "required" && profile.proven !== null ? PROVEN : SECTIONS[verdict];
    if (members.length > 0) {
      const entries = members.toSorted(compareFindings).flatMap((each) => describe(each, profile));
      return [BLANK, paragraph(0, `${title}: ${note}`), ...entries];
    }
    if (verdict !== "required" || conclusion === "inconclusive") return [];
    return [BLANK, paragraph(0, `Required: none, no granted check decided a system call`)];
  });
}

interface Section {
  readonly title: string;
  readonly note: string;
}

const SECTIONS: Readonly<Record<Verdict, Section>> = {
  required: {
    title: "Required, untested",
    note:
      "granted, and the answer decided a system call. Whether the program copes with a refusal, " +
      "only re-runs can tell: capscope minimize",
  },
  conditional: { title: "Conditional", note: "required because of a setting of this system" },
  "self-confinement": {
    title: "Self-confinement",
    note:
      "asked for to give privileges up for good. With it the program limits itself; without it " +
      "that step fails, and the program goes on with what it has, logs an error or stops",
  },
  denied: { title: "Attempted but denied", note: "asked for and refused every time" },
  "capset-only": {
    title: "Only put into a set",
    note: "never asked for, but the program's own capset(2) would fail without it",
  },
  opportunistic: { title: "Opportunistic", note: "the kernel asks and goes on without it" },
  namespaced: {
    title: "In a child user namespace",
    note: "of the program's own; no need on the host",
  },
  borrowed: {
    title: "Of other credentials",
    note: "not the program's own: a mounter's or an opener's",
  },
};

const PROVEN: Section = {
  title: "Required by the trace",
  note: "granted, and the answer decided a system call; the proof above says what is needed",
};

/** Denials by their consequence, the rest by number. */
function compareFindings(one: CapabilityFinding, other: CapabilityFinding): number {
  const ranks = [one, other].map(({ verdict, denial }) =>
    verdict === "denied" && denial !== null ? DENIALS.indexOf(denial) : 0,
  );
  const [first = 0, second = 0] = ranks;
  return first - second || compareCapabilities(one.capability, other.capability);
}

function describe(finding: CapabilityFinding, profile: Profile): readonly Paragraph[] {
  const dropping = PHASED_VERDICTS.includes(finding.verdict)
    ? droppingPrograms(profile)
    : new Set<string>();
  const own = finding.uses.filter(({ verdict }) => verdict === finding.verdict);
  const isPhased = own.length > 0 && own.every(({ program }) => dropping.has(program));
  const facts = factsOf(finding, profile, isPhased);
  const text = facts.length === 0 ? "" : `: ${facts.join("; ")}`;
  const isTold = isPhased && finding.phases.length === 1;
  return [
    { indent: 2, line: [...capabilitySpans(finding.capability), ...plain(text)] },
    ...conditionParagraphs(finding),
    ...alternativeParagraphs(finding),
    ...denialParagraphs(finding),
    ...useParagraphs(finding, isTold ? new Set() : dropping),
  ];
}

function factsOf(
  finding: CapabilityFinding,
  { runs }: Profile,
  isPhased: boolean,
): readonly string[] {
  const wasAsked = finding.granted + finding.denied > 0;
  return [
    ...(wasAsked ? [resultText(finding)] : []),
    ...(wasAsked && isPhased ? [phaseText(finding.phases)] : []),
    `confidence ${finding.confidence}`,
    ...(finding.installedIn.length > 0 ? [`put into: ${finding.installedIn.join(", ")}`] : []),
    ...(runs.length > 1 && finding.runs.length < runs.length
      ? [
          `in ${runNumbers(
            finding,
            runs.map(({ id }) => id),
          )} of ${runs.length}`,
        ]
      : []),
  ];
}

/** Verdicts of checks that matter, and so does when they were made. */
const PHASED_VERDICTS: readonly Verdict[] = [
  "required",
  "conditional",
  "self-confinement",
  "denied",
];

/** "run 2", "runs 1, 3": the numbers that the title gives them. */
function runNumbers({ runs }: CapabilityFinding, ids: readonly string[]): string {
  const numbers = ids.flatMap((id, index) => (runs.includes(id) ? [index + 1] : []));
  return `${numbers.length === 1 ? "run" : "runs"} ${numbers.join(", ")}`;
}

function conditionParagraphs({ verdict, conditions }: CapabilityFinding): readonly Paragraph[] {
  // The reason of a conditional one has them.
  if (conditions.length === 0 || verdict === "conditional") return [];
  return [paragraph(4, `bears on it: ${conditions.map(escapeText).join(", ")}`)];
}

function alternativeParagraphs(finding: CapabilityFinding): readonly Paragraph[] {
  const { alternatives, verdict } = finding;
  if (alternatives.length === 0 || !NEEDED_VERDICTS.includes(verdict)) return [];
  const names = alternatives.map(escapeText).join(" and ");
  return [paragraph(4, `the narrower ${names} would do: the kernel asked for that first`)];
}

function denialParagraphs({ verdict, denial }: CapabilityFinding): readonly Paragraph[] {
  if (denial === null) return [];
  const { text, tone } = DENIAL_TEXTS[denial];
  if (verdict === "denied") return [{ indent: 4, line: [{ text, tone }] }];
  return [{ indent: 4, line: [...plain("where it was denied: "), { text, tone }] }];
}

const DENIAL_TEXTS: Readonly<
  Record<Denial, { text: string; tone: "orange" | "yellow" | "green" | null }>
> = {
  failing: { text: "a system call failed for lack of permission: look into it", tone: "orange" },
  mixed: { text: "some calls succeeded, others did not: look into it", tone: "yellow" },
  harmless: { text: "harmless: the calls succeeded all the same", tone: "green" },
  "not-established": { text: "the calls failed, but for other reasons", tone: null },
  inconclusive: { text: "inconclusive: how the calls ended was not seen", tone: "yellow" },
};

/** Programs that gave privileges up, so that it matters when they asked. */
function droppingPrograms({ runs }: Profile): ReadonlySet<string> {
  const programs = runs.flatMap(({ credentials, images }) => {
    const rows = credentials.filter(({ phase }) => phase === "after-drop");
    const dropping = new Set(rows.map(({ image }) => image));
    return images.filter(({ id }) => dropping.has(id)).map(({ exe }) => exe);
  });
  return new Set(programs);
}
