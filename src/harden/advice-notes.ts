// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, compareCapabilities, constantName } from "../capabilities/spelling.ts";
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import { type CapabilityFinding, NEEDED_VERDICTS, type Profile } from "../trace/model.ts";
import { firstCredentials, type Grant, namesOf } from "./grant.ts";
import { lossNotes } from "./warnings.ts";
import { evidenceSentence, listNames } from "./wording.ts";

/** What to know about the granted set, whichever configuration it is written into. */
export function adviceNotes(profile: Profile, grant: Grant): readonly string[] {
  return [
    evidenceSentence(grant),
    ...(grant.all.length === 0
      ? ["Run it as a user without privileges, and give it no capability."]
      : []),
    ...lossNotes(profile),
    ...grantNotes(profile, grant),
  ];
}

/** The same without what the evidence is, and what it lacks. */
export function grantNotes(profile: Profile, grant: Grant): readonly string[] {
  return [
    ...phaseNotes(grant),
    ...provenNotes(profile, grant),
    ...unprovenNotes(profile, grant),
    ...conditionNotes(grantedOf(profile, grant)),
    ...alternativeNotes(grantedOf(profile, grant)),
    ...installedNotes(grant),
    ...confinementNotes(grant),
    ...deniedNotes(profile.findings),
    ...namespacedNotes(profile.findings),
    ...configuredNotes(profile, grant),
    ...unknownNotes(profile.findings),
  ];
}

function phaseNotes({ needed, afterDrop }: Grant): readonly string[] {
  if (afterDrop === null || needed.length === 0) return [];
  const startUp = needed.filter((capability) => !afterDrop.includes(capability));
  if (startUp.length === 0) return [];
  const kept = afterDrop.length === 0 ? "nothing" : listNames(afterDrop);
  return [
    `Needed only until the program gave privileges up: ${listNames(startUp)}; needed after ` +
      `it, or by programs that keep theirs: ${kept}. A configuration from outside has to grant both.`,
  ];
}

/** A proven set may lack what the evidence spoke for. */
function grantedOf({ findings }: Profile, { isProven, all }: Grant): readonly CapabilityFinding[] {
  return isProven ? findings.filter(({ capability }) => all.includes(capability)) : findings;
}

function provenNotes({ findings, runs }: Profile, { isProven, all }: Grant): readonly string[] {
  if (!isProven) return [];
  const spared = namesOf(findings, ...NEEDED_VERDICTS, "capset-only").filter(
    (capability) => !all.includes(capability),
  );
  const others = runs.flatMap(({ proof }) => proof?.minimalSets.slice(1) ?? []);
  const isOfRoot = runs.some(({ proof }) => proof?.method === "root");
  return [
    ...(isOfRoot
      ? [
          "Proven as root, by the bounding set: another user may need others, and files of its own. " +
            "capscope minimize --user proves it for that user.",
        ]
      : []),
    ...(spared.length === 0
      ? []
      : [`Used in the trace, and not granted because it works without: ${listNames(spared)}.`]),
    ...others.map((set) => `Proven to work as well: ${listNames(set)} alone.`),
  ];
}

/** What nobody has tried without, or could try without, is not granted for it. */
function unprovenNotes({ runs }: Profile, { isProven, all }: Grant): readonly string[] {
  const proofs = runs.flatMap(({ proof }) => proof?.capabilities ?? []);
  const untested = proofs.filter(
    ({ proof, capability }) => proof === "untested" && !all.includes(capability),
  );
  const names = [...new Set(untested.map(({ capability }) => capability))];
  if (!isProven || names.length === 0) return [];
  return [
    `Untested, and not granted: ${listNames(names.toSorted(compareCapabilities))}. Re-runs could ` +
      "not tell what the program does with them.",
  ];
}

function conditionNotes(findings: readonly CapabilityFinding[]): readonly string[] {
  return findings
    .filter(({ verdict }) => verdict === "conditional")
    .map(
      ({ capability, conditions }) =>
        `${constantName(capability)} is needed because of a setting of the traced system` +
        `${conditions.length === 0 ? "" : ` (${conditions.join(", ")})`}; with another setting it may not be.`,
    );
}

function alternativeNotes(findings: readonly CapabilityFinding[]): readonly string[] {
  return findings
    .filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict))
    .filter(({ alternatives }) => alternatives.length > 0)
    .map(
      ({ capability, alternatives }) =>
        `In place of ${constantName(capability)} the narrower ${listNames(alternatives)} would do: ` +
        "the kernel asked for that first. Grant it instead, and trace again.",
    );
}

function installedNotes({ installed }: Grant): readonly string[] {
  if (installed.length === 0) return [];
  return [
    `Never asked for, and put into its sets by a program: ${listNames(installed)}. They are ` +
      "granted because the program's own capset(2) would fail without them.",
  ];
}

function confinementNotes({ confinement, isProven }: Grant): readonly string[] {
  if (confinement.length === 0) return [];
  const asked = `Asked for only to give privileges up for good: ${listNames(confinement)}.`;
  return [
    isProven
      ? `${asked} Not granted here, because it works without: add it where the program should ` +
        "confine itself further."
      : `${asked} Granted, because some programs stop when that fails; others go on with what the ` +
        "configuration leaves them: capscope minimize tells.",
  ];
}

function deniedNotes(findings: readonly CapabilityFinding[]): readonly string[] {
  const denied = findings.filter(({ verdict }) => verdict === "denied");
  const failing = namesOf(
    denied.filter(({ denial }) => denial === "failing"),
    "denied",
  );
  const others = namesOf(
    denied.filter(({ denial }) => denial !== "failing"),
    "denied",
  );
  return [
    ...(failing.length > 0
      ? [
          `Denied, and calls failed: ${listNames(failing)}. Not granted by itself; when the ` +
            "program should do what failed, grant it, trace again and see what comes after.",
        ]
      : []),
    ...(others.length > 0 ? [`Denied and not granted: ${listNames(others)}.`] : []),
  ];
}

function namespacedNotes(findings: readonly CapabilityFinding[]): readonly string[] {
  const names = namesOf(findings, "namespaced");
  if (names.length === 0) return [];
  return [
    `Used in a user namespace of the program's own: ${listNames(names)}. That is no need on the ` +
      "host, but the program must be allowed to create the namespace.",
  ];
}

/** What a service had when it started, where that was limited already, and did not ask for. */
function configuredNotes({ subject, runs }: Profile, { all }: Grant): readonly string[] {
  if (subject.kind !== "unit" && subject.kind !== "service") return [];
  const [run] = runs;
  const first = run === undefined ? null : firstCredentials(run);
  if (first === null || first.bounding.length >= CAPABILITY_NAMES.length - 1) return [];
  const unasked = first.bounding.filter((capability) => !all.includes(capability));
  if (unasked.length === 0) return [];
  return [
    `In the unit's bounding set so far, and not needed in what was seen: ${listNames(unasked)}. ` +
      "Keep what serves something that was not exercised.",
  ];
}

function unknownNotes(findings: readonly CapabilityFinding[]): readonly string[] {
  const names = findings.map(({ capability }) => capability);
  const numbered = names.filter((name) => /^cap_\d+$/.test(name));
  const strange = names.filter((name) => capabilityNumber(name) === null);
  return [
    ...(numbered.length > 0
      ? [
          `${listNames(numbered)}: newer than the names that capscope knows. Tools and runtimes ` +
            "may not know it either.",
        ]
      : []),
    ...strange.map((name) => `"${name}" is no capability and is left out.`),
  ];
}
