// SPDX-License-Identifier: Apache-2.0
import type { Defenses, Executable, Process } from "../exposure/model.ts";
import { type Line, lsmTone, plain, type Tone } from "./text/color.ts";
import { escapeText } from "./text/escape.ts";
import type { TreeNode } from "./text/tree.ts";

/** The `defenses` node: four lines for every process, the others when they say something. */
export function defensesNode({ defenses, exe }: Process): TreeNode {
  const lines = [
    yesNoLine("runs_as_nonroot", defenses.runsAsNonroot),
    yesNoLine("no_new_privs", defenses.noNewPrivs),
    seccompLine(defenses),
    ...lsmLines(defenses.lsm),
    ...(defenses.dumpable === false ? [toned("dumpable: ", "no", "green")] : []),
    ...namespaceLines(defenses.ownNamespaces),
    ...chrootLines(defenses.chroot),
    ...executableLines(exe),
  ];
  return { line: plain("defenses"), children: lines.map((line) => ({ line, children: [] })) };
}

function toned(key: string, text: string, tone: Tone | null): Line {
  return [...plain(key), { text, tone }];
}

function yesNoLine(key: string, value: boolean | null): Line {
  if (value === null) return plain(`${key}: unknown`);
  return value ? toned(`${key}: `, "yes", "green") : toned(`${key}: `, "no", "yellow");
}

function seccompLine({ seccomp, seccompFilters }: Defenses): Line {
  if (seccomp === null) return plain("seccomp: unknown");
  const count =
    seccomp === "filter" && seccompFilters !== null ? ` (${plural(seccompFilters)})` : "";
  return toned("seccomp: ", `${seccomp}${count}`, seccomp === "disabled" ? "yellow" : "green");
}

function plural(filters: number): string {
  return filters === 1 ? "1 filter" : `${filters} filters`;
}

function lsmLines(label: string | null): readonly Line[] {
  if (label === "") return [];
  if (label === null) return [plain("lsm: unknown")];
  return [toned("lsm: ", escapeText(label), lsmTone(label))];
}

function namespaceLines(own: Defenses["ownNamespaces"]): readonly Line[] {
  const kinds = (["user", "mount", "pid", "net"] as const).filter((kind) => own[kind] === true);
  return kinds.length === 0 ? [] : [toned("namespaces: ", `own ${kinds.join(", ")}`, "green")];
}

function chrootLines(root: string | null): readonly Line[] {
  if (root === null || root === "") return [];
  return [toned("root: ", `${escapeText(root)} (chroot)`, "green")];
}

function executableLines(exe: Executable | null): readonly Line[] {
  if (exe === null) return [];
  const findings: (readonly [boolean | null, string, Tone])[] = [
    [exe.deleted, "deleted", "yellow"],
    [exe.writableByOthers, "writable by others", "orange"],
    [exe.setuid, "setuid", "yellow"],
    [exe.setgid, "setgid", "yellow"],
  ];
  const lines = findings
    .filter(([found]) => found === true)
    .map(([, text, tone]) => toned("exe: ", text, tone));
  const text = exe.fileCapabilities;
  if (text === null || text === "") return lines;
  return [...lines, toned("exe: ", `file capabilities ${escapeText(text)}`, "yellow")];
}
