// SPDX-License-Identifier: Apache-2.0

/** A buffer of so many bytes, filled in by `write`. */
export function bytes(length: number, write: (view: DataView) => void): Uint8Array {
  const array = new Uint8Array(length);
  write(new DataView(array.buffer));
  return array;
}
