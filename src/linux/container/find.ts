// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError, UsageError } from "../../errors.ts";
import { systemAccounts } from "../account.ts";
import { controlGroupOf, type LocatedControlGroup } from "../cgroup/control-group.ts";
import type { ContainerRuntime } from "../cgroup/path.ts";
import { enginePlaces, type NameListing, readContainerNames } from "./names.ts";
import { containerPath, readRunningContainers, type RunningContainer } from "./running.ts";

/** A container that runs. */
export interface FoundContainer {
  /** In full. */
  readonly id: string;
  readonly runtime: ContainerRuntime | null;
  /** In ascending order; the first is usually its init. */
  readonly pids: readonly number[];
  /** With the processes of the container, and of none beside it. */
  readonly group: LocatedControlGroup;
}

const SHORTEST_PREFIX = 4;
/** More matches than these are not listed. */
const LISTED_MATCHES = 10;

/**
 * Finds a running container without asking its engine: by id, at least four digits of its
 * beginning ("4f9e", "containerd://4f9e..."), or by the name in the engine's state on disk.
 * Throws UsageError when none or several match, UnsupportedError when its control group cannot be
 * followed.
 */
export function findContainer(
  text: string,
  running: readonly RunningContainer[] = readRunningContainers(),
  readNames: () => NameListing = () => readNamesFor(running),
): FoundContainer {
  // kubectl prints ids with the runtime before them.
  const key = text.replace(/^[a-z-]+:\/\//, "");
  const byId = matchId(key, running);
  const matches = byId.length > 0 ? byId : matchName(key, running, readNames());
  const [container, ...others] = matches;
  if (container === undefined) throw new UsageError(`no running container ${text}`);
  if (others.length > 0) throw ambiguous(text, matches);
  const group = groupOf(container);
  return { id: container.id, runtime: container.runtime, pids: container.pids, group };
}

/** An exact id, which LXC and nspawn choose freely, or the beginning of a hexadecimal one. */
function matchId(key: string, running: readonly RunningContainer[]): readonly RunningContainer[] {
  const exact = running.filter(({ id }) => id === key);
  if (exact.length > 0) return exact;
  if (!/^[0-9a-f]+$/.test(key) || key.length < SHORTEST_PREFIX) return [];
  return running.filter(({ id }) => /^[0-9a-f]{64}$/.test(id) && id.startsWith(key));
}

function matchName(
  key: string,
  running: readonly RunningContainer[],
  { names, unreadable }: NameListing,
): readonly RunningContainer[] {
  const ids = new Set(names.filter(({ name }) => name === key).map(({ id }) => id));
  const matches = running.filter(({ id }) => ids.has(id));
  if (matches.length > 0) return matches;
  if (ids.size > 0) throw new UsageError(`container ${key} has no processes: it is not running`);
  const [directory] = unreadable;
  const why =
    directory === undefined
      ? `give at least ${SHORTEST_PREFIX} digits of its id, as docker ps, podman ps or crictl ps show it`
      : `names are in ${directory}, which could not be read: give the id, or run as root`;
  throw new UsageError(`no running container ${key}`, why);
}

function ambiguous(text: string, matches: readonly RunningContainer[]): UsageError {
  const ids = matches.slice(0, LISTED_MATCHES).map(({ id }) => id);
  const more = matches.length > ids.length ? ", ..." : "";
  return new UsageError(
    `${text} stands for ${matches.length} containers: ${ids.join(", ")}${more}`,
    "give more of the id of one",
  );
}

function groupOf({ id, pids }: RunningContainer): LocatedControlGroup {
  for (const pid of pids) {
    const group = groupOfMember(pid, id);
    if (group !== null) return group;
  }
  throw new UnsupportedError(`container ${id} has no control group that can be followed`, {
    hint: `follow one of its processes: --pid ${pids[0] ?? 0}`,
  });
}

/** Null for a process that ended meanwhile, too. */
function groupOfMember(pid: number, id: string): LocatedControlGroup | null {
  try {
    return controlGroupOf(pid, (path) => containerPath(path, id));
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** Users' own engines keep their state in their homes. */
function readNamesFor(running: readonly RunningContainer[]): NameListing {
  const database = systemAccounts();
  const users = new Set(
    running.flatMap(({ managerOf }) => (managerOf === null ? [] : [managerOf])),
  );
  const homes = [...users].flatMap((uid) => database.findUser(String(uid))?.home ?? []);
  return readContainerNames(enginePlaces(homes));
}
