// SPDX-License-Identifier: Apache-2.0

/** How much a word deserves attention: `orange` most, `green` is as it should be. */
export type Tone = "orange" | "yellow" | "green";

/** Piece of a line; `text` is already escaped. */
export interface Span {
  readonly text: string;
  readonly tone: Tone | null;
}

export type Line = readonly Span[];

/** A line without colour. */
export function plain(text: string): Line {
  return [{ text, tone: null }];
}

/** The line without its colours. */
export function lineText(line: Line): string {
  const [first] = line;
  return line.length === 1 && first !== undefined
    ? first.text
    : line.map((span) => span.text).join("");
}

/** Renders the part of a line between two offsets of its text; each colour is closed again. */
export function renderSpans(line: Line, start: number, end: number, color: boolean): string {
  let text = "";
  let offset = 0;
  for (const span of line) {
    const part = span.text.slice(Math.max(start - offset, 0), Math.max(end - offset, 0));
    offset += span.text.length;
    if (part !== "") text += color && span.tone !== null ? paint(part, span.tone) : part;
  }
  return text;
}

function paint(text: string, tone: Tone): string {
  return `\x1b[${TONE_TO_SGR[tone]}m${text}\x1b[0m`;
}

/** xterm 256-colour codes: they look the same on light and dark terminals of any theme. */
const TONE_TO_SGR: Readonly<Record<Tone, string>> = {
  orange: "38;5;208",
  yellow: "38;5;226",
  green: "38;5;82",
};

/** Tone of a capability in a list; most have none. */
export function capabilityTone(name: string): Tone | null {
  if (ORANGE_CAPABILITIES.has(name)) return "orange";
  return YELLOW_CAPABILITIES.has(name) ? "yellow" : null;
}

const ORANGE_CAPABILITIES: ReadonlySet<string> = new Set([
  "sys_ptrace",
  "sys_module",
  "sys_rawio",
  "setuid",
  "setgid",
  "setpcap",
  "audit_control",
]);

const YELLOW_CAPABILITIES: ReadonlySet<string> = new Set([
  "sys_admin",
  "dac_override",
  "dac_read_search",
  "net_admin",
  "net_raw",
  "chown",
  "fowner",
  "mknod",
  "sys_chroot",
]);

/** The more alarming of two tones. */
export function worseTone(one: Tone | null, other: Tone | null): Tone | null {
  return TONE_RANK[one ?? "none"] >= TONE_RANK[other ?? "none"] ? one : other;
}

const TONE_RANK: Readonly<Record<Tone | "none", number>> = {
  none: 0,
  green: 1,
  yellow: 2,
  orange: 3,
};

/** Protocols that read or forge packets. */
export function protocolTone(label: string): Tone | null {
  return YELLOW_PROTOCOLS.has(label) ? "yellow" : null;
}

const YELLOW_PROTOCOLS: ReadonlySet<string> = new Set(["raw", "raw6", "packet", "xdp", "hci"]);

/**
 * Tone of a Linux Security Module label: green only when a policy is enforced on the process.
 * AppArmor writes `profile (mode)`; SELinux `user:role:type:level`.
 */
export function lsmTone(label: string): Tone | null {
  if (/^unconfined\b/.test(label) || label.endsWith("(unconfined)")) return "orange";
  if (label.endsWith("(complain)")) return "yellow";
  const type = label.split(":")[2];
  if (type === undefined) return label === "" ? null : "green";
  return /(^|_)unconfined(_|$)/.test(type) || UNLIMITED_TYPES.has(type) ? "orange" : "green";
}

/** SELinux types that the reference policy allows nearly everything (`unconfined_domain`). */
const UNLIMITED_TYPES: ReadonlySet<string> = new Set(["kernel_t", "init_t", "initrc_t"]);
