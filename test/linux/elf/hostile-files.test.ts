// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { readBuildId } from "../../../src/linux/elf/build-id.ts";
import { openRegularFile, sourceOf } from "../../../src/linux/elf/byte-source.ts";
import { CodeFile } from "../../../src/linux/elf/code-file.ts";
import { readFunctions } from "../../../src/linux/elf/function-table.ts";
import { decodeLayout, executableAddress } from "../../../src/linux/elf/layout.ts";
import { parseLibraryCache } from "../../../src/linux/elf/library-cache.ts";
import { readLinkage } from "../../../src/linux/elf/linkage.ts";
import { testUnless } from "../../skip.ts";
import {
  FUNCTIONS,
  NO_COMPILER,
  openWorkshop,
  runTool,
  symbolOf,
  type Workshop,
} from "./compiled.ts";

const BUDGET = 2 ** 28;
const FEATURES = ["-shared", "-fPIC", "-nostdlib", "-Wl,--build-id", "-Wl,-rpath,$ORIGIN/x"];

let workshop: Workshop;
beforeAll(() => {
  workshop = openWorkshop();
});
afterAll(() => {
  workshop[Symbol.dispose]();
});

/** Decodes everything that can be; true when it was taken for an ELF file. */
function decodeAll(bytes: Uint8Array): boolean {
  const source = sourceOf(bytes);
  const layout = decodeLayout(source);
  if (layout === null) return false;
  readBuildId(source, layout);
  readLinkage(source, layout);
  for (const table of ["symtab", "dynsym"] as const) {
    const functions = readFunctions(source, layout, table, BUDGET);
    for (const address of [0, 0x1101, 2 ** 40, 2 ** 53]) functions?.functionAt(address);
  }
  executableAddress(layout, 0x1101);
  return true;
}

testUnless(NO_COMPILER, "a file cut at any length is decoded as far as it goes", () => {
  const bytes = readFileSync(workshop.compile("cut.so", FUNCTIONS, ...FEATURES));
  let decoded = 0;
  for (let length = 0; length < bytes.length; length += length < 4096 ? 1 : 13) {
    if (decodeAll(bytes.subarray(0, length))) decoded++;
  }
  expect(decoded).toBeGreaterThan(100);
  expect(decodeAll(bytes)).toBe(true);
});

testUnless(NO_COMPILER, "a file with any byte changed is decoded or refused", () => {
  const bytes = readFileSync(workshop.compile("flip.so", FUNCTIONS, ...FEATURES));
  let refused = 0;
  for (let at = 0; at < bytes.length; at += at < 1024 ? 1 : 7) {
    const original = bytes[at] ?? 0;
    for (const value of [0, 0x7f, 0xff]) {
      bytes[at] = value;
      if (!decodeAll(bytes)) refused++;
    }
    bytes[at] = original;
  }
  expect(refused).toBeGreaterThan(0);
});

testUnless(NO_COMPILER, "numbers of any size lead nowhere but outside", () => {
  const bytes = readFileSync(workshop.compile("words.so", FUNCTIONS, ...FEATURES));
  let decoded = 0;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const original = bytes.readBigUInt64LE(at);
    for (const value of [0xffff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_f000n, 0xffff_ffffn]) {
      bytes.writeBigUInt64LE(value, at);
      if (decodeAll(bytes)) decoded++;
    }
    bytes.writeBigUInt64LE(original, at);
  }
  expect(decoded).toBeGreaterThan(bytes.length / 8);
});

testUnless(NO_COMPILER, "of a table that is larger than any, only the start is read", () => {
  const path = workshop.compile("huge.so", FUNCTIONS, ...FEATURES);
  const { address } = symbolOf(path, "visible");
  const bytes = readFileSync(path);
  const { sections } = decodeLayout(sourceOf(bytes))!;
  const index = sections.findIndex(({ type }) => type === 2);
  const sectionHeader = Number(bytes.readBigUInt64LE(40)) + index * 64;
  bytes.writeBigUInt64LE(2n ** 34n, sectionHeader + 32);
  writeFileSync(path, bytes);
  // Without blocks: what follows reads as zeros.
  truncateSync(path, 2 ** 35);
  const file = CodeFile.open(path, path, { bytes: BUDGET });
  expect(file?.functionAt(address + 1)).toEqual({ kind: "function", name: "visible" });
});

