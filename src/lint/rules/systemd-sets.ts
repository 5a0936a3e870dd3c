// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../../capabilities/spelling.ts";
import {
  type CapabilitySet,
  capabilityNames,
  EMPTY_SET,
  EVERYTHING,
} from "../../capabilities/set.ts";
import type { Manifest, UnitAssignment, UnitDeclaration } from "../../manifest/model.ts";
import { mergeCapabilities } from "../../manifest/systemd/capability-list.ts";
import {
  type DeclaredCredentials,
  declaredCredentials,
} from "../../manifest/systemd/credentials.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";

/** Settings of a unit that undo each other, or do not do what they seem to. */
export const SYSTEMD_SET_RULES: readonly Rule[] = [
  {
    id: "systemd-ambient-outside-bounding",
    severity: "error",
    title: "ambient capabilities outside of the bounding set",
    why: "What is not in the bounding set cannot be in any other: the service starts without the capability, and systemd reports no error.",
    fix: "add it to CapabilityBoundingSet= as well, or leave it out of AmbientCapabilities=",
    source: "capabilities(7), Ambient; tried with systemd 252: the process has an empty set",
    check: (manifest) => perUnit(manifest, ambientOutsideBounding),
  },
  {
    id: "systemd-noroot-without-ambient",
    severity: "error",
    title: "SecureBits=noroot takes a root service its own capabilities",
    why: "With noroot, execve() gives uid 0 no capabilities: a service without User= and without AmbientCapabilities= has none at all, whatever its bounding set.",
    fix: "give it a user with User= and what it needs with AmbientCapabilities=, or leave noroot out",
    source:
      "capabilities(7), The securebits flags; kernel, security/commoncap.c, handle_privileged_root(); tried with systemd 252",
    check: (manifest) => perUnit(manifest, norootWithoutAmbient),
  },
  {
    id: "systemd-lock-without-bit",
    severity: "error",
    title: "a lock of a secure bit without the bit",
    why: "noroot-locked and no-setuid-fixup-locked fix the bit as it is. Without noroot or no-setuid-fixup beside it the bit is off, and stays off for good.",
    fix: "name the bit as well as its lock",
    source: "capabilities(7), The securebits flags; tried with systemd 252 and setpriv(1)",
    check: (manifest) =>
      allAssignments(manifest)
        .filter(({ key }) => key === "SecureBits")
        .flatMap(locksWithoutBit),
  },
  {
    id: "systemd-secure-bits-replaced",
    severity: "warning",
    title: "SecureBits= twice: only the last counts",
    why: "Although the man page says that they are merged, a later SecureBits= replaces the earlier one.",
    fix: "write all bits into one SecureBits=",
    source:
      "systemd, src/core/load-fragment.c, config_parse_exec_secure_bits(); tried with systemd 252",
    check: (manifest) => manifest.units.flatMap(replacedBits),
  },
  {
    id: "systemd-keep-caps-without-effect",
    severity: "warning",
    title: "SecureBits=keep-caps has no effect on a service",
    why: "execve() clears the bit, so that no program is ever started with it.",
    fix: "use AmbientCapabilities= for what a service with User= is to have",
    source:
      "capabilities(7), SECBIT_KEEP_CAPS; kernel, security/commoncap.c, cap_bprm_creds_from_file()",
    check: (manifest) =>
      allAssignments(manifest)
        .filter(({ key }) => key === "SecureBits")
        .flatMap(({ words }) => words.filter(({ text }) => text === "keep-caps"))
        .map((word) => flaw(word, "keep-caps is cleared when the service is executed")),
  },
  {
    id: "systemd-ambient-for-root",
    severity: "warning",
    title: "AmbientCapabilities= without User=",
    why: "A root service has its whole bounding set already: ambient capabilities add nothing and limit nothing.",
    fix: "add User= or DynamicUser=; to limit a root service use CapabilityBoundingSet=",
    source: "capabilities(7), Capabilities and execution of programs by root; systemd.exec(5)",
    check: (manifest) => perUnit(manifest, ambientForRoot),
  },
  {
    id: "systemd-bounding-grants-nothing",
    severity: "warning",
    title: "a bounding set for a user who is given nothing of it",
    why: "CapabilityBoundingSet= limits, it does not grant. With User=, without AmbientCapabilities= and with NoNewPrivileges= the service has no capability and can never get one.",
    fix: "list what it needs in AmbientCapabilities= too; when it needs nothing, write CapabilityBoundingSet= with an empty value",
    source: "capabilities(7); systemd.exec(5); FreeRADIUS/freeradius-server issue 4150",
    check: (manifest) => perUnit(manifest, boundingGrantsNothing),
  },
  {
    id: "systemd-tilde-removes-nothing",
    severity: "warning",
    title: "CapabilityBoundingSet=~ takes away what is not there",
    why: "A value with ~ removes from what earlier lines list. After a list without that capability it changes nothing; it never grants anything.",
    fix: "drop the line, or list what is to be allowed without ~",
    source: "systemd.exec(5), CapabilityBoundingSet=",
    check: (manifest) => manifest.units.flatMap(removesNothing),
  },
];

function allAssignments({ units }: Manifest): readonly UnitAssignment[] {
  return units.flatMap((unit) => unit.assignments);
}

