// SPDX-License-Identifier: Apache-2.0
import type { Resource } from "../../resource-limits.ts";

/** An octal file mode up to 7777; null for anything else. */
export function parseMode(text: string): number | null {
  return /^[0-7]{1,6}$/.test(text) && Number.parseInt(text, 8) <= 0o7777
    ? Number.parseInt(text, 8)
    : null;
}

type Unit = "bytes" | "seconds" | "microseconds" | "nice" | "count";

/** How the value of Limit…= is written; man 5 systemd.exec, table "Resource limit directives". */
const UNITS: Readonly<Record<Resource, Unit>> = {
  cpu: "seconds",
  fsize: "bytes",
  data: "bytes",
  stack: "bytes",
  core: "bytes",
  rss: "bytes",
  nproc: "count",
  nofile: "count",
  memlock: "bytes",
  as: "bytes",
  locks: "count",
  sigpending: "count",
  msgqueue: "bytes",
  nice: "nice",
  rtprio: "count",
  rttime: "microseconds",
};

/** Soft and hard limit of a Limit…= ("1024", "4096:524288", "infinity"); null when malformed. */
export function parseLimit(
  resource: Resource,
  text: string,
): { readonly soft: bigint | null; readonly hard: bigint | null } | null {
  const [soft = "", hard = soft, ...rest] = text.split(":").map((part) => part.trim());
  const parsed = [soft, hard].map((part) => parseAmount(UNITS[resource], part));
  const [one, other] = parsed;
  if (rest.length > 0 || one === undefined || other === undefined) return null;
  if (other !== null && (one === null || one > other)) return null;
  return { soft: one, hard: other };
}

/** Undefined when malformed, null for unlimited. */
function parseAmount(unit: Unit, text: string): bigint | null | undefined {
  if (text === "infinity") return null;
  if (unit === "bytes") return parseBytes(text);
  if (unit === "nice") return parseNice(text);
  if (unit === "count") return /^\d+$/.test(text) ? BigInt(text) : undefined;
  const microseconds = parseMicroseconds(text, unit === "seconds" ? 1_000_000 : 1);
  if (microseconds === undefined || unit === "microseconds") return microseconds;
  // Rounded up: a limit of half a second is not one of none.
  return (microseconds + 999_999n) / 1_000_000n;
}

function parseBytes(text: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?\s*([BKMGTPE]?)$/.exec(text);
  if (match === null) return undefined;
  const [, whole = "0", fraction = "", suffix = ""] = match;
  const shift = BigInt(10 * Math.max(0, "BKMGTPE".indexOf(suffix || "B")));
  const scale = 10n ** BigInt(fraction.length);
  return (BigInt(whole + fraction) << shift) / scale;
}

/** "+5" and "-5" are nice values, which the kernel counts from 20 downwards; "25" is its own form. */
function parseNice(text: string): bigint | undefined {
  if (/^[+-]\d+$/.test(text)) {
    const nice = Number(text);
    return nice >= -20 && nice <= 19 ? BigInt(20 - nice) : undefined;
  }
  return /^\d+$/.test(text) && Number(text) <= 40 ? BigInt(text) : undefined;
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  usec: 1,
  µs: 1,
  ms: 1000,
  msec: 1000,
  s: 1_000_000,
  sec: 1_000_000,
  second: 1_000_000,
  seconds: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  minute: 60_000_000,
  minutes: 60_000_000,
  h: 3_600_000_000,
  hr: 3_600_000_000,
  hour: 3_600_000_000,
  hours: 3_600_000_000,
  d: 86_400_000_000,
  day: 86_400_000_000,
  days: 86_400_000_000,
  w: 604_800_000_000,
  week: 604_800_000_000,
  weeks: 604_800_000_000,
};

/** "5min 20s"; a number without a unit is multiplied by `bare`. */
function parseMicroseconds(text: string, bare: number): bigint | undefined {
  if (!/^(?:\s*\d+(?:\.\d+)?\s*[a-zµ]*)+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-zµ]*)/g)) {
    const factor = unit === "" ? bare : TIME_UNITS[unit];
    if (factor === undefined) return undefined;
    total += Number(number) * factor;
  }
  return BigInt(Math.round(total));
}
