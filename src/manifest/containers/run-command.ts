// SPDX-License-Identifier: Apache-2.0
import type { ContainerDeclaration, Setting, ShellCommand, Word } from "../model.ts";
import { programOf } from "../shell/commands.ts";
import { securityOptions } from "./security-options.ts";

const PLATFORMS: Readonly<Record<string, "docker" | "podman">> = {
  docker: "docker",
  nerdctl: "docker",
  podman: "podman",
};

/** Words after the program that start a container. */
const VERBS = /^(?:(?:container )?(?:run|create)|service create)$/;

/** Options of `run` and `create` that take no value; docker-run(1), podman-run(1). */
const SWITCHES: ReadonlySet<string> = new Set(
  (
    "detach interactive tty rm init privileged read-only publish-all no-healthcheck " +
    "oom-kill-disable sig-proxy disable-content-trust quiet replace rmi tls-verify no-hosts " +
    "no-hostname http-proxy env-host rootfs passwd read-only-tmpfs unsetenv-all no-resolve-image " +
    "with-registry-auth help"
  ).split(" "),
);
/** One-letter options without a value. */
const SHORT_SWITCHES = "ditPq";
const SHORT_NAMES: Readonly<Record<string, string>> = { u: "user" };

interface Option {
  readonly name: string;
  readonly value: Word | null;
  /** The option's own word. */
  readonly word: Word;
}

/** Reads `docker run`, `podman create` and their like; null for any other command. */
export function readRunCommand(command: ShellCommand): ContainerDeclaration | null {
  const platform = PLATFORMS[programOf(command)];
  if (platform === undefined) return null;
  const verbs = verbCount(command.words);
  if (verbs === null) return null;
  const { options, rest } = readOptions(command.words.slice(1 + verbs));
  const valuesOf = (name: string): readonly Word[] =>
    options.flatMap((option) => (option.name === name ? (option.value ?? []) : []));
  const user = valuesOf("user").at(-1);
  const split = (words: readonly Word[]): readonly Word[] =>
    platform === "podman" ? words.flatMap(splitAtCommas) : words;
  return {
    platform,
    role: "command",
    owner: null,
    name: valuesOf("name").at(-1)?.text ?? null,
    image: rest[0]?.text ?? null,
    command: rest.length > 1 ? rest.slice(1).map(({ text }) => text) : null,
    add: split(valuesOf("cap-add")),
    drop: split(valuesOf("cap-drop")),
    privileged: switchOf(options, "privileged"),
    allowPrivilegeEscalation: null,
    user: user === undefined ? null : { value: user.text, start: user.start, end: user.end },
    runAsNonRoot: null,
    hostUsers: null,
    misplaced: [],
    ...securityOptions(valuesOf("security-opt")),
    start: command.start,
    end: command.end,
  };
}

/** How many words make up "run" or "container run"; null when it is another command. */
function verbCount(words: readonly Word[]): number | null {
  for (const count of [1, 2]) {
    const verb = words
      .slice(1, 1 + count)
      .map(({ text }) => text)
      .join(" ");
    if (VERBS.test(verb)) return count;
  }
  return null;
}

/** Options up to the image, and what comes after them. */
function readOptions(words: readonly Word[]): {
  readonly options: readonly Option[];
  readonly rest: readonly Word[];
} {
  const options: Option[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined || !word.text.startsWith("-")) break;
    if (word.text === "--") return { options, rest: words.slice(at + 1) };
    const { name, value, takesNext } = readOption(word);
    const next = words[at + 1];
    options.push({ name, value: takesNext ? (next ?? null) : value, word });
    if (takesNext) at++;
  }
  return { options, rest: words.slice(at) };
}

function readOption(word: Word): { name: string; value: Word | null; takesNext: boolean } {
  const long = /^--([^=]+)(?:=(.*))?$/s.exec(word.text);
  if (long !== null) {
    const [, name = "", value] = long;
    if (value !== undefined) return { name, value: endOfWord(word, value), takesNext: false };
    return { name, value: null, takesNext: !SWITCHES.has(name) };
  }
  // "-itu root" and "-uroot": letters without a value, then one with its value.
  const letters = word.text.slice(1);
  const index = [...letters].findIndex((letter) => !SHORT_SWITCHES.includes(letter));
  if (index === -1) return { name: letters, value: null, takesNext: false };
  const letter = letters[index] ?? "";
  const value = letters.slice(index + 1).replace(/^=/, "");
  return {
    name: SHORT_NAMES[letter] ?? letter,
    value: value === "" ? null : endOfWord(word, value),
    takesNext: value === "",
  };
}

/** The last characters of a word; of a quoted one, all of it. */
function endOfWord(word: Word, value: string): Word {
  const isPlain = word.end - word.start === word.text.length;
  return { text: value, start: isPlain ? word.end - value.length : word.start, end: word.end };
}

function switchOf(options: readonly Option[], name: string): Setting<boolean> | null {
  const found = options.findLast((option) => option.name === name);
  if (found === undefined) return null;
  const { start, end } = found.word;
  return { value: found.value?.text !== "false", start, end };
}

function splitAtCommas(word: Word): readonly Word[] {
  if (!word.text.includes(",") || word.end - word.start !== word.text.length) {
    return word.text.split(",").map((text) => ({ ...word, text }));
  }
  let start = word.start;
  return word.text.split(",").map((text) => {
    const part = { text, start, end: start + text.length };
    start = part.end + 1;
    return part;
  });
}
