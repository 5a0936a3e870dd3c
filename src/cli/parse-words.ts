// SPDX-License-Identifier: Apache-2.0
import { parseSpelling, type Spelling } from "../capabilities/parse-names.ts";
import { constantName } from "../capabilities/spelling.ts";
import { namesAbout, similarNames } from "../capabilities/suggest.ts";
import { UsageError } from "../errors.ts";

export type KnownSpelling = Exclude<Spelling, { readonly form: "unknown" }>;

/** Reads the words of a command line as one set; throws what may have been meant otherwise. */
export function parseWords(words: readonly string[]): KnownSpelling {
  const spelling = parseSpelling(words.join(" "));
  if (spelling.form !== "unknown") return spelling;
  const { word } = spelling;
  if (word === "") throw new UsageError("there is no capability");
  throw new UsageError(`${word} is no capability`, hintFor(word));
}

function hintFor(word: string): string | null {
  const similar = similarNames(word);
  if (similar.length > 0) return `did you mean ${similar.join(" or ")}?`;
  const about = namesAbout(word);
  if (about.length > 0) return `the kernel asks for ${about.map(constantName).join(", ")} there`;
  if (/^[0-9a-f]{8,16}$/i.test(word)) return `it looks like a mask: 0x${word}`;
  return null;
}
