// SPDX-License-Identifier: Apache-2.0
import type { OwnNamespace, Power, PowerState, SelfReport } from "../../inventory/model.ts";
import type { CapabilitySets } from "../../process/model.ts";
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { gapsLine } from "../coverage-line.ts";
import { uidText, yesNo } from "../process-node.ts";
import { renderSpans, type Tone } from "../text/color.ts";
import { escapeText, escapeWord } from "../text/escape.ts";
import { cellWidth, wrapText } from "../text/wrap.ts";
import type { TextOptions } from "../text-options.ts";

/** Renders what this process is, what it holds, and what it could do. */
export function renderSelfText(report: SelfReport, options: TextOptions): string {
  const { host, tool } = report;
  return [
    `capscope ${escapeText(tool.version)} on ${escapeText(host.name || "an unknown host")}, Linux ${escapeText(host.kernel || "unknown")}\n`,
    section("Credentials", credentialRows(report), options),
    section("Confinement", confinementRows(report), options),
    powersSection(report.powers, options),
    gapsLine(report.coverage.gaps),
  ].join("");
}

type Row = readonly [string, string];

function credentialRows({ credentials, securebits }: SelfReport): readonly Row[] {
  if (credentials === null) return [["capabilities", "unknown"]];
  const { capabilities, uids, gids } = credentials;
  const sets = SETS.map((name): Row => [name, setText(capabilities, name)]);
  return [
    ["uid", uidText(uids)],
    ["gid", uidText(gids)],
    ...sets,
    ["securebits", securebits === null ? "unknown" : securebits.join(", ") || "none"],
  ];
}

const SETS = ["permitted", "effective", "inheritable", "bounding", "ambient"] as const;

/** Names, or what is missing where that is less. */
function setText(capabilities: CapabilitySets, name: keyof CapabilitySets): string {
  const names = capabilities[name];
  if (names.length === 0) return "none";
  if (name === "effective" && names.join() === capabilities.permitted.join()) {
    return "all that is permitted";
  }
  const missing = CAPABILITY_NAMES.filter((each) => !names.includes(each));
  if (missing.length === 0) return "all";
  return missing.length < FEW ? `all but ${missing.join(", ")}` : names.join(", ");
}

const FEW = 8;

function confinementRows(report: SelfReport): readonly Row[] {
  const { noNewPrivs, seccomp, seccompFilters, lsm, uidMap, container, unit } = report;
  const filters = seccomp === "filter" && seccompFilters !== null ? ` (${seccompFilters})` : "";
  return [
    ["no_new_privs", yesNo(noNewPrivs)],
    ["seccomp", `${seccomp ?? "unknown"}${filters}`],
    ["lsm", lsm === null ? "unknown" : lsm === "" ? "no label" : escapeText(lsm)],
    ["uid map", mapText(uidMap)],
    ["namespaces", report.namespaces.map(namespaceText).join(", ")],
    ["unit", unit === null ? "none known" : escapeText(unit)],
    ["container", containerText(container)],
  ];
}

function mapText(map: SelfReport["uidMap"]): string {
  if (map === null) return "unknown";
  const [first] = map;
  const isWhole = first?.inside === 0 && first.outside === 0 && first.count >= 0xffffffff;
  if (isWhole) return "every id is itself";
  return map.map(({ inside, outside, count }) => `${inside} is ${outside} (${count})`).join(", ");
}

function namespaceText({ kind, initial }: OwnNamespace): string {
  if (initial === null) return `${kind} unknown`;
  return `${kind} ${initial ? "initial" : "own"}`;
}

function containerText({ runtime, id, evidence }: SelfReport["container"]): string {
  if (evidence.length === 0) return "nothing tells of one";
  const name = [runtime ?? "unknown engine", ...(id === null ? [] : [id.slice(0, 12)])];
  return `${name.map(escapeWord).join(" ")} (${evidence.map(escapeText).join(", ")})`;
}

function section(title: string, rows: readonly Row[], options: TextOptions): string {
  const columns = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => {
    const before = `  ${name.padEnd(columns)}  `;
    return before + wrapped(text, before.length, options);
  });
  return `\n${title}:\n${lines.map((line) => `${line}\n`).join("")}`;
}

const TONES: Readonly<Record<PowerState, Tone | null>> = {
  yes: "orange",
  perhaps: "yellow",
  no: "green",
  unknown: "yellow",
};

function powersSection(powers: readonly Power[], options: TextOptions): string {
  const columns = Math.max(...powers.map(({ what }) => cellWidth(what)));
  const lines = powers.map(({ what, state, reason }) => {
    const span = { text: state, tone: TONES[state] };
    const word = renderSpans([span], 0, state.length, options.color);
    const before = `  ${what}${" ".repeat(columns - cellWidth(what))}  `;
    const start = before.length + "perhaps".length + 2;
    const gap = " ".repeat("perhaps".length - state.length + 2);
    return `${before}${word}${gap}${wrapped(escapeText(reason), start, options)}\n`;
  });
  return `\nWhat would work from here (nothing was tried):\n${lines.join("")}`;
}

function wrapped(text: string, start: number, { width }: TextOptions): string {
  if (width === null) return text;
  return wrapText(text, Math.max(width - start, 20)).join(`\n${" ".repeat(start)}`);
}
