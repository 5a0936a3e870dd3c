// SPDX-License-Identifier: Apache-2.0
import { splitWords } from "../../../manifest/systemd/words.ts";

export type Environment = ReadonlyMap<string, string>;

/**
 * Expands $NAME and ${NAME} in the words of a command line as systemd does: "$NAME" alone becomes
 * the words of its value, none when it is not set; "${NAME}" anywhere becomes its value; "$$" is a
 * dollar sign; "$NAME" inside a word stays. Source: man 5 systemd.service, COMMAND LINES.
 */
export function expandArguments(
  words: readonly string[],
  environment: Environment,
): readonly string[] {
  return words.flatMap((word) => {
    if (/^\$(?![{$])/.test(word)) {
      return splitWords(environment.get(word.slice(1)) ?? "", "relaxed") ?? [];
    }
    return [expandBraces(word, environment)];
  });
}

function expandBraces(word: string, environment: Environment): string {
  return word.replace(/\$\$|\$\{([^}:]*)\}/g, (_, name: string | undefined) =>
    name === undefined ? "$" : (environment.get(name) ?? ""),
  );
}

/** NAME of a NAME=VALUE that systemd accepts; null for one that it ignores. */
export function assignmentName(assignment: string): string | null {
  return /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(assignment)?.[1] ?? null;
}
