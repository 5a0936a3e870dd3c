// SPDX-License-Identifier: Apache-2.0

/** A type: its name, kind, length and size or type; and the words that follow. */
export type BuiltType = readonly [
  name: string,
  kind: number,
  length: number,
  size: number,
  ...rest: (number | string)[],
];

/** BTF of types whose numbers count from 1; a text is the name of a member or of a value. */
export function buildTypes(types: readonly BuiltType[]): Uint8Array {
  let strings = "\0";
  const places = new Map([["", 0]]);
  const place = (name: string): number => {
    const known = places.get(name);
    if (known !== undefined) return known;
    const added = strings.length;
    places.set(name, added);
    strings += `${name}\0`;
    return added;
  };
  const words = types.flatMap(([name, kind, length, size, ...rest]) => [
    place(name),
    (kind << 24) | length,
    size,
    ...rest.map((each) => (typeof each === "string" ? place(each) : each)),
  ]);
  const size = words.length * 4;
  const header = [0x0001eb9f, 24, 0, size, size, strings.length];
  const numbers = new Uint8Array(new Uint32Array([...header, ...words]).buffer);
  return new Uint8Array(Buffer.concat([numbers, Buffer.from(strings)]));
}
