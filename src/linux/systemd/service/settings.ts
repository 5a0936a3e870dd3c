// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET, EVERYTHING } from "../../../capabilities/set.ts";
import { UsageError } from "../../../errors.ts";
import { mergeCapabilities } from "../../../manifest/systemd/capability-list.ts";
import type { Assignment } from "../../../manifest/systemd/unit-text.ts";
import { parseBoolean, SECURE_BITS } from "../../../manifest/systemd/values.ts";
import { splitWords } from "../../../manifest/systemd/words.ts";
import { RESOURCES, type ResourceLimit } from "../../resource-limits.ts";
import { directiveKind, isNeutral } from "./directives.ts";
import { assignmentName } from "./expand-variables.ts";
import { parseLimit, parseMode } from "./values.ts";

/** What the assignments of [Service] add up to, with specifiers expanded and nothing looked up. */
export interface ServiceSettings {
  /** Of ExecStart=, specifiers not expanded: they are, after the words are split. */
  execStart: string[];
  type: string | null;
  user: string | null;
  group: string | null;
  supplementaryGroups: string[];
  dynamicUser: boolean;
  ambient: CapabilitySet;
  /** EVERYTHING where nothing is taken away. */
  bounding: CapabilitySet;
  noNewPrivileges: boolean;
  securebits: Set<string>;
  workingDirectory: { path: string; optional: boolean } | null;
  umask: number | null;
  limits: Map<string, ResourceLimit>;
  environment: Map<string, string>;
  environmentFiles: { path: string; optional: boolean }[];
  passEnvironment: string[];
  unsetEnvironment: string[];
  searchPath: string[];
  /** What is set and not applied: values by key, without the neutral ones. */
  notReproduced: Map<string, string[]>;
  warnings: string[];
}

export function emptySettings(): ServiceSettings {
  return {
    execStart: [],
    type: null,
    user: null,
    group: null,
    supplementaryGroups: [],
    dynamicUser: false,
    ambient: EMPTY_SET,
    bounding: EVERYTHING,
    noNewPrivileges: false,
    securebits: new Set(),
    workingDirectory: null,
    umask: null,
    limits: new Map(),
    environment: new Map(),
    environmentFiles: [],
    passEnvironment: [],
    unsetEnvironment: [],
    searchPath: [],
    notReproduced: new Map(),
    warnings: [],
  };
}

interface Reader {
  readonly settings: ServiceSettings;
  readonly expand: (text: string) => string;
  readonly warn: (warning: string) => void;
  /** "User", to name it. */
  readonly key: string;
}

/**
 * Applies one assignment. What systemd complains about and ignores becomes a warning; what keeps
 * it from loading the unit throws a UsageError.
 */
export function applyAssignment(
  settings: ServiceSettings,
  { key, value }: Pick<Assignment, "key" | "value">,
  expand: (text: string) => string,
): void {
  const warn = (warning: string): void => void settings.warnings.push(`${key}=: ${warning}`);
  const limit = RESOURCES.find(([resource]) => key === `Limit${resource.toUpperCase()}`);
  const reader: Reader = { settings, expand, warn, key };
  if (limit !== undefined) applyLimit(reader, limit[0], value);
  else if (READERS[key] !== undefined) READERS[key](reader, value);
  else if (directiveKind(key) === "not-reproduced") keepUnapplied(reader, value);
  else if (directiveKind(key) === "unknown") {
    settings.warnings.push(`${key}= is not a known setting of services: not applied`);
  }
}

