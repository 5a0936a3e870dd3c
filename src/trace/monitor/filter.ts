// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../capabilities/set.ts";
import { UsageError } from "../../errors.ts";
import type { FedImage } from "../../linux/bpf/observation.ts";
import type { Place } from "./places.ts";

/** What is to be shown. Entries of one kind are alternatives; each kind that has any must match. */
export interface MonitorFilter {
  readonly pids: readonly number[];
  /** Names or patterns with `*`, `?` and `[abc]`, as the shell has them. */
  readonly comms: readonly string[];
  /** The same; a name without a type is a service's. */
  readonly units: readonly string[];
  /** Ids or beginnings of them, names, patterns. */
  readonly containers: readonly string[];
  /** Null for all. */
  readonly capabilities: CapabilitySet | null;
  readonly deniedOnly: boolean;
  /** Also what decides nothing: see `HIDDEN_VERDICTS`. */
  readonly all: boolean;
}

/** A process that the user named, and when it was made: its pid may be given to another. */
export interface NamedProcess {
  readonly pid: number;
  /** Hundredths of a second after boot. */
  readonly startTicks: number;
}

/** Matches programs and places; made once for a filter. */
export interface FilterMatcher {
  readonly matchesCheck: (capability: number, granted: boolean) => boolean;
  readonly matchesImage: (image: FedImage | null) => boolean;
  readonly asksPlace: boolean;
  readonly matchesPlace: (place: Place) => boolean;
}

/** TASK_COMM_LEN of the kernel, without the NUL byte. */
const COMM_LENGTH = 15;
const NS_PER_TICK = 10_000_000;
const UNIT_TYPE =
  /\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$|[*?[]/;

/** `processes` are those of `filter.pids`. */
export function createMatcher(
  filter: MonitorFilter,
  processes: readonly NamedProcess[],
): FilterMatcher {
  const comms = filter.comms.map(globPattern);
  const cutNames = filter.comms.filter((name) => name.length > COMM_LENGTH && !isPattern(name));
  const units = filter.units.map((name) =>
    globPattern(UNIT_TYPE.test(name) ? name : `${name}.service`),
  );
  const containers = filter.containers.map((name) =>
    globPattern(/^[0-9a-f]{4,63}$/.test(name) ? `${name}*` : name),
  );
  return {
    matchesCheck: (capability, granted) =>
      (!filter.deniedOnly || !granted) &&
      (filter.capabilities === null || ((filter.capabilities >> BigInt(capability)) & 1n) === 1n),
    matchesImage: (image) =>
      (filter.pids.length === 0 || processes.some((each) => isProcess(image, each))) &&
      (comms.length === 0 || hasName(image, comms, cutNames)),
    asksPlace: units.length + containers.length > 0,
    matchesPlace: ({ unit, container }) =>
      (units.length === 0 || (unit !== null && matchesAny(units, unit))) &&
      (containers.length === 0 || (container !== null && matchesAny(containers, container.id))),
  };
}

function isProcess(image: FedImage | null, { pid, startTicks }: NamedProcess): boolean {
  if (image === null || image.pid !== pid) return false;
  const ticks = Math.floor(image.taskStartNs / NS_PER_TICK);
  return image.taskStartNs === 0 || Math.abs(ticks - startTicks) <= 1;
}

/** By the name that the kernel keeps, or by that of the file. */
function hasName(
  image: FedImage | null,
  patterns: readonly RegExp[],
  cutNames: readonly string[],
): boolean {
  if (image === null) return false;
  const { comm, exe } = image;
  if (matchesAny(patterns, comm)) return true;
  if (exe === null) return cutNames.some((name) => name.slice(0, COMM_LENGTH) === comm);
  return matchesAny(patterns, exe.slice(exe.lastIndexOf("/") + 1));
}

function matchesAny(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * A shell pattern as a regular expression; a bracket that is not closed stands for itself. Throws
 * UsageError for a range from high to low.
 */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[\s\S]/gu,
    (character, not: string | undefined, members: string | undefined) => {
      if (members !== undefined) return `[${not === "!" ? "^" : ""}${escapeMembers(members)}]`;
      if (character === "*") return "[^]*";
      return character === "?" ? "[^]" : character.replace(/[\\^$.|+()[\]{}/]/, "\\$&");
    },
  );
  try {
    return new RegExp(`^${source}$`, "u");
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`not a pattern: ${glob}`);
    throw error;
  }
}

function escapeMembers(members: string): string {
  return members.replace(/[\\^[\]]/g, "\\$&");
}
