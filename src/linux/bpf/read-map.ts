// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";
import { SystemError } from "../../errors.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { errorName } from "../errno.ts";

const BATCH = 1024;

/** Where a map is, and how long its keys and values are. */
export interface MapPlace {
  readonly fd: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** Of the last visit to a map of this size; none while that lasts. They are what a visit costs. */
const spareBuffers = new Map<string, { readonly keys: Uint8Array; readonly values: Uint8Array }>();

/** Calls `visit` with each entry of a hash map. The bytes are good until it returns. */
export function visitMap(
  libbpf: Libbpf,
  map: MapPlace,
  visit: (key: Uint8Array, value: Uint8Array) => void,
): void {
  const { fd, keySize, valueSize } = map;
  let capacity = BATCH;
  const size = `${keySize} ${valueSize}`;
  const spare = spareBuffers.get(size);
  spareBuffers.delete(size);
  let keys = spare?.keys ?? new Uint8Array(capacity * keySize);
  let values = spare?.values ?? new Uint8Array(capacity * valueSize);
  const count = new Uint32Array(1);
  let from: Uint8Array | null = null;
  for (;;) {
    count[0] = capacity;
    const next = new Uint8Array(4);
    const result = libbpf.lookupBatch(fd, from, next, keys, values, count);
    if (result === -constants.errno.ENOSPC) {
      // One bucket has more entries than fit.
      capacity *= 2;
      keys = new Uint8Array(capacity * keySize);
      values = new Uint8Array(capacity * valueSize);
      continue;
    }
    const isLast = result === -constants.errno.ENOENT;
    if (result < 0 && !isLast) throw new SystemError("reading a BPF map", errorName(-result));
    for (let at = 0; at < (count[0] ?? 0); at++) {
      visit(
        keys.subarray(at * keySize, (at + 1) * keySize),
        values.subarray(at * valueSize, (at + 1) * valueSize),
      );
    }
    if (isLast) {
      if (capacity === BATCH) spareBuffers.set(size, { keys, values });
      return;
    }
    from = next;
  }
}
