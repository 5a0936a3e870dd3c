// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { KERNEL_TYPES } from "../../../src/linux/btf/kernel-types.ts";
import { reduceTypes } from "../../../src/linux/btf/reduce-types.ts";
import {
  findTypes,
  KIND,
  parseTypes,
  startOf,
  type TypeTable,
} from "../../../src/linux/btf/type-table.ts";
import { testUnless } from "../../skip.ts";
import { type BuiltType, buildTypes } from "./build-types.ts";

const INT: BuiltType = ["int", KIND.integer, 0, 4, 32];

/** struct task { const id_t pid; union { struct big in; int other[3]; }; struct task *parent; } */
const TASK: readonly BuiltType[] = [
  INT,
  ["id_t", KIND.typedef, 0, 1],
  ["", KIND.const, 0, 2],
  ["big", KIND.structure, 1, 96, "hidden", 1, 0],
  ["", KIND.array, 0, 0, 1, 1, 3],
  ["", KIND.union, 2, 96, "in", 4, 0, "other", 5, 0],
  ["task", KIND.structure, 3, 112, "pid", 3, 0, "", 6, 32, "parent", 8, 832],
  ["", KIND.pointer, 0, 7],
  ["level", KIND.enumeration, 2, 4, "low", 0, "high", 9],
  ["wide", KIND.enumeration64, 1, 8, "top", 1, 2],
  ["task", KIND.function, 1, 12],
  ["", KIND.prototype, 1, 0, "", 8],
];

function table(types: readonly BuiltType[], ...names: string[]): TypeTable {
  const parsed = parseTypes(buildTypes(types), names);
  if (parsed === null) throw new Error("not parsed");
  return parsed;
}

test("types are found by name and kind, whatever stands before them", () => {
  const types = table(TASK, "task", "level", "nothing");
  expect(findTypes(types, "task", [KIND.structure])).toEqual([7]);
  expect(findTypes(types, "task", [KIND.function])).toEqual([11]);
  expect(findTypes(types, "task", [KIND.function, KIND.structure])).toEqual([7, 11]);
  expect(findTypes(types, "task", [KIND.union])).toEqual([]);
  expect(findTypes(types, "nothing", [KIND.structure])).toEqual([]);
  // A name that was not asked for is not known.
  expect(findTypes(types, "big", [KIND.structure])).toEqual([]);
});

test("a type of every kind is passed over by its length", () => {
  const kinds: readonly BuiltType[] = [
    INT,
    ["", KIND.prototype, 2, 1, "a", 1, "b", 1],
    ["v", KIND.variable, 0, 1, 1],
    ["s", KIND.section, 1, 8, 3, 0, 4],
    ["f", KIND.float, 0, 8],
    ["d", KIND.declarationTag, 0, 1, 0],
    ["t", KIND.typeTag, 0, 1],
    ["w", 7, 0, 0],
    ["last", KIND.volatile, 0, 1],
  ];
  const types = table(kinds, "last");
  expect(findTypes(types, "last", [KIND.volatile])).toEqual([9]);
});

/** Its types, as text. */
function shown(bytes: Uint8Array, ...names: string[]): string[] {
  const parsed = parseTypes(bytes, names);
  if (parsed === null) throw new Error("the reduced types are none");
  const text = (at: number): string => {
    const place = parsed.words[at] ?? 0;
    return parsed.strings.toString("latin1", place, parsed.strings.indexOf(0, place));
  };
  return names.map((name) => {
    const [id = 0] = findTypes(parsed, name, [
      KIND.structure,
      KIND.enumeration,
      KIND.enumeration64,
    ]);
    const start = startOf(parsed, id);
    const length = (parsed.words[start + 1] ?? 0) & 0xffff;
    const kind = (parsed.words[start + 1] ?? 0) >>> 24;
    const words = kind === KIND.enumeration ? 2 : 3;
    const members = Array.from({ length }, (_, at) => text(start + 3 + at * words));
    return `${name} ${parsed.words[start + 2]}: ${members.join(" ")}`;
  });
}

test("of a structure that is wanted all members are kept, of another one its size", () => {
  const reduced = reduceTypes(table(TASK, "task", "level"), ["task", "level"]);
  expect(shown(reduced!, "task", "level")).toEqual(["task 112: pid  parent", "level 4: low high"]);
  const text = Buffer.from(reduced!).toString("latin1");
  expect(text).toContain("other");
  for (const left of ["hidden", "big", "id_t", "int"]) expect(text).not.toContain(`\0${left}\0`);
});

test("values of 64 bits are kept whole", () => {
  expect(shown(reduceTypes(table(TASK, "wide"), ["wide"])!, "wide")).toEqual(["wide 8: top"]);
});

test("what is no type of a member gives no reduced types", () => {
  const types: readonly BuiltType[] = [
    ["odd", KIND.structure, 1, 8, "a", 2, 0],
    ["f", KIND.function, 0, 0],
  ];
  expect(reduceTypes(table(types, "odd"), ["odd"])).toBeNull();
});

describe("bytes that are not what they should be", () => {
  const good = buildTypes(TASK);
  const parsed = (change: (view: DataView) => void, length = good.length): TypeTable | null => {
    const bytes = good.slice(0, length);
    change(new DataView(bytes.buffer));
    return parseTypes(bytes, ["task"]);
  };

  test.each([
    ["no header", () => undefined, 23],
    ["a cut text", () => undefined, good.length - 1],
    ["another byte order", (view: DataView) => view.setUint16(0, 0x9feb, true), undefined],
    ["another version", (view: DataView) => view.setUint8(2, 2), undefined],
    ["a kind of the future", (view: DataView) => view.setUint32(28, 20 << 24, true), undefined],
    ["a length over the end", (view: DataView) => view.setUint32(12, 4096, true), undefined],
    ["a type that ends behind the last", cutType, undefined],
  ] as const)("%s is no table of types", (_, change, length) => {
    expect(parsed(change, length)).toBeNull();
  });

  function cutType(view: DataView): void {
    view.setUint32(12, view.getUint32(12, true) - 4, true);
  }
});

const noTypes = existsSync(KERNEL_TYPES) ? null : `${KERNEL_TYPES} is not there`;
testUnless(noTypes, "this kernel's types are all looked at", () => {
  const types = parseTypes(readFileSync(KERNEL_TYPES), ["task_struct", "cred", "cap_capable"]);
  expect(findTypes(types!, "task_struct", [KIND.structure])).toHaveLength(1);
  expect(findTypes(types!, "cap_capable", [KIND.function])).toHaveLength(1);
  const reduced = reduceTypes(types!, ["task_struct", "cred"]);
  const [task] = shown(reduced!, "task_struct", "cred");
  for (const member of ["pid", "real_cred", "comm"]) expect(task).toContain(` ${member} `);
  expect(reduced!.length).toBeLessThan(40_000);
});
