// SPDX-License-Identifier: Apache-2.0
import type { CapabilityFinding, Profile, Verdict } from "../trace/model.ts";
import { VERDICTS } from "../trace/model.ts";
import { escapeText } from "./text/escape.ts";

interface Section {
  readonly title: string;
  readonly note: string;
}

const SECTIONS: Readonly<Record<Verdict, Section>> = {
  required: { title: "Required", note: "granted, and the answer decided a system call" },
  denied: { title: "Attempted but denied", note: "asked for and refused" },
  opportunistic: { title: "Opportunistic", note: "the kernel asks and goes on without" },
  namespaced: { title: "In a child user namespace", note: "no need on the host" },
  borrowed: {
    title: "Of other credentials",
    note: "not the program's own: a mounter's, an opener's",
  },
};

/** Renders a profile for people: what was needed, by whom, in which system calls. */
export function renderTraceText(profile: Profile): string {
  const { subject, host, wayIn, findings, images } = profile;
  const lines = [
    `capabilities used by: ${subject.argv.map(escapeText).join(" ")}`,
    `kernel ${escapeText(host.kernel)}, seen through ${wayIn}, ${count(images.length, "program")}, ${seconds(profile.durationNs)}`,
  ];
  for (const verdict of VERDICTS) {
    const members = findings.filter((finding) => finding.verdict === verdict);
    if (members.length === 0) continue;
    lines.push("", `${SECTIONS[verdict].title} (${SECTIONS[verdict].note}):`);
    for (const finding of members) lines.push(...findingLines(finding));
  }
  lines.push("", conclusionLine(profile), ...coverageLines(profile));
  return `${lines.join("\n")}\n`;
}

/** Renders the required set alone, one CAP_NAME a line. */
export function renderTraceCaps({ findings }: Profile): string {
  return findings
    .filter(({ verdict }) => verdict === "required")
    .map(({ capability }) => `${systemdName(capability)}\n`)
    .join("");
}

function findingLines(finding: CapabilityFinding): readonly string[] {
  const { capability, granted, denied, syscalls, gates, programs } = finding;
  const results = [
    ...(granted > 0 ? [`${granted} granted`] : []),
    ...(denied > 0 ? [`${denied} denied`] : []),
  ];
  const where = syscalls.length === 0 ? "outside a system call" : `in ${syscalls.join(", ")}`;
  const asked = gates.length === 0 ? "" : `, asked by ${gates.map(escapeText).join(", ")}`;
  return [
    `  ${capability}  ${results.join(", ")}, ${where}${asked}`,
    `      by ${programs.map(escapeText).join(", ")}`,
  ];
}

function conclusionLine({ conclusion, findings }: Profile): string {
  if (conclusion === "inconclusive") {
    return "Inconclusive: no program ran, so nothing can be said about its needs.";
  }
  if (conclusion === "needs-nothing-seen") {
    return "No capability decided anything in this run. What was not exercised was not seen.";
  }
  const names = findings
    .filter(({ verdict }) => verdict === "required")
    .map(({ capability }) => systemdName(capability));
  return `Needed in this run, by the evidence and not yet proven: ${names.join(" ")}`;
}

function coverageLines({ coverage }: Profile): readonly string[] {
  const { checks, images, stacks } = coverage.lost;
  const losses = [
    ...(checks > 0 ? [`${count(checks, "check")} lost`] : []),
    ...(images > 0 ? [`${count(images, "program")} lost`] : []),
    ...(stacks > 0 ? [`${count(stacks, "stack")} lost`] : []),
    ...coverage.gaps.map(escapeText),
  ];
  return losses.length === 0 ? [] : [`incomplete: ${losses.join("; ")}`];
}

function systemdName(capability: string): string {
  return capability.startsWith("cap_")
    ? capability.toUpperCase()
    : `CAP_${capability.toUpperCase()}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(2)} s`;
}