const READERS: Readonly<Record<string, (reader: Reader, value: string) => void>> = {
  ExecStart: ({ settings }, value) => {
    settings.execStart = value === "" ? [] : [...settings.execStart, value];
  },
  Type: ({ settings }, value) => void (settings.type = value === "" ? null : value),
  User: (reader, value) => void (reader.settings.user = readName(reader, value)),
  Group: (reader, value) => void (reader.settings.group = readName(reader, value)),
  SupplementaryGroups: (reader, value) => {
    const { settings } = reader;
    const words = readWords(reader, value).map((word) => readName(reader, word) ?? "");
    settings.supplementaryGroups =
      value === "" ? [] : [...settings.supplementaryGroups, ...words.filter((word) => word !== "")];
  },
  DynamicUser: (reader, value) => {
    reader.settings.dynamicUser = readBoolean(reader, value) ?? reader.settings.dynamicUser;
  },
  NoNewPrivileges: (reader, value) => {
    reader.settings.noNewPrivileges = readBoolean(reader, value) ?? reader.settings.noNewPrivileges;
  },
  AmbientCapabilities: ({ settings, warn }, value) => {
    settings.ambient = mergeCapabilities(settings.ambient, EMPTY_SET, value, warn);
  },
  CapabilityBoundingSet: ({ settings, warn }, value) => {
    settings.bounding = mergeCapabilities(settings.bounding, EVERYTHING, value, warn);
  },
  SecureBits: (reader, value) => {
    // They do not add up, although man 5 systemd.exec says so: systemd 252 does this.
    reader.settings.securebits.clear();
    for (const word of readWords(reader, value)) {
      if (SECURE_BITS.includes(word)) reader.settings.securebits.add(word);
      else reader.warn(`unknown secure bit ${word}, ignored`);
    }
  },
  WorkingDirectory: (reader, value) => {
    const optional = value.startsWith("-");
    const path = reader.expand(optional ? value.slice(1) : value);
    if (value === "") reader.settings.workingDirectory = null;
    else if (path === "~" || path.startsWith("/")) {
      reader.settings.workingDirectory = { path, optional };
    } else throw new UsageError(`WorkingDirectory=${value}: not an absolute path`);
  },
  UMask: ({ settings, warn }, value) => {
    const mode = value === "" ? null : parseMode(value);
    if (value !== "" && mode === null) warn(`${value} is not a file mode, ignored`);
    else settings.umask = mode;
  },
  Environment: (reader, value) => {
    if (value === "") reader.settings.environment.clear();
    for (const word of readWords(reader, value)) {
      const assignment = reader.expand(word);
      const name = assignmentName(assignment);
      if (name === null) reader.warn(`${assignment} is not an assignment, ignored`);
      else reader.settings.environment.set(name, assignment.slice(name.length + 1));
    }
  },
  EnvironmentFile: (reader, value) => {
    const optional = value.startsWith("-");
    const path = reader.expand(optional ? value.slice(1) : value);
    if (value === "") reader.settings.environmentFiles = [];
    else if (/[*?[]/.test(path)) keepUnapplied(reader, value);
    else if (path.startsWith("/")) reader.settings.environmentFiles.push({ path, optional });
    else reader.warn(`${path} is not an absolute path, ignored`);
  },
  PassEnvironment: (reader, value) => {
    const { settings } = reader;
    settings.passEnvironment =
      value === "" ? [] : [...settings.passEnvironment, ...readWords(reader, value)];
  },
  UnsetEnvironment: (reader, value) => {
    const { settings } = reader;
    settings.unsetEnvironment =
      value === "" ? [] : [...settings.unsetEnvironment, ...readWords(reader, value)];
  },
  ExecSearchPath: (reader, value) => {
    const { settings } = reader;
    const paths = reader
      .expand(value)
      .split(":")
      .filter((path) => path.startsWith("/"));
    settings.searchPath = value === "" ? [] : [...settings.searchPath, ...paths];
  },
};

/** A name that systemd would not load the unit with is an error there as here. */
function readName({ expand, key }: Reader, value: string): string | null {
  const name = expand(value);
  if (name === "") return null;
  const isReserved = /^[+-]?\d+$/.test(name) && !isPlainId(name);
  if (isReserved || /[\0-\x1f\x7f:/]/.test(name) || name === "." || name === "..") {
    throw new UsageError(`${key}=${name}: not a valid user or group`);
  }
  return name;
}

function isPlainId(text: string): boolean {
  const id = Number(text);
  return /^(?:0|[1-9]\d{0,9})$/.test(text) && id < 0xffff_ffff && id !== 0xffff;
}

function readBoolean({ warn }: Reader, value: string): boolean | null {
  const parsed = parseBoolean(value);
  if (parsed === null) warn(`${value} is not a boolean, ignored`);
  return parsed;
}

function readWords({ warn, expand, key }: Reader, value: string): readonly string[] {
  const words = splitWords(value);
  if (words === null) warn("a quotation does not end, ignored");
  return (words ?? []).map((word) => (key === "Environment" ? word : expand(word)));
}

function applyLimit(
  { settings, warn, key }: Reader,
  resource: ResourceLimit["resource"],
  value: string,
): void {
  if (value === "") {
    settings.limits.delete(key);
    return;
  }
  const pair = parseLimit(resource, value);
  if (pair === null) warn(`${value} is not a limit, ignored`);
  else settings.limits.set(key, { resource, ...pair });
}

function keepUnapplied({ settings, key }: Reader, value: string): void {
  const values = value === "" ? [] : [...(settings.notReproduced.get(key) ?? []), value];
  // A later boolean replaces, a later list adds; either way "no" alone asks for nothing.
  if (isNeutral(key, value)) settings.notReproduced.delete(key);
  else settings.notReproduced.set(key, parseBoolean(value) === null ? values : [value]);
}
