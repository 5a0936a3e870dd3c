// SPDX-License-Identifier: Apache-2.0

/** What the specifiers of a unit stand for, apart from those that follow from its name. */
export interface SpecifierContext {
  /** Full name, "web@blue.service". */
  readonly unit: string;
  /** Path of its file. */
  readonly fragment: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly machineId: string | null;
  readonly bootId: string | null;
  /** Of os-release(5): ID, VERSION_ID, BUILD_ID, VARIANT_ID, IMAGE_ID, IMAGE_VERSION. */
  readonly osRelease: ReadonlyMap<string, string>;
  /** As uname -m says it, in systemd's words: "x86-64", "arm64". */
  readonly architecture: string | null;
}

/** "web@blue.service" apart: prefix "web", instance "blue". */
export interface UnitName {
  readonly full: string;
  readonly prefix: string;
  /** Null where the name has no "@"; empty for a template. */
  readonly instance: string | null;
}

export function parseUnitName(full: string): UnitName {
  const stem = full.slice(0, full.lastIndexOf("."));
  const at = stem.indexOf("@");
  if (at === -1) return { full, prefix: stem, instance: null };
  return { full, prefix: stem.slice(0, at), instance: stem.slice(at + 1) };
}

/** Of the system manager, which runs as root. Source: man 5 systemd.unit. */
const OF_THE_SYSTEM: Readonly<Record<string, string>> = {
  "%": "%",
  C: "/var/cache",
  E: "/etc",
  g: "root",
  G: "0",
  h: "/root",
  L: "/var/log",
  s: "/bin/sh",
  S: "/var/lib",
  t: "/run",
  T: "/tmp",
  u: "root",
  U: "0",
  V: "/var/tmp",
};

const OS_RELEASE_KEYS: Readonly<Record<string, string>> = {
  A: "IMAGE_VERSION",
  B: "BUILD_ID",
  M: "IMAGE_ID",
  o: "ID",
  w: "VERSION_ID",
  W: "VARIANT_ID",
};

/**
 * Expands the specifiers of a value. One that systemd does not know stays as it is, like a "%" at
 * the end; one whose value is not known here stays too, and is named in `unknown`.
 */
export function expandSpecifiers(
  text: string,
  context: SpecifierContext,
  unknown: Set<string> = new Set(),
): string {
  return text.replace(/%([A-Za-z%])/gu, (whole, letter: string) => {
    const value = specifierValue(letter, context);
    if (value === undefined) return whole;
    if (value === null) unknown.add(whole);
    return value ?? whole;
  });
}

/** Undefined where there is no such specifier, null where its value is not known. */
function specifierValue(letter: string, context: SpecifierContext): string | null | undefined {
  const key = OS_RELEASE_KEYS[letter];
  if (key !== undefined) return context.osRelease.get(key) ?? "";
  return OF_THE_SYSTEM[letter] ?? nameSpecifier(letter, context) ?? hostSpecifier(letter, context);
}

function nameSpecifier(letter: string, { unit, fragment }: SpecifierContext): string | undefined {
  const { full, prefix, instance } = parseUnitName(unit);
  const lastPart = prefix.slice(prefix.lastIndexOf("-") + 1);
  const values: Readonly<Record<string, string>> = {
    n: full,
    N: full.slice(0, full.lastIndexOf(".")),
    p: prefix,
    P: unescapeUnitName(prefix),
    i: instance ?? "",
    I: unescapeUnitName(instance ?? ""),
    j: lastPart,
    J: unescapeUnitName(lastPart),
    f: `/${unescapeUnitName(instance ?? prefix)}`,
    y: fragment,
    Y: fragment.slice(0, fragment.lastIndexOf("/")) || "/",
    d: `/run/credentials/${full}`,
  };
  return values[letter];
}

function hostSpecifier(letter: string, context: SpecifierContext): string | null | undefined {
  const { hostname, kernel, machineId, bootId, architecture } = context;
  const values: Readonly<Record<string, string | null>> = {
    a: architecture,
    b: bootId,
    H: hostname,
    l: hostname.split(".", 1)[0] ?? hostname,
    m: machineId,
    q: hostname,
    v: kernel,
  };
  return values[letter];
}

/** "-" is "/", \xNN a byte: unit_name_unescape() in systemd. */
function unescapeUnitName(text: string): string {
  const bytes: number[] = [];
  for (const part of text.match(/\\x[0-9a-fA-F]{2}|[^\\]+|\\/g) ?? []) {
    if (part.startsWith("\\x")) bytes.push(Number.parseInt(part.slice(2), 16));
    else bytes.push(...new TextEncoder().encode(part.replaceAll("-", "/")));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
