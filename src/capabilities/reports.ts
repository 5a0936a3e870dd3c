// SPDX-License-Identifier: Apache-2.0
import type { SetName } from "./credentials.ts";
import type { SetDescription } from "./describe-set.ts";
import type { CapabilityKnowledge } from "./knowledge/model.ts";
import type { SetForm } from "./set-forms.ts";

/** Version of schemas/decode.schema.json, encode.schema.json and explain.schema.json. */
export const CAPABILITIES_SCHEMA_VERSION = 1;

interface Head<Kind extends string> {
  readonly schemaVersion: typeof CAPABILITIES_SCHEMA_VERSION;
  readonly kind: Kind;
  readonly tool: { readonly name: "capscope"; readonly version: string };
}

/** A mask as it was given. */
export interface DecodedMask extends SetDescription {
  readonly given: string;
  /** `CapEff` and the like, where it came from a line of /proc/PID/status. */
  readonly label: string | null;
}

export interface DecodedProcess {
  readonly pid: number;
  readonly comm: string;
  /** Null when it could not be checked. */
  readonly childUserNamespace: boolean | null;
  readonly noNewPrivs: boolean | null;
  readonly sets: Readonly<Record<SetName, SetDescription>>;
}

export interface DecodeReport extends Head<"decode"> {
  /** Null where no process was asked for: masks are the same everywhere and at any time. */
  readonly host: { readonly name: string; readonly kernel: string } | null;
  /** RFC 3339, UTC. */
  readonly time: string | null;
  readonly masks: readonly DecodedMask[];
  readonly processes: readonly DecodedProcess[];
}

export interface EncodeReport extends Head<"encode"> {
  readonly given: string;
  readonly set: SetDescription;
  /** The three sets of a text of libcap; null for another form. */
  readonly state: Readonly<
    Record<"effective" | "inheritable" | "permitted", SetDescription>
  > | null;
  /** The vectors of libcap's IAB; null for another form. */
  readonly vectors: Readonly<Record<"inheritable" | "ambient" | "bounding", SetDescription>> | null;
  readonly forms: readonly SetForm[];
}

export interface ExplainedCapability {
  readonly name: string;
  readonly number: number;
  readonly mask: string;
  /** Null for one that is newer than this version of capscope. */
  readonly knowledge: Omit<CapabilityKnowledge, "name"> | null;
  /** Runtimes whose containers have it by default. */
  readonly defaultOf: readonly string[];
}

export interface ExplainReport extends Head<"explain"> {
  readonly capabilities: readonly ExplainedCapability[];
}
