// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames, EMPTY_SET } from "../../capabilities/set.ts";
import { capabilityNumber } from "../../capabilities/spelling.ts";
import { UsageError } from "../../errors.ts";
import {
  asObject,
  type Decoder,
  fault,
  integer,
  list,
  nullable,
  number,
  oneOf,
  type Place,
  record,
} from "../decode-json.ts";
import { decodeRun } from "../decode-profile.ts";
import { capabilities, refusedCall } from "../decode-proof.ts";
import type { Run } from "../model.ts";
import { TRIAL_ENDS, type TrialEnd } from "./attend.ts";
import type { Outcome } from "./outcome.ts";

/** Facts that must be the same for a search to go on: by name, as JSON values. */
export type StateRequest = Readonly<Record<string, unknown>>;

/** What is known of a search that was interrupted. */
export interface SearchState {
  /** Null where the command has not run yet. */
  readonly reference: { readonly run: Run; readonly outcome: Outcome } | null;
  readonly trials: readonly (readonly [CapabilitySet, Outcome])[];
}

export const STATE_SCHEMA_VERSION = 1;
export const EMPTY_STATE: SearchState = { reference: null, trials: [] };

/** Values of the lines of a state file: the first, then one for each run of the command. */
export const stateLines = {
  head: (request: StateRequest): object => ({
    schemaVersion: STATE_SCHEMA_VERSION,
    kind: "minimize-state",
    request,
  }),
  reference: (run: Run, outcome: Outcome): object => ({ kind: "reference", run, outcome }),
  trial: (set: CapabilitySet, outcome: Outcome): object => ({
    kind: "trial",
    set: capabilityNames(set),
    outcome,
  }),
};

/**
 * Reads the lines of a state file; a last line that was not written to its end is left out. Throws
 * a UsageError for another file, a damaged one, or one of another request.
 */
export function parseState(text: string, request: StateRequest, file: string): SearchState {
  const lines = text.split("\n").slice(0, -1);
  const values = lines.map((line, at) => {
    try {
      return [JSON.parse(line) as unknown, at + 1] as const;
    } catch {
      throw new UsageError(`${file}:${at + 1}: is not JSON`, "capscope wrote no such file");
    }
  });
  const [head, ...rest] = values;
  if (head === undefined) return EMPTY_STATE;
  assertSame(head[0], request, file);
  const places = (line: number): Place => ({ parent: null, key: `${file}:${line}` });
  const decoded = rest.map(([value, line]) => decodeLine(value, places(line)));
  return {
    reference: decoded.find((each) => each.kind === "reference") ?? null,
    trials: decoded.flatMap((each) =>
      each.kind === "trial" ? [[each.set, each.outcome] as const] : [],
    ),
  };
}

function assertSame(head: unknown, request: StateRequest, file: string): void {
  const known = asObject(head, { parent: null, key: file });
  if (known["kind"] !== "minimize-state" || known["schemaVersion"] !== STATE_SCHEMA_VERSION) {
    throw new UsageError(`${file}: is no state of this version of capscope minimize`);
  }
  const old = asObject(known["request"], { parent: null, key: file });
  const keys = [...new Set([...Object.keys(old), ...Object.keys(request)])];
  const other = keys.find((key) => JSON.stringify(old[key]) !== JSON.stringify(request[key]));
  if (other === undefined) return;
  throw new UsageError(
    `${file}: is of another search: ${other} was different`,
    "go on with the same command and options, or name another file",
  );
}

type Line =
  | { readonly kind: "reference"; readonly run: Run; readonly outcome: Outcome }
  | { readonly kind: "trial"; readonly set: CapabilitySet; readonly outcome: Outcome };

const end: Decoder<TrialEnd> = record<TrialEnd>({
  kind: oneOf(...TRIAL_ENDS),
  status: nullable(integer),
  check: nullable(integer),
});

const outcome: Decoder<Outcome> = record<Outcome>({
  end,
  used: capabilities,
  refused: list(refusedCall),
  durationNs: number,
});

const set: Decoder<CapabilitySet> = (value, place) =>
  capabilities(value, place).reduce((mask, name) => {
    const known = capabilityNumber(name);
    if (known === null) throw fault(place, `has ${JSON.stringify(name)}, which is no capability`);
    return mask | (1n << BigInt(known));
  }, EMPTY_SET);

const decodeLine: Decoder<Line> = (value, place) => {
  const { kind } = asObject(value, place);
  return kind === "reference"
    ? record<Extract<Line, { kind: "reference" }>>({
        kind: oneOf("reference"),
        run: decodeRun,
        outcome,
      })(value, place)
    : record<Extract<Line, { kind: "trial" }>>({ kind: oneOf("trial"), set, outcome })(
        value,
        place,
      );
};
