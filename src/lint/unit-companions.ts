// SPDX-License-Identifier: Apache-2.0
import { readManifest } from "../manifest/read.ts";
import type { Manifest, ManifestKind, UnitAssignment, UnitDeclaration } from "../manifest/model.ts";

/** Of a unit with drop-ins, the other files, in the order in which they count. */
export interface Companions {
  readonly before: readonly UnitAssignment[];
  readonly after: readonly UnitAssignment[];
}

interface UnitInput {
  readonly file: string;
  readonly kind: ManifestKind;
  readonly text: string;
}

/** DIR/NAME of DIR/NAME.d/FILE.conf. */
const DROP_IN = /^(.*)\.d\/[^/]+\.conf$/;

/**
 * Finds unit files that are looked at together with their drop-ins: what one says is judged by
 * what the others say. By path, only for those of which there are several.
 */
export function findCompanions(inputs: readonly UnitInput[]): ReadonlyMap<string, Companions> {
  const groups = new Map<string, UnitInput[]>();
  for (const input of inputs) {
    if (input.kind !== "systemd") continue;
    const unit = DROP_IN.exec(input.file)?.[1] ?? input.file;
    groups.set(unit, [...(groups.get(unit) ?? []), input]);
  }
  const found = new Map<string, Companions>();
  for (const [unit, members] of groups) {
    if (members.length < 2 || !members.some(({ file }) => file === unit)) continue;
    // The unit's own file first, then the drop-ins by name.
    const ordered = members.toSorted(
      (one, other) => rank(one, unit) - rank(other, unit) || order(one, other),
    );
    const assignments = ordered.map((member) => elsewhere(member));
    for (const [at, { file }] of ordered.entries()) {
      const before = assignments.slice(0, at).flat();
      found.set(file, { before, after: assignments.slice(at + 1).flat() });
    }
  }
  return found;
}

function rank({ file }: UnitInput, unit: string): number {
  return file === unit ? 0 : 1;
}

function order(one: UnitInput, other: UnitInput): number {
  return one.file < other.file ? -1 : 1;
}

/** The assignments of another file: without a place in the one that is looked at. */
function elsewhere({ text, kind, file }: UnitInput): readonly UnitAssignment[] {
  return readManifest(text, kind, file).units.flatMap(({ assignments }) =>
    assignments.map((assignment) => ({
      ...assignment,
      ...NOWHERE,
      keySpan: NOWHERE,
      valueSpan: NOWHERE,
      words: assignment.words.map(({ text: word }) => ({ text: word, ...NOWHERE })),
    })),
  );
}

const NOWHERE = { start: -1, end: -1 } as const;

/** The manifest of one of the files, with what the others say around its unit. */
export function withCompanions(manifest: Manifest, companions: Companions | undefined): Manifest {
  if (companions === undefined) return manifest;
  const complete = (unit: UnitDeclaration): UnitDeclaration => ({
    ...unit,
    isWhole: true,
    assignments: [...companions.before, ...unit.assignments, ...companions.after],
  });
  return { ...manifest, units: manifest.units.map(complete) };
}
