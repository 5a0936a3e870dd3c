// SPDX-License-Identifier: Apache-2.0
import type { Profile, Run } from "../trace/model.ts";

/** What makes a profile say less than it seems to; nothing else is known to be missing. */
export function warningsOf(profile: Profile): readonly string[] {
  const { coverage } = profile;
  return [...lossNotes(profile), ...coverage.gaps, ...shortnessNotes(profile)];
}

/** Checks and programs that were lost, and a start that was not seen. */
export function lossNotes({ coverage: { lost }, runs }: Profile): readonly string[] {
  return [
    ...(lost.checks + lost.images > 0
      ? ["Checks or programs were lost: the set may lack what they needed."]
      : []),
    ...(isStartUnseen(runs)
      ? [
          "All programs ran before the trace began: what they need to start was not seen, and a " +
            "set without it keeps them from starting again.",
        ]
      : []),
  ];
}

/** True when no program was seen to start. */
export function isStartUnseen(runs: readonly Run[]): boolean {
  const images = runs.flatMap((run) => run.images);
  return images.length > 0 && images.every(({ attached }) => attached);
}

/** A service does something each day that it does not do in its first minutes. */
const SHORT_SECONDS = 600;

function shortnessNotes({ runs }: Profile): readonly string[] {
  const ranOn = runs.filter(({ images }) => images.some(({ endNs }) => endNs === null));
  if (ranOn.length === 0) return [];
  const seconds = runs.reduce((total, { durationNs }) => total + durationNs / 1e9, 0);
  if (seconds >= SHORT_SECONDS) return [];
  return [
    `Seen for ${Math.max(Math.round(seconds), 1)} s in all, and it ran on: what it does later ` +
      "(reload, rotation of logs, jobs, load) was not seen.",
  ];
}
