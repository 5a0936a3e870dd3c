// SPDX-License-Identifier: Apache-2.0
import type { Image, Profile } from "../../trace/model.ts";
import { escapeText } from "../text/escape.ts";
import { BLANK, type Paragraph, paragraph } from "./layout.ts";
import { count, listSome } from "./phrases.ts";

const MAX_PROGRAMS = 12;
const MAX_ENDS = 4;

/** Which programs ran, equal paths as one, those that came first first. */
export function programSection({ runs }: Profile): readonly Paragraph[] {
  const images = runs.flatMap((run) => run.images);
  if (images.length === 0) return [];
  const byPath = new Map<string, Image[]>();
  for (const image of images.toSorted((one, other) => one.startNs - other.startNs)) {
    const alike = byPath.get(image.exe);
    if (alike === undefined) byPath.set(image.exe, [image]);
    else alike.push(image);
  }
  const groups = [...byPath];
  const hidden = groups.slice(MAX_PROGRAMS);
  const times = hidden.reduce((total, [, alike]) => total + alike.length, 0);
  return [
    BLANK,
    paragraph(0, `Programs: ${images.length}`),
    ...groups.slice(0, MAX_PROGRAMS).map(([exe, alike]) => describe(exe, alike)),
    ...(hidden.length > 0
      ? [paragraph(2, `and ${count(hidden.length, "other program")}, run ${count(times, "time")}`)]
      : []),
  ];
}

function describe(exe: string, images: readonly Image[]): Paragraph {
  const times = images.length === 1 ? "" : ` x ${images.length}`;
  const attached = images.filter((image) => image.attached).length;
  const facts = [
    listSome(endTexts(images), MAX_ENDS),
    ...(attached > 0
      ? [
          attached === images.length
            ? "ran before the trace began"
            : `${attached} ran before the trace began`,
        ]
      : []),
  ];
  return paragraph(2, `${escapeText(exe)}${times}: ${facts.join("; ")}`);
}

/** "exit 0", "3 exit 1", "signal 9", "still running" ... most first. */
function endTexts(images: readonly Image[]): readonly string[] {
  const ends = new Map<string, number>();
  for (const image of images) ends.set(endText(image), (ends.get(endText(image)) ?? 0) + 1);
  return [...ends]
    .toSorted(([, one], [, other]) => other - one)
    .map(([end, times]) => (ends.size === 1 ? end : `${times} ${end}`));
}

function endText({ endNs, exitCode, exitSignal }: Image): string {
  if (exitSignal !== null) return `signal ${exitSignal}`;
  if (exitCode !== null) return `exit ${exitCode}`;
  return endNs === null ? "still running" : "executed another program";
}
