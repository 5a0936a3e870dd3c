// SPDX-License-Identifier: Apache-2.0
import { encodeFileCapabilities } from "./file-capabilities.ts";
import { formatIabText, type IabVectors } from "./iab-text.ts";
import { formatLibcapNgText } from "./libcap-ng-text.ts";
import { type CapabilityState, formatLibcapText } from "./libcap-text.ts";
import {
  capabilityNames,
  type CapabilitySet,
  EMPTY_SET,
  formatMask,
  NAMED_CAPABILITIES,
} from "./set.ts";
import { constantName, containerName } from "./spelling.ts";
import { formatSystemdList } from "./systemd-list.ts";

/** One way to write a set. */
export interface SetForm {
  readonly form: FormName;
  readonly text: string;
  /** Names that this form has no word for, and that are not in the text. */
  readonly lost: readonly string[];
}

/** In the order in which they are listed. */
export const FORM_NAMES = [
  "mask",
  "hex",
  "names",
  "constants",
  "libcap",
  "libcap-ng",
  "iab",
  "bounding-set",
  "ambient",
  "docker",
  "kubernetes",
  "setpriv",
  "attribute",
] as const;
export type FormName = (typeof FORM_NAMES)[number];

/**
 * Writes a set in every form. Where nothing else is said it is permitted and effective in a text of
 * libcap, and ambient in vectors.
 */
export function formsOf(
  set: CapabilitySet,
  state: CapabilityState = { effective: set, inheritable: EMPTY_SET, permitted: set },
  vectors: IabVectors = { inheritable: set, ambient: set, bounding: NAMED_CAPABILITIES },
): readonly SetForm[] {
  const names = capabilityNames(set);
  const unnamed = capabilityNames(set & ~NAMED_CAPABILITIES);
  const texts: Readonly<Record<FormName, string>> = {
    mask: formatMask(set),
    hex: `0x${set.toString(16)}`,
    names: names.join(","),
    constants: names.map(constantName).join(","),
    libcap: formatLibcapText(state),
    "libcap-ng": formatLibcapNgText(set),
    iab: formatIabText(vectors),
    "bounding-set": `CapabilityBoundingSet=${systemdList(set)}`,
    ambient: `AmbientCapabilities=${systemdList(set)}`,
    docker: dockerOptions(set),
    kubernetes: securityContext(set),
    setpriv: setprivOptions(set),
    attribute: attributeOf(state),
  };
  return FORM_NAMES.map((form) => ({
    form,
    text: texts[form],
    lost: form === "attribute" ? lostInAttribute(state) : lostIn(form, unnamed),
  }));
}

/** systemd takes numbers as well as names, up to 62. */
function systemdList(set: CapabilitySet): string {
  const sayable = set & ~HIGHEST_BIT;
  return formatSystemdList(sayable, NAMED_CAPABILITIES | sayable);
}

const HIGHEST_BIT = 1n << 63n;

function lostIn(form: FormName, unnamed: readonly string[]): readonly string[] {
  if (LOSES_UNNAMED.has(form)) return unnamed;
  const isSystemd = form === "bounding-set" || form === "ambient";
  return isSystemd ? unnamed.filter((name) => name === "cap_63") : [];
}

/** These write what has a name only. */
const LOSES_UNNAMED: ReadonlySet<FormName> = new Set(["libcap-ng", "iab", "docker", "kubernetes"]);

/** Above this many, what is missing is the shorter list. */
const MANY = 20;

interface Difference {
  /** Everything but what is dropped. */
  readonly isMost: boolean;
  readonly add: readonly string[];
  readonly drop: readonly string[];
}

/** What to add to nothing; where that is much, what to drop from everything. */
function differenceOf(set: CapabilitySet): Difference {
  const named = set & NAMED_CAPABILITIES;
  const isMost = named === set && capabilityNames(named).length > MANY;
  return {
    isMost,
    add: isMost ? ["ALL"] : capabilityNames(named).map(containerName),
    drop: isMost ? capabilityNames(NAMED_CAPABILITIES & ~named).map(containerName) : ["ALL"],
  };
}

function dockerOptions(set: CapabilitySet): string {
  const { add, drop } = differenceOf(set);
  return [
    ...drop.map((name) => `--cap-drop=${name}`),
    ...add.map((name) => `--cap-add=${name}`),
  ].join(" ");
}

function securityContext(set: CapabilitySet): string {
  const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
  const { add, drop } = differenceOf(set);
  return `capabilities: {drop: [${list(drop)}], add: [${list(add)}]}`;
}

/** Options of setpriv(1) that leave just this set, for any user. */
function setprivOptions(set: CapabilitySet): string {
  const { isMost, drop } = differenceOf(set);
  const changes = isMost
    ? ["+all", ...drop.map((name) => `-${name.toLowerCase()}`)]
    : ["-all", ...capabilityNames(set).map((name) => `+${name}`)];
  const list = changes.join(",");
  return `--inh-caps=${list} --ambient-caps=${list} --bounding-set=${list}`;
}

/** A file has one effective bit, for all that it has: what is not effective cannot be beside it. */
function lostInAttribute({
  permitted,
  inheritable,
  effective,
}: CapabilityState): readonly string[] {
  const others = (permitted | inheritable) & ~effective;
  return effective === EMPTY_SET ? [] : capabilityNames(others);
}

/** The value of security.capability, as setfattr(1) takes it; empty where a file cannot have it. */
function attributeOf(state: CapabilityState): string {
  if (lostInAttribute(state).length > 0) return "";
  const { permitted, inheritable, effective } = state;
  const bytes = encodeFileCapabilities({
    permitted,
    inheritable,
    effective: effective !== EMPTY_SET,
    rootUid: null,
  });
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