export type UnitCheck = (
  credentials: DeclaredCredentials,
  unit: UnitDeclaration,
) => readonly Flaw[];

export function perUnit({ units }: Manifest, check: UnitCheck): readonly Flaw[] {
  return units.flatMap((unit) => check(declaredCredentials([unit]), unit));
}

function listNames(set: CapabilitySet): string {
  return capabilityNames(set).map(constantName).join(", ");
}

/** A drop-in adds to what the unit lists, unless it empties the list first. */
function ambientOutsideBounding(
  { ambient, bounding, last }: DeclaredCredentials,
  unit: UnitDeclaration,
): readonly Flaw[] {
  const outside = ambient & ~bounding;
  const assignment = last.get("AmbientCapabilities");
  if (outside === EMPTY_SET || assignment === undefined) return [];
  if (!unit.isWhole && !hasReset(unit, "CapabilityBoundingSet") && !isInverted(unit)) return [];
  return [flaw(assignment.valueSpan, `not in the bounding set: ${listNames(outside)}`)];
}

function hasReset({ assignments }: UnitDeclaration, name: string): boolean {
  return assignments.some(({ key, value }) => key === name && value === "");
}

function isInverted({ assignments }: UnitDeclaration): boolean {
  return assignments.some(
    ({ key, value }) => key === "CapabilityBoundingSet" && value.startsWith("~"),
  );
}

/** Who runs it is known where the unit says so, or is all there is. */
function isSurelyRoot(credentials: DeclaredCredentials, unit: UnitDeclaration): boolean {
  if (credentials.isRoot !== true || unit.manager === "user") return false;
  return credentials.user !== null || isComplete(unit);
}

function isComplete(unit: UnitDeclaration): boolean {
  return unit.isWhole || unit.assignments.some(({ key }) => key === "ExecStart");
}

function norootWithoutAmbient(
  credentials: DeclaredCredentials,
  unit: UnitDeclaration,
): readonly Flaw[] {
  const { securebits, ambient, last } = credentials;
  const assignment = last.get("SecureBits");
  const isNoroot = securebits.has("noroot") && assignment !== undefined;
  if (!isNoroot || ambient !== EMPTY_SET || !isSurelyRoot(credentials, unit)) return [];
  return [flaw(assignment.valueSpan, "noroot for a root service leaves it without any capability")];
}

function locksWithoutBit({ words }: UnitAssignment): readonly Flaw[] {
  const has = (bit: string): boolean => words.some(({ text }) => text === bit);
  // A lock of keep-caps alone is the usual way of keeping that bit off.
  return words
    .filter(({ text }) => /^(?:noroot|no-setuid-fixup)-locked$/.test(text))
    .filter(({ text }) => !has(text.replace("-locked", "")))
    .map((word) => {
      const bit = word.text.replace("-locked", "");
      return flaw(word, `${word.text} without ${bit}: the bit stays off, for good`);
    });
}

function replacedBits({ assignments }: UnitDeclaration): readonly Flaw[] {
  const all = assignments.filter(({ key }) => key === "SecureBits");
  return all
    .slice(0, -1)
    .filter(({ value }, at) => value !== "" && all[at + 1]?.value !== "")
    .map(({ valueSpan }) => flaw(valueSpan, "a later SecureBits= replaces this one"));
}

function ambientForRoot(credentials: DeclaredCredentials, unit: UnitDeclaration): readonly Flaw[] {
  const { ambient, last, securebits } = credentials;
  const assignment = last.get("AmbientCapabilities");
  if (ambient === EMPTY_SET || assignment === undefined || securebits.has("noroot")) return [];
  if (!isSurelyRoot(credentials, unit)) return [];
  return [flaw(assignment.keySpan, "root has its whole bounding set already: this adds nothing")];
}

function boundingGrantsNothing(
  { isRoot, bounding, ambient, noNewPrivileges, last }: DeclaredCredentials,
  unit: UnitDeclaration,
): readonly Flaw[] {
  const assignment = last.get("CapabilityBoundingSet");
  if (assignment === undefined || isRoot !== false || !isComplete(unit)) return [];
  const isList = bounding !== EMPTY_SET && !isInverted(unit) && bounding !== EVERYTHING;
  // Behind "+" and "!" systemd does not change the user.
  if (!isList || ambient !== EMPTY_SET || !noNewPrivileges || hasPrefix(unit, /^[-@:]*[+!]/))
    return [];
  return [
    flaw(assignment.valueSpan, `a limit, no grant: the service has none of ${listNames(bounding)}`),
  ];
}

function hasPrefix({ assignments }: UnitDeclaration, prefix: RegExp): boolean {
  return assignments.some(({ key, value }) => key.startsWith("Exec") && prefix.test(value));
}

function removesNothing({ assignments }: UnitDeclaration): readonly Flaw[] {
  let before = EVERYTHING;
  return assignments
    .filter(({ key }) => key === "CapabilityBoundingSet")
    .flatMap(({ value, words, valueSpan }) => {
      const after = mergeCapabilities(before, EVERYTHING, value, () => undefined);
      const isPointless = value.startsWith("~") && words.length > 0;
      const isWithoutEffect = isPointless && before !== EVERYTHING && before === after;
      before = after;
      return isWithoutEffect
        ? [flaw(valueSpan, "none of these is in the set that the lines before it list")]
        : [];
    });
}
