// SPDX-License-Identifier: Apache-2.0
import { knowledgeOf } from "./knowledge/index.ts";
import { CAPABILITY_NAMES } from "./names.ts";

/** Names that a word was probably meant to be: a typing error away, the nearest first. */
export function similarNames(word: string): readonly string[] {
  const wanted = word.toLowerCase().replace(/^cap_/, "");
  return CAPABILITY_NAMES.map((name) => ({ name, distance: distanceOf(wanted, name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, Math.floor(name.length / 3)))
    .toSorted((one, other) => one.distance - other.distance)
    .map(({ name }) => name);
}

/** Capabilities of which a word is said: `mount`, `SO_MARK`, `/dev/mem`. */
export function namesAbout(word: string): readonly string[] {
  const wanted = word.toLowerCase();
  if (wanted.length < 3) return [];
  const isWord = new RegExp(
    `(?:^|[^a-z0-9_])${wanted.replace(/[^a-z0-9_]/g, "\\$&")}(?![a-z0-9_])`,
  );
  return CAPABILITY_NAMES.filter((name) =>
    knowledgeOf(name)?.gates.some(({ names }) => isWord.test(names.toLowerCase())),
  );
}

/** Single letters to put in, take out, replace or swap until one word is the other. */
function distanceOf(one: string, other: string): number {
  let [before, row] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next[j] = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
