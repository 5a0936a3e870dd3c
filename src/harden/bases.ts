// SPDX-License-Identifier: Apache-2.0
import type { CapabilityFinding, CapabilityProof, Profile } from "../trace/model.ts";
import { GRANTED_VERDICTS } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import type { GrantedCapability } from "./model.ts";

/** Why each capability is granted: what is proven, what was seen, and what nobody has tested. */
export function basesOf(profile: Profile, grant: Grant): readonly GrantedCapability[] {
  return grant.all.map((capability) => basisOf(profile, grant, capability));
}

/** Capabilities that somebody named: none of them is tested. */
export function untestedBases(names: readonly string[], reason: string): GrantedCapability[] {
  return names.map((capability) => ({ capability, basis: "untested", reason }));
}

function basisOf(
  { findings, runs, proven }: Profile,
  { installed }: Grant,
  capability: string,
): GrantedCapability {
  const proofs = runs.flatMap(({ proof }) => proof?.capabilities ?? []);
  const own = proofs.filter((each) => each.capability === capability);
  if (proven?.includes(capability) === true || own.some(({ proof }) => proof === "needed")) {
    return { capability, basis: "proven", reason: "re-runs do not work without it" };
  }
  const untested = own.find(({ proof }) => proof === "untested");
  if (untested !== undefined) {
    return { capability, basis: "untested", reason: reasonOf(untested) };
  }
  if (installed.includes(capability)) {
    const reason = "a program put it into its sets, and never asked for it";
    return { capability, basis: "untested", reason };
  }
  const finding = findings.find((each) => each.capability === capability);
  return { capability, basis: "evidence", reason: useText(finding) };
}

function reasonOf({ reason }: CapabilityProof): string {
  return reason === null ? "re-runs did not settle it" : `re-runs did not settle it: ${reason}`;
}

/** "asked for in bind, setsockopt and 2 more". */
function useText(finding: CapabilityFinding | undefined): string {
  const uses = finding?.uses.filter(({ verdict }) => GRANTED_VERDICTS.includes(verdict)) ?? [];
  const calls = [...new Set(uses.map(({ syscall }) => syscall ?? "no system call"))];
  const shown = calls.slice(0, SHOWN_CALLS).join(", ");
  const more = calls.length > SHOWN_CALLS ? ` and ${calls.length - SHOWN_CALLS} more` : "";
  return calls.length === 0 ? "asked for" : `asked for in ${shown}${more}`;
}

const SHOWN_CALLS = 4;
