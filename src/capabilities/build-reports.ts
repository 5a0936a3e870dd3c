// SPDX-License-Identifier: Apache-2.0
import { VERSION } from "../version.ts";
import type { FiveSets } from "./credentials.ts";
import { describeSet, type SetDescription } from "./describe-set.ts";
import { explainSet } from "./explain.ts";
import type { Spelling } from "./parse-names.ts";
import {
  CAPABILITIES_SCHEMA_VERSION,
  type DecodedMask,
  type DecodedProcess,
  type EncodeReport,
  type ExplainReport,
} from "./reports.ts";
import type { CapabilitySet } from "./set.ts";
import { formsOf } from "./set-forms.ts";

/** What every document begins with. */
export function capabilitiesHead<Kind extends string>(kind: Kind) {
  return {
    schemaVersion: CAPABILITIES_SCHEMA_VERSION,
    kind,
    tool: { name: "capscope", version: VERSION },
  } as const;
}

/** Decodes a mask; `given` is how it was written, `label` the name of its line, if any. */
export function decodeMask(given: string, label: string | null, set: CapabilitySet): DecodedMask {
  return { given, label, ...describeSet(set) };
}

/** Decodes the five sets of a process. */
export function decodeProcess(
  process: Pick<DecodedProcess, "pid" | "comm" | "childUserNamespace" | "noNewPrivs">,
  sets: FiveSets,
): DecodedProcess {
  const { pid, comm, childUserNamespace, noNewPrivs } = process;
  const describe = (set: CapabilitySet): SetDescription => describeSet(set, childUserNamespace);
  return {
    pid,
    comm,
    childUserNamespace,
    noNewPrivs,
    sets: {
      inheritable: describe(sets.inheritable),
      permitted: describe(sets.permitted),
      effective: describe(sets.effective),
      bounding: describe(sets.bounding),
      ambient: describe(sets.ambient),
    },
  };
}

/** Writes what was read in every form. */
export function encodeSpelling(
  given: string,
  spelling: Exclude<Spelling, { readonly form: "unknown" }>,
): EncodeReport {
  const state = spelling.form === "libcap" ? spelling.state : null;
  const vectors = spelling.form === "iab" ? spelling.vectors : null;
  return {
    ...capabilitiesHead("encode"),
    given,
    set: describeSet(spelling.set),
    state:
      state === null
        ? null
        : {
            effective: describeSet(state.effective),
            inheritable: describeSet(state.inheritable),
            permitted: describeSet(state.permitted),
          },
    vectors:
      vectors === null
        ? null
        : {
            inheritable: describeSet(vectors.inheritable),
            ambient: describeSet(vectors.ambient),
            bounding: describeSet(vectors.bounding),
          },
    forms: formsOf(spelling.set, state ?? undefined, vectors ?? undefined),
  };
}

/** Explains each capability of a set. */
export function explainCapabilities(set: CapabilitySet): ExplainReport {
  return { ...capabilitiesHead("explain"), capabilities: explainSet(set) };
}
