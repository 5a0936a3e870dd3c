// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, EMPTY_SET } from "../capabilities/set.ts";
import { grantedSet, runsAsRoot, wordMeaning } from "../manifest/containers/granted.ts";
import type { ContainerDeclaration, UnitDeclaration } from "../manifest/model.ts";
import { type DeclaredCredentials, declaredCredentials } from "../manifest/systemd/credentials.ts";
import type { SeenHolder, Sets } from "./compare.ts";

/** Where something is declared: an offset in the file's text. */
export interface DeclaredHolder extends SeenHolder {
  readonly start: number;
}

/**
 * What the first process of a container would have. Runtimes have kept the inheritable set empty since
 * 2022 (CVE-2022-24769); Podman makes ambient what is added for a user other than root, the others
 * give such a user nothing. Where the image decides on the user, root is assumed: it has the most.
 */
export function holderOfContainer(
  container: ContainerDeclaration,
  known: CapabilitySet,
): DeclaredHolder {
  const bounding = grantedSet(container) & known;
  const isRoot = runsAsRoot(container) ?? true;
  const ambient = isRoot ? EMPTY_SET : ambientOf(container) & bounding;
  const permitted = isRoot ? bounding : ambient;
  return {
    ...NOT_RUNNING,
    name: [container.owner, container.name ?? container.image ?? "container"]
      .filter((part) => part !== null)
      .join(": "),
    uid: isRoot ? 0 : numericUser(container.user?.value ?? ""),
    sets: { inheritable: ambient, permitted, effective: permitted, bounding, ambient },
    noNewPrivileges:
      container.noNewPrivileges?.value === true ||
      container.allowPrivilegeEscalation?.value === false,
    start: container.start,
  };
}

/** What the main process of a service would have, by the unit and its drop-ins together. */
export function holderOfUnit(
  name: string,
  units: readonly UnitDeclaration[],
  known: CapabilitySet,
): DeclaredHolder {
  const declared = declaredCredentials(units);
  const exec = declared.last.get("ExecStart")?.value ?? "";
  const isFull = /^[@:|-]*\+/.test(exec);
  return {
    ...NOT_RUNNING,
    name,
    uid: declared.isRoot === false && !isFull ? numericUser(declared.user ?? "") : 0,
    sets: isFull ? setsOfRoot(known) : setsOfUnit(declared, known),
    securebits: [...declared.securebits],
    noNewPrivileges: declared.noNewPrivileges && !isFull,
    start: units[0]?.start ?? 0,
  };
}

const NOT_RUNNING = {
  pid: null,
  tids: [],
  main: true,
  compared: true,
  securebits: null,
  line: null,
} as const;

/** systemd puts what is ambient into the inheritable set, too. */
function setsOfUnit(
  { isRoot, bounding: declared, ambient: wanted, securebits }: DeclaredCredentials,
  known: CapabilitySet,
): Sets {
  const bounding = declared & known;
  const ambient = wanted & bounding;
  const hasRoot = isRoot !== false && !securebits.has("noroot");
  const permitted = hasRoot ? bounding : ambient;
  return { inheritable: ambient, permitted, effective: permitted, bounding, ambient };
}

function setsOfRoot(set: CapabilitySet): Sets {
  const empty = { inheritable: EMPTY_SET, ambient: EMPTY_SET };
  return { ...empty, permitted: set, effective: set, bounding: set };
}

function ambientOf({ platform, add }: ContainerDeclaration): CapabilitySet {
  if (platform !== "podman" && platform !== "quadlet") return EMPTY_SET;
  return add.reduce((set, word) => set | (wordMeaning(word, platform) ?? EMPTY_SET), EMPTY_SET);
}

/** Null for a name: whom it stands for is known where it will run. */
function numericUser(user: string): number | null {
  const number = /^\d+/.exec(user)?.[0];
  return number === undefined ? null : Number(number);
}
