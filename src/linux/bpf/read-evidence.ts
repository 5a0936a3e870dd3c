// SPDX-License-Identifier: Apache-2.0
import type { Libbpf } from "../ffi/libbpf.ts";
import { readKernelSymbols } from "./kernel-symbols.ts";
import type { CheckRecord, CredentialsRecord, OutcomeRecord, UserFrame } from "./observation.ts";
import { visitMap } from "./read-map.ts";
import { addressesOf, groupSamples, nameFrames, type StackSample } from "./stack-frames.ts";
import { decodeCheck, decodeCredentials, decodeOutcome } from "./wire-check.ts";
import { decodeId, SIZES } from "./wire-format.ts";
import { decodeSample, decodeStack, decodeUserStack } from "./wire-stack.ts";

/** The maps of a trace. */
export interface EvidenceSource {
  readonly libbpf: Libbpf;
  /** Descriptor of a map by its name. */
  readonly fdOf: (map: string) => number;
  /** Descriptor of the program that names kernel addresses. */
  readonly symbolProgram: number;
}

/** All rows of checks with their stacks, in the order in which they were first made. */
export function readChecks(source: EvidenceSource): readonly CheckRecord[] {
  const rows = readMap(source, "checks", SIZES.checkKey, SIZES.checkCounters, decodeCheck);
  if (rows.length === 0) return [];
  const inRows = rows.flatMap(({ samples }) => samples);
  const others = readMap(source, "samples", SIZES.sampleKey, SIZES.sampleCount, decodeSample);
  const samples = [...inRows, ...others];
  const stacks = readStacks(source, samples);
  const userStacks = readUserStacks(source, samples);
  // A row of which nothing was counted yet is being made.
  return rows
    .filter(({ check }) => check.count > 0)
    .map(({ row, check }) => ({
      ...check,
      stacks: stacks.get(row) ?? [],
      userStacks: userStacks.get(row) ?? [],
    }))
    .sort((a, b) => a.firstNs - b.firstNs || a.image - b.image || a.capability - b.capability);
}

export function readCredentials(source: EvidenceSource): readonly CredentialsRecord[] {
  const { credentials, credentialsNote } = SIZES;
  const rows = readMap(source, "credentials", credentials, credentialsNote, decodeCredentials);
  return rows.sort((a, b) => a.id - b.id);
}

export function readOutcomes(source: EvidenceSource): readonly OutcomeRecord[] {
  const rows = readMap(source, "outcomes", SIZES.outcome, SIZES.outcomeCount, decodeOutcome);
  return rows.sort((a, b) => a.image - b.image || a.syscall - b.syscall || a.errno - b.errno);
}

/** The kernel's stacks of each row. */
function readStacks(
  source: EvidenceSource,
  samples: readonly StackSample[],
): ReadonlyMap<number, CheckRecord["stacks"]> {
  const stacks = readMap(source, "stacks", SIZES.stack, SIZES.stackId, (key, value) => {
    return [decodeId(value), decodeStack(key)] as const;
  });
  const addresses = addressesOf(stacks.map(([, stack]) => stack));
  const symbolSource = { program: source.symbolProgram, map: source.fdOf("symbols") };
  const symbols = readKernelSymbols(source.libbpf, symbolSource, addresses);
  const frames = stacks.map(([id, stack]) => [id, nameFrames(stack, symbols)] as const);
  return groupSamples(samples, new Map(frames), (frame) => frame);
}

/** The programs' stacks of each row. */
function readUserStacks(
  source: EvidenceSource,
  samples: readonly StackSample[],
): ReadonlyMap<number, CheckRecord["userStacks"]> {
  const stacks = readMap(source, "user_stacks", SIZES.userStack, SIZES.stackId, (key, value) => {
    return [decodeId(value), decodeUserStack(key)] as const;
  });
  return groupSamples(samples, new Map(stacks), textOfFrame);
}

function textOfFrame(frame: UserFrame): string {
  return frame.kind === "file" ? `${frame.buildId}+${frame.offset}` : String(frame.address);
}

function readMap<T>(
  source: EvidenceSource,
  name: string,
  keySize: number,
  valueSize: number,
  decode: (key: Uint8Array, value: Uint8Array) => T,
): T[] {
  const entries: T[] = [];
  visitEvidence(source, name, keySize, valueSize, (key, value) => {
    entries.push(decode(key, value));
  });
  return entries;
}

/** Calls `visit` with each entry of a map of the trace. The bytes are good until it returns. */
export function visitEvidence(
  { libbpf, fdOf }: EvidenceSource,
  name: string,
  keySize: number,
  valueSize: number,
  visit: (key: Uint8Array, value: Uint8Array) => void,
): void {
  visitMap(libbpf, { fd: fdOf(name), keySize, valueSize }, visit);
}
