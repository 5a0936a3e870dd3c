// SPDX-License-Identifier: Apache-2.0
import {
  ABILITIES,
  type Ability,
  type Area,
  AREAS,
  type Check,
  type DoctorReport,
  type State,
  STATES,
} from "../doctor/model.ts";
import { renderSpans, type Tone } from "./text/color.ts";
import { escapeText } from "./text/escape.ts";
import { cellWidth, wrapText } from "./text/wrap.ts";
import type { TextOptions } from "./text-options.ts";

const TONES: Readonly<Record<State, Tone>> = {
  ok: "green",
  limited: "yellow",
  missing: "orange",
  unknown: "yellow",
};

const ABILITY_TEXTS: Readonly<Record<State, string>> = {
  ok: "possible, and nothing is lost",
  limited: "possible, with losses",
  missing: "not possible",
  unknown: "unknown",
};

const AREA_TITLES: Readonly<Record<Area, string>> = {
  kernel: "Kernel",
  trace: "What a trace can see",
  exposure: "What an exposure report can see",
  system: "System",
  privileges: "Privileges",
};

/** Renders the report for people: all checks, then what is lost and what helps. */
export function renderDoctorText(report: DoctorReport, options: TextOptions): string {
  const { host, tool, checks, abilities } = report;
  const columns = Math.max(...checks.map(({ name }) => cellWidth(escapeText(name))), 0);
  const areas = AREAS.map((area) => {
    const rows = checks.filter((check) => check.area === area);
    return `\n${AREA_TITLES[area]}:\n${rows.map((row) => renderCheck(row, columns, options)).join("")}`;
  });
  return [
    `capscope ${escapeText(tool.version)} on ${escapeText(host.name)}, Linux ${escapeText(host.kernel)}\n`,
    ...areas,
    renderLosses(checks, options),
    "\n",
    ...ABILITIES.map((ability) => abilityLine(ability, abilities[ability])),
  ].join("");
}

/** Name, state, and what was found, which is wrapped in its column. */
function renderCheck(check: Check, columns: number, { width, color }: TextOptions): string {
  const name = escapeText(check.name);
  const before = `  ${name}${" ".repeat(columns - cellWidth(name))}  `;
  const span = { text: check.state, tone: TONES[check.state] };
  const state = renderSpans([span], 0, span.text.length, color);
  const after = `${" ".repeat(STATE_WIDTH - span.text.length)}  `;
  const start = 2 + columns + 2 + STATE_WIDTH + 2;
  const detail = escapeText(check.detail);
  const lines = width === null ? [detail] : wrapText(detail, Math.max(width - start, NARROWEST));
  return `${before}${state}${after}${lines.join(`\n${" ".repeat(start)}`)}\n`;
}

const STATE_WIDTH = Math.max(...STATES.map(({ length }) => length));

/** Text is not wrapped into less than this. */
const NARROWEST = 20;

function abilityLine(ability: Ability, state: State): string {
  return `${ability}: ${ABILITY_TEXTS[state]}\n`;
}

/** What several checks have in common. */
interface Loss {
  readonly names: readonly string[];
  readonly effect: string | null;
  readonly remedy: string | null;
}

function renderLosses(checks: readonly Check[], options: TextOptions): string {
  const losses = new Map<string, Loss>();
  for (const { name, effect, remedy } of checks) {
    if (effect === null && remedy === null) continue;
    const key = JSON.stringify([effect, remedy]);
    const names = [...(losses.get(key)?.names ?? []), escapeText(name)];
    losses.set(key, { names, effect, remedy });
  }
  if (losses.size === 0) return "";
  const lines = [...losses.values()].flatMap(({ names, effect, remedy }) => [
    ...indent(`${names.join(", ")}: ${escapeText(effect ?? "not known")}`, 2, options),
    ...(remedy === null ? [] : indent(`remedy: ${escapeText(remedy)}`, 6, options)),
  ]);
  return `\nWhat is lost:\n${lines.map((line) => `${line}\n`).join("")}`;
}

function indent(text: string, blanks: number, { width }: TextOptions): readonly string[] {
  const lines = width === null ? [text] : wrapText(text, Math.max(width - blanks, NARROWEST));
  return lines.map((line) => " ".repeat(blanks) + line);
}
