// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  count,
  type Decoder,
  integer,
  list,
  nullable,
  number,
  oneOf,
  record,
  text,
  textLike,
} from "./decode-json.ts";
import {
  type CapabilityProof,
  type Proof,
  PROOF_VERDICTS,
  type ProofCriterion,
  type RefusedCall,
  type UserFunction,
} from "./model.ts";

export const capability = textLike(/^[a-z0-9_]{1,64}$/, "the name of a capability");
export const capabilities = list(capability);

export const userFunction: Decoder<UserFunction> = record<UserFunction>({
  name: text,
  file: nullable(text),
  buildId: nullable(textLike(/^[0-9a-f]*$/, "a hexadecimal number")),
  offset: nullable(count),
});

export const refusedCall: Decoder<RefusedCall> = record<RefusedCall>({
  capability,
  program: text,
  syscall: nullable(text),
  end: oneOf("failed", "succeeded", "not-seen"),
  errno: nullable(text),
  gate: nullable(text),
  userStack: list(userFunction),
});

const capabilityProof: Decoder<CapabilityProof> = record<CapabilityProof>({
  capability,
  proof: oneOf(...PROOF_VERDICTS),
  failure: nullable(text),
  reason: nullable(text),
  refused: list(refusedCall),
});

const criterion: Decoder<ProofCriterion> = record<ProofCriterion>({
  status: nullable(integer),
  ready: nullable(text),
  check: nullable(text),
  strict: boolean,
});

export const decodeProof: Decoder<Proof> = record<Proof>({
  method: oneOf("root", "user"),
  uid: count,
  criterion,
  runsPerAnswer: count,
  capabilities: list(capabilityProof),
  minimalSets: list(capabilities),
  workingSet: capabilities,
  runs: count,
  durationNs: number,
  notes: list(text),
});
