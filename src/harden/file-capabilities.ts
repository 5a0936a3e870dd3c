// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import type { Profile } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import { isInterpreter } from "./interpreters.ts";
import type { Recommendation } from "./model.ts";
import { shellWord } from "./shell-word.ts";
import { type UserProgram, userProgramsOf } from "./user-programs.ts";
import { evidenceSentence } from "./wording.ts";

/** Commands for setcap(8), one for each program that needed something. */
export function recommendFileCapabilities(profile: Profile, grant: Grant): Recommendation | null {
  const programs = userProgramsOf(profile);
  if (programs.length === 0) return null;
  const commands = programs.map(describe);
  const lines = commands.flatMap(({ line }) => (line === null ? [] : [line]));
  return {
    target: "file",
    title: "File capabilities",
    text: lines.length === 0 ? "" : [`# ${evidenceSentence(grant)}`, ...lines].join("\n"),
    notes: [
      ...commands.flatMap(({ note }) => (note === null ? [] : [note])),
      ...(lines.length > 0 ? usageNotes(profile, grant) : []),
    ],
  };
}

interface Command {
  readonly line: string | null;
  readonly note: string | null;
}

function describe({ program, capabilities }: UserProgram): Command {
  if (isInterpreter(program)) {
    return {
      line: null,
      note:
        `${program} runs scripts: capabilities on it are given to every script of every user. ` +
        "Give them to the service that runs the script instead.",
    };
  }
  if (!program.startsWith("/") || DESCRIPTOR.test(program)) {
    return { line: null, note: `The path of ${program} was not seen.` };
  }
  const word = shellWord(program);
  if (word === null) {
    return { line: null, note: `${program}: no command is written for a path like this.` };
  }
  const names = capabilities.map((name) => constantName(name).toLowerCase());
  return { line: `setcap '${names.join(",")}+ep' ${word}`, note: null };
}

/** What fexecve(3) runs: the number means nothing to another process. */
const DESCRIPTOR = /^\/(?:dev|proc\/[^/]+)\/fd\//;

function usageNotes({ subject }: Profile, { ranAsRoot }: Grant): readonly string[] {
  return [
    "Everyone who may execute the file gets the capabilities: on a tool that does what it is told, " +
      "such as chown or setpriv, that makes everyone root. Restrict it by the file's group and mode. " +
      "They are gone when the file is replaced, and void with no_new_privs or on a nosuid mount.",
    ...(ranAsRoot
      ? ["They serve users other than root: root is given its capabilities anyway."]
      : []),
    ...(subject.kind === "container"
      ? ["The path is the one inside the container: set them while its image is built."]
      : []),
    "On a script they have no effect: the kernel takes those of its interpreter.",
    "setcap takes no symbolic link: give it what realpath(1) prints.",
  ];
}