describe("what is no ELF file", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(4096)],
    ["ones", Buffer.alloc(4096, 0xff)],
    ["a script", Buffer.from("#!/bin/sh\nexit 0\n".repeat(8))],
    ["the magic number alone", Buffer.from("7f454c46", "hex")],
    ["big endian", Buffer.concat([Buffer.from("7f454c460202", "hex"), Buffer.alloc(512, 1)])],
  ])("is refused: %s", (_, bytes) => {
    expect(decodeLayout(sourceOf(bytes))).toBe(null);
  });
});

describe("only regular files are opened", () => {
  test.each(["/dev/zero", "/dev/null", "/proc", "/nowhere", "", "a\0b", "/proc/self/fd"])(
    "%j is not",
    (path) => {
      expect(openRegularFile(path)).toBe(null);
    },
  );

  test("a pipe is not waited for", () => {
    runTool("mkfifo", workshop.path("pipe"));
    symlinkSync("pipe", workshop.path("link-to-pipe"));
    expect(openRegularFile(workshop.path("pipe"))).toBe(null);
    expect(openRegularFile(workshop.path("link-to-pipe"))).toBe(null);
  });

  test("a file whose name is not UTF-8 is", () => {
    const folder = workshop.path("bytes");
    mkdirSync(folder);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]), "content");
    using file = openRegularFile(`${folder}/a\udcff`);
    expect(file?.read(3, 100).toString()).toBe("tent");
    expect(file?.read(7, 1)).toHaveLength(0);
    expect(file?.read(-1, 1)).toHaveLength(0);
    expect(file?.read(2 ** 60, 2 ** 60)).toHaveLength(0);
  });
});

testUnless(NO_COMPILER, "a file that another one replaced names nothing", () => {
  const path = workshop.compile("replaced.so", FUNCTIONS, ...FEATURES);
  const offset = symbolOf(path, "visible").address + 1;
  const named = CodeFile.open(path, path, { bytes: BUDGET })?.functionAt(offset);
  expect(named).toEqual({ kind: "function", name: "visible" });
  const file = CodeFile.open(path, path, { bytes: BUDGET });
  runTool("cp", "--remove-destination", "/usr/bin/env", path);
  expect(file?.functionAt(offset)).toEqual({ kind: "unnamed" });
});

describe("the cache of the dynamic linker", () => {
  const text = (value: string): Buffer => Buffer.from(`${value}\0`);
  const strings = Buffer.concat([
    text("liba.so.1"),
    text("/lib/liba.so.1"),
    text("/opt/liba.so.1"),
  ]);

  /** One library at two places, as ldconfig writes it. */
  function cacheFile(count = 2): Buffer {
    const header = Buffer.alloc(48);
    header.write("glibc-ld.so.cache1.1", "latin1");
    header.writeUInt32LE(count, 20);
    header.writeUInt32LE(strings.length, 24);
    const start = 48 + 2 * 24;
    const entries = [10, 25].map((path) => {
      const entry = Buffer.alloc(24);
      entry.writeUInt32LE(0x303, 0);
      entry.writeUInt32LE(start, 4);
      entry.writeUInt32LE(start + path, 8);
      return entry;
    });
    return Buffer.concat([header, ...entries, strings]);
  }

  const expected = [["liba.so.1", ["/lib/liba.so.1", "/opt/liba.so.1"]]];

  test("has the paths of a library in order", () => {
    expect([...parseLibraryCache(cacheFile())]).toEqual(expected as never);
  });

  test("is found behind the older format", () => {
    const old = Buffer.alloc(16 + 3 * 12 + 4);
    old.write("ld.so-1.7.0", "latin1");
    old.writeUInt32LE(3, 12);
    expect([...parseLibraryCache(Buffer.concat([old, cacheFile()]))]).toEqual(expected as never);
  });

  test("is read as far as it is sound", () => {
    const whole = cacheFile(0xffff_ffff);
    for (let length = 0; length <= whole.length; length++) {
      parseLibraryCache(whole.subarray(0, length));
    }
    expect(parseLibraryCache(whole).get("liba.so.1")).toContain("/opt/liba.so.1");
    expect(parseLibraryCache(Buffer.alloc(4096, 0xff)).size).toBe(0);
  });
});
