// SPDX-License-Identifier: Apache-2.0
import { sniffKind } from "../detect.ts";
import type { ManifestKind } from "../model.ts";
import type { Region } from "../region.ts";

/** Languages of fenced blocks that say what is in them; the others are sniffed. */
const LANGUAGES: Readonly<Record<string, ManifestKind>> = {
  dockerfile: "dockerfile",
  docker: "dockerfile",
  containerfile: "dockerfile",
  sh: "shell",
  bash: "shell",
  zsh: "shell",
  shell: "shell",
  console: "shell",
  terminal: "shell",
  "shell-session": "shell",
  shellsession: "shell",
  "sh-session": "shell",
  systemd: "systemd",
};

/** Languages whose blocks are no configuration and no shell. */
const OTHERS =
  /^(?:c|h|cpp|c\+\+|go|rust|rs|python|py|js|ts|javascript|typescript|java|ruby|rb|perl|diff|html|css|sql|nix|lua|make|makefile|mermaid)$/;

/** Programs whose commands say something about capabilities, or lead to one that does. */
const PROGRAMS: ReadonlySet<string> = new Set(
  (
    "ps capsh strace auditctl augenrules ausearch aureport docker podman nerdctl setcap getcap " +
    "chgrp chown chmod bpftrace cp mv install strip filecap netcap pscap captest getpcaps captree " +
    "grep egrep find systemctl systemd-run systemd-analyze setpriv unshare cat tee xargs awk " +
    "kubectl rsync tar"
  ).split(" "),
);

/** The kind of a fenced block; null for what is nothing to read. */
export function blockKind(language: string, text: string): ManifestKind | null {
  const name = language.toLowerCase();
  if (OTHERS.test(name)) return null;
  const sniffed = sniffKind(text);
  const named = LANGUAGES[name];
  // Rules are often shown in blocks that are called shell.
  if (named !== undefined) return sniffed === "auditd" ? sniffed : named;
  if (sniffed !== null) return sniffed;
  return text.split("\n").some(isCommandLine) ? "shell" : null;
}

/** Of these the words after the program are words of the language, too. */
const WORDY: ReadonlySet<string> = new Set(["docker", "podman", "nerdctl", "kubectl", "systemctl"]);

/** True for a line that begins with a program of the list, behind a prompt or not. */
export function isCommandLine(line: string): boolean {
  const text = line.replace(/^\s*(?:[$#%]\s+)?/, "").replace(/^(?:sudo|doas)\s+(?:-\S+\s+)*/, "");
  if (/^[A-Z_]+=\$\(/.test(text) || /^for \w+ in /.test(text)) return true;
  const [, program = "", rest = ""] = /^(?:\/\S*\/)?([a-z-]+)\s+(.*)$/s.exec(text) ?? [];
  if (!PROGRAMS.has(program)) return false;
  const isWordy = WORDY.has(program);
  // An option, a path, a variable, a quotation; or a capability, a mask, a format.
  const isArgument = (word: string): boolean => /^[-/$~.'"{<>|&]|[=+/_|$]|\d/.test(word);
  return !isSentence(rest, isWordy ? 5 : 3) && (isWordy || rest.split(/\s+/).some(isArgument));
}

/** A sentence may begin with "find" or "install" as well: it has words one after the other. */
function isSentence(text: string, limit: number): boolean {
  let count = 0;
  for (const word of text.replaceAll(/'[^']*'|"[^"]*"/g, "'").split(/\s+/)) {
    count = /^[a-z]{2,}[,.:;]?$/.test(word) ? count + 1 : 0;
    if (count >= limit) return true;
  }
  return false;
}

const PROMPT = /^\s*(?:\[?[\w.-]+@[\w.-]+[^$#\n]*)?([$#%])\s+(?=\S)/;
/** A guide that shows how a command fails does not recommend it. */
const FAILURE = /^(?:[\w./-]+: )*(?:error|fatal|usage|unknown|invalid|unrecognized|refused)\b/i;

/**
 * A session shows what was typed behind "$ " or "# ", and what came of it: without the prompts, the
 * output, and what failed. Text without such prompts is left as it is.
 */
export function withoutPrompts(region: Region): Region {
  const lines = region.text.split("\n");
  const hasDollar = lines.some((line) => /^\s*(?:\S+@\S+)?\s*\$\s+\S/.test(line));
  const isRoot = !hasDollar && lines.some((line) => /^\s*(?:\S+@\S+)#\s+\S/.test(line));
  if (!hasDollar && !isRoot) return region;
  const kept = lines.map((line) => " ".repeat(line.length));
  for (let at = 0; at < lines.length; at++) {
    const match = PROMPT.exec(lines[at] ?? "");
    if (match === null) continue;
    const first = at;
    while (lines[at]?.endsWith("\\") === true) at++;
    if (FAILURE.test(lines[at + 1] ?? "")) continue;
    const typed = lines.slice(first, at + 1);
    typed[0] = " ".repeat(match[0].length) + (typed[0] ?? "").slice(match[0].length);
    kept.splice(first, typed.length, ...typed);
  }
  return { text: kept.join("\n"), place: region.place };
}
