// SPDX-License-Identifier: Apache-2.0
import { parseCapabilityNames } from "../../capabilities/parse-names.ts";
import { EMPTY_SET } from "../../capabilities/set.ts";
import type { ShellCommand, UnitDeclaration } from "../../manifest/model.ts";
import { declaredCredentials } from "../../manifest/systemd/credentials.ts";
import { areExclusive } from "../../manifest/shell/branches.ts";
import { programOf } from "../../manifest/shell/commands.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";
import { grantsOf, operands } from "./file-capabilities.ts";

/** What later commands do to a file that has capabilities. */
export const LOST_CAPABILITY_RULES: readonly Rule[] = [
  {
    id: "setcap-lost",
    severity: "error",
    title: "file capabilities that a later command removes",
    why: "chown and chgrp clear them, also when nothing changes; so does every writer (strip, objcopy, patchelf, sed -i), and a copy by cp, cp -p, install, tar or rsync has none unless it is told to keep extended attributes.",
    fix: "run setcap last; copy with cp -a, rsync -X or tar --xattrs --xattrs-include=security.capability",
    source:
      "capabilities(7); chown(2); kernel, fs/attr.c, setattr_prepare(); tried on Linux 6.18 with coreutils, binutils and tar",
    check: ({ commands }) => lostCapabilities(commands),
  },
  {
    id: "setcap-and-setuid",
    severity: "warning",
    title: "file capabilities beside the setuid bit",
    why: "A setuid-root file with capabilities runs as uid 0 with the capabilities of the file alone: it owns root's files, and has not what root would have.",
    fix: "use one of the two: chmod u-s, or setcap -r",
    source:
      "capabilities(7), Set-user-ID-root programs that have file capabilities; kernel, security/commoncap.c, handle_privileged_root()",
    check: ({ commands }) => setuidBeside(commands),
  },
  {
    id: "file-capabilities-void",
    severity: "error",
    title: "a service that cannot use its program's file capabilities",
    why: "Under no_new_privs execve() ignores file capabilities; and a file whose capabilities are not all in the bounding set is not executed at all (EPERM), where its effective flag is set.",
    fix: "give the service the capability with AmbientCapabilities= and the bounding set, and take it off the file",
    source:
      "capabilities(7), Safety checking for capability-dumb binaries; PR_SET_NO_NEW_PRIVS(2const)",
    check: ({ commands, units }) => {
      const granted = new Map(
        commands.flatMap(grantsOf).map(({ file, text }) => [file.text, text.text] as const),
      );
      return units.flatMap((unit) => voidFor(unit, granted));
    },
  },
];

/** Programs of a unit that have capabilities by a command of the same text. */
function voidFor(unit: UnitDeclaration, granted: ReadonlyMap<string, string>): readonly Flaw[] {
  const { isRoot, noNewPrivileges, bounding } = declaredCredentials([unit]);
  if (isRoot !== false) return [];
  return unit.assignments
    .filter(({ key }) => key === "ExecStart")
    .flatMap(({ words }) => words.slice(0, 1))
    .flatMap((word) => {
      const text = granted.get(word.text.replace(/^[-@:]+/, ""));
      if (text === undefined) return [];
      const outside = (parseCapabilityNames(text) ?? EMPTY_SET) & ~bounding;
      if (noNewPrivileges) return [flaw(word, `no_new_privs makes ${text} of the file void`)];
      if (outside === EMPTY_SET || !/[+=][ip]*e/.test(text)) return [];
      return [flaw(word, `the file's ${text} is not all in the bounding set: it is not executed`)];
    });
}

const REWRITERS: ReadonlySet<string> = new Set([
  "chown",
  "chgrp",
  "strip",
  "objcopy",
  "patchelf",
  "upx",
]);
const COPIERS: ReadonlySet<string> = new Set(["cp", "install"]);

function lostCapabilities(commands: readonly ShellCommand[]): readonly Flaw[] {
  const held = new Map<string, ShellCommand>();
  const flaws: Flaw[] = [];
  for (const command of commands) {
    const program = programOf(command);
    if (program === "setcap") {
      for (const { file } of grantsOf(command)) held.set(file.text, command);
      for (const file of removedBy(command)) held.delete(file);
      continue;
    }
    for (const [path, grant] of held) {
      const message = lossBy(command, program, path);
      if (message === null || areExclusive(grant, command)) continue;
      flaws.push(flaw(command, message));
      if (!COPIERS.has(program)) held.delete(path);
    }
  }
  return flaws;
}

function removedBy(command: ShellCommand): readonly string[] {
  return operands(command).words.flatMap(({ text }, at, words) =>
    text === "-r" ? [words[at + 1]?.text ?? ""] : [],
  );
}

function lossBy({ words }: ShellCommand, program: string, path: string): string | null {
  const texts = words.slice(1).map(({ text }) => text);
  const isEditing = program === "sed" && texts.some((text) => /^-i|^--in-place/.test(text));
  if (REWRITERS.has(program) || isEditing) {
    const isBelow = texts.some(
      (text) =>
        isRecursive(texts) && text.length > 1 && path.startsWith(`${text.replace(/\/$/, "")}/`),
    );
    // The owner and the reference come first; a path is one of the rest.
    return texts.includes(path) || isBelow
      ? `${program} removes the capabilities of ${path}`
      : null;
  }
  if (
    !COPIERS.has(program) ||
    !texts.slice(0, -1).includes(path) ||
    keepsAttributes(program, texts)
  )
    return null;
  return `the copy of ${path} that ${program} makes has no capabilities`;
}

function isRecursive(texts: readonly string[]): boolean {
  return texts.some((text) => /^-[a-zA-Z]*R|^--recursive$/.test(text));
}

function keepsAttributes(program: string, texts: readonly string[]): boolean {
  if (program === "install") return texts.some((text) => text === "-d" || text === "--directory");
  return texts.some((text) => /^-[a-zA-Z]*a|^--archive$|^--preserve=.*(?:all|xattr)/.test(text));
}

function setuidBeside(commands: readonly ShellCommand[]): readonly Flaw[] {
  const grants = commands.flatMap((command) =>
    grantsOf(command).map(({ file }) => ({ command, file: file.text })),
  );
  return commands
    .filter((command) => programOf(command) === "chmod")
    .filter((command) => {
      const texts = command.words.slice(1).map(({ text }) => text);
      // setuid where setcap failed is a usual way out.
      return (
        texts.some((text) => SETUID_MODE.test(text)) &&
        grants.some((grant) => texts.includes(grant.file) && !areExclusive(grant.command, command))
      );
    })
    .map((command) =>
      flaw(command, "the file has capabilities too: they replace what setuid root gives"),
    );
}

const SETUID_MODE = /^(?:[ugoa]*[ua][ugoa]*)?\+[rwxXt]*s|^u=[rwx]*s|^[4-7][0-7]{3}$/;
