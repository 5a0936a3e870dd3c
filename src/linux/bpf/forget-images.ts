// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { SystemError } from "../../errors.ts";
import { viewOf } from "../bytes.ts";
import { errorName } from "../errno.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { visitMap } from "./read-map.ts";
import * as wire from "./wire-format.ts";
import { decodeImageEnd } from "./wire-image.ts";

interface MapSource {
  readonly libbpf: Libbpf;
  readonly fdOf: (map: string) => number;
}

/** Rows of checks: their keys, and the numbers that their samples are filed under. */
export interface KeyList {
  readonly keys: Uint8Array[];
  readonly rows: Set<number>;
}

/**
 * A system call's outcome and the last credentials are recorded while the last task of a program
 * ends. Long after that, nothing is added to its rows any more.
 */
const ENDED_FOR_NS = 1e9;

/** Ids of the programs of which no task has been alive for a second. */
export function findEndedImages(source: MapSource, nowNs: number): ReadonlySet<number> {
  const ended = new Set<number>();
  const { imageId: keySize, image: valueSize } = wire.SIZES;
  visitMap(source.libbpf, { fd: source.fdOf("images"), keySize, valueSize }, (key, value) => {
    const { endNs, pid, isAttached } = decodeImageEnd(value);
    if (endNs === 0 || nowNs - endNs < ENDED_FOR_NS) return;
    // Of a process that ran before the trace, threads may live that were never heard of.
    if (isAttached && existsSync(`/proc/${pid}`)) return;
    ended.add(wire.decodeId(key));
  });
  return ended;
}

/** Takes ended programs out of the maps, with all that is filed under them. */
export function forgetImages(source: MapSource, ended: ReadonlySet<number>, checks: KeyList): void {
  if (ended.size === 0) return;
  deleteEntries(source, "checks", checks.keys);
  const { sampleKey, sampleCount, credentials, credentialsNote } = wire.SIZES;
  const { outcome, outcomeCount, imageId } = wire.SIZES;
  deleteWhere(source, "samples", sampleKey, sampleCount, (key) => checks.rows.has(wordOf(key, 0)));
  const isOfEnded = (at: number) => (key: Uint8Array) => ended.has(wordOf(key, at));
  deleteWhere(source, "credentials", credentials, credentialsNote, isOfEnded(0));
  deleteWhere(source, "outcomes", outcome, outcomeCount, isOfEnded(OUTCOME_IMAGE));
  const ids = [...ended].map(wire.encodeId);
  deleteEntries(source, "images", ids, imageId);
}

/** Where an outcome's key names its image. */
const OUTCOME_IMAGE = 8;

function wordOf(key: Uint8Array, at: number): number {
  return viewOf(key).getUint32(at, true);
}

function deleteWhere(
  source: MapSource,
  name: string,
  keySize: number,
  valueSize: number,
  isDoomed: (key: Uint8Array) => boolean,
): void {
  const keys: Uint8Array[] = [];
  visitMap(source.libbpf, { fd: source.fdOf(name), keySize, valueSize }, (key) => {
    if (isDoomed(key)) keys.push(key.slice());
  });
  deleteEntries(source, name, keys, keySize);
}

/** Deletes entries of a hash map; those that are gone already are no error. */
export function deleteEntries(
  { libbpf, fdOf }: MapSource,
  name: string,
  keys: readonly Uint8Array[],
  keySize: number = keys[0]?.length ?? 0,
): void {
  const bytes = new Uint8Array(keys.length * keySize);
  for (const [at, key] of keys.entries()) bytes.set(key, at * keySize);
  for (let at = 0; at < keys.length;) {
    const count = new Uint32Array([keys.length - at]);
    const result = libbpf.deleteBatch(fdOf(name), bytes.subarray(at * keySize), count);
    if (result === 0) return;
    if (result !== -constants.errno.ENOENT) {
      throw new SystemError("deleting from a BPF map", errorName(-result));
    }
    // As many were deleted, and then there was one that is not there.
    at += (count[0] ?? 0) + 1;
  }
}
