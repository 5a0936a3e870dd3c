// SPDX-License-Identifier: Apache-2.0
import type { Detail, Draft } from "../draft.ts";
import { isInterpreter } from "../../capabilities/interpreters.ts";
import { constantOrNumber } from "../program-set.ts";
import { shellWord } from "../shell-word.ts";
import type { UserProgram } from "../user-programs.ts";
import type { Workload } from "../workload.ts";

/** Commands for setcap(8), one for each program that needed something. */
export function draftFileCapabilities(workload: Workload, detail: Detail): Draft {
  const { programs, label } = workload;
  const group = workload.group ?? label;
  const commands = programs.map(describe);
  const written = commands.flatMap(({ command }) => (command === null ? [] : [command]));
  const lines =
    detail === "brief"
      ? written.map(({ text, word }) => `setcap '${text}' ${word}`)
      : written.flatMap((command) => scopedLines(command, group));
  return {
    title: "File capabilities",
    place: null,
    comment: "#",
    lines: lines.length === 0 || detail === "brief" ? lines : [...scriptHead(group), ...lines],
    notes: [
      ...commands.flatMap(({ note }) => (note === null ? [] : [note])),
      ...(lines.length > 0 ? usageNotes(workload, detail) : []),
      ...(programs.length === 0 && detail === "full" ? [noProgramNote(workload)] : []),
    ],
  };
}

interface Command {
  readonly command: { readonly text: string; readonly word: string } | null;
  readonly note: string | null;
}

function describe({ program, capabilities, interpreter }: UserProgram): Command {
  if (interpreter !== null) {
    return {
      command: null,
      note:
        `${program} is a script: the kernel takes the capabilities of ${interpreter}, which runs it, ` +
        "and never those of a script. Give them to the service that runs it, as ambient capabilities.",
    };
  }
  if (isInterpreter(program)) {
    return {
      command: null,
      note:
        `${program} runs scripts: capabilities on it are given to every script of every user. ` +
        "Give them to the service that runs the script instead.",
    };
  }
  if (!/^\/.*[^/]$/s.test(program) || DESCRIPTOR.test(program)) {
    return { command: null, note: `The path of ${program} was not seen.` };
  }
  const word = shellWord(program);
  if (word === null) {
    return { command: null, note: `${program}: no command is written for a path like this.` };
  }
  const names = capabilities.map((name) => constantOrNumber(name).toLowerCase());
  return { command: { text: `${names.join(",")}+ep`, word }, note: null };
}

/** What fexecve(3) runs: the number means nothing to another process. */
const DESCRIPTOR = /^\/(?:dev|proc\/[^/]+)\/fd\//;

function scriptHead(group: string): readonly string[] {
  return [
    "set -eu",
    "# Who may execute it: members of this group, and nobody else.",
    `getent group ${group} >/dev/null || groupadd --system ${group}`,
  ];
}

/** A change of owner or group takes the capabilities off, so they come last; chown(2). */
function scopedLines(
  { text, word }: NonNullable<Command["command"]>,
  group: string,
): readonly string[] {
  return [
    "",
    `[ -f ${word} ] && [ ! -h ${word} ] || { echo 'not a plain file' >&2; exit 1; }`,
    `chgrp ${group} ${word}`,
    `chmod u=rwx,g=rx,o= ${word}`,
    `setcap '${text}' ${word}`,
    `setcap -v '${text}' ${word}`,
  ];
}

function usageNotes({ subject, grant }: Workload, detail: Detail): readonly string[] {
  return [
    "Everyone who may execute the file gets the capabilities: on a tool that does what it is told, " +
      "such as chown or setpriv, that makes everyone root. Restrict it by the file's group and mode. " +
      "They are gone when the file is replaced, and void with no_new_privs or on a nosuid mount.",
    ...(grant.ranAsRoot
      ? ["They serve users other than root: root is given its capabilities anyway."]
      : []),
    ...(subject?.kind === "container"
      ? ["The path is the one inside the container: set them while its image is built."]
      : []),
    "setcap takes no symbolic link: give it what realpath(1) prints.",
    ...(detail === "brief"
      ? []
      : [
          "On a script they have no effect: the kernel takes those of its interpreter.",
          "For a service AmbientCapabilities= of its unit does the same without them, for that " +
            "service alone: use file capabilities for commands that people run.",
          "A package's own file is replaced by the next update: on Debian dpkg-statoverride keeps " +
            "group and mode, and the capabilities have to be set again.",
        ]),
  ];
}

function noProgramNote({ grant, subject }: Workload): string {
  return grant.all.length === 0
    ? "It needs no capability: nothing is to be set on its file."
    : `No program is known${subject === null ? ": name one with --program PATH" : ""}.`;
}
