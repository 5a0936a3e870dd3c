// SPDX-License-Identifier: Apache-2.0

/**
 * What a machine and the privileges of a process allow, as plain readonly data; the published
 * schema is schemas/doctor.schema.json.
 */

export const DOCTOR_SCHEMA_VERSION = 1;

/** `limited`: something is lost; `unknown`: it could not be tried. */
export type State = (typeof STATES)[number];
export const STATES = ["ok", "limited", "missing", "unknown"] as const;

/** What a check is about. */
export type Area = (typeof AREAS)[number];
export const AREAS = ["kernel", "trace", "exposure", "system", "privileges"] as const;

/** One thing that was looked at or tried. */
export interface Check {
  readonly area: Area;
  readonly name: string;
  readonly state: State;
  /** What was found. */
  readonly detail: string;
  /** What it costs; null where nothing is lost. */
  readonly effect: string | null;
  /** What helps; null where nothing does, or nothing is needed. */
  readonly remedy: string | null;
}

/** Commands whose requirements are judged. */
export type Ability = (typeof ABILITIES)[number];
export const ABILITIES = ["trace", "exposure"] as const;

export interface DoctorReport {
  readonly schemaVersion: typeof DOCTOR_SCHEMA_VERSION;
  readonly kind: "doctor";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  /** `missing`: the command cannot work; `limited`: it says what it could not see. */
  readonly abilities: Readonly<Record<Ability, State>>;
  readonly checks: readonly Check[];
}
