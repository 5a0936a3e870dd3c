// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { readBuildId } from "../../../src/linux/elf/build-id.ts";
import { type ByteSource, sourceOf } from "../../../src/linux/elf/byte-source.ts";
import { readFunctions, type SymbolTable } from "../../../src/linux/elf/function-table.ts";
import {
  decodeLayout,
  type ElfLayout,
  executableAddress,
  fileOffset,
} from "../../../src/linux/elf/layout.ts";
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

const LIBRARY = ["-shared", "-fPIC", "-nostdlib"];
const BUDGET = 2 ** 30;
const PROGRAM = `${FUNCTIONS}\nint main(void) { return visible(1) + sizeless(); }`;
const DECLARED = PROGRAM.replace("int main", "int sizeless(void);\nint main");

let workshop: Workshop;
beforeAll(() => {
  workshop = openWorkshop();
});
afterAll(() => {
  workshop[Symbol.dispose]();
});

function open(file: string): { readonly source: ByteSource; readonly layout: ElfLayout } {
  const source = sourceOf(readFileSync(file));
  const layout = decodeLayout(source);
  if (layout === null) throw new Error(`${file} is not decoded`);
  return { source, layout };
}

function nameAt(file: string, table: SymbolTable, address: number): string | null | undefined {
  const { source, layout } = open(file);
  return readFunctions(source, layout, table, BUDGET)?.functionAt(address);
}

/** How a file may be made; each has the same functions. */
const KINDS: readonly (readonly [string, string, readonly string[]])[] = [
  ["shared object", FUNCTIONS, LIBRARY],
  ["program", DECLARED, ["-no-pie"]],
  ["position independent program", DECLARED, ["-fPIE", "-pie"]],
];

describe.each(KINDS)("a %s", (title, code, options) => {
  const name = title.replaceAll(" ", "-");

  testUnless(NO_COMPILER, "has all its functions in .symtab", () => {
    const file = workshop.compile(`${name}-symtab`, code, ...options);
    for (const [symbol, within] of [
      ["hidden", 3],
      ["sizeless", 40],
    ] as const) {
      const { address } = symbolOf(file, symbol);
      expect(nameAt(file, "symtab", address)).toBe(symbol);
      expect(nameAt(file, "symtab", address + within)).toBe(symbol);
    }
    const { address, size } = symbolOf(file, "hidden");
    expect(nameAt(file, "symtab", address + size - 1)).toBe("hidden");
    expect(nameAt(file, "symtab", address + size)).not.toBe("hidden");
  });

  testUnless(NO_COMPILER, "executes its code where the program headers say", () => {
    const file = workshop.compile(`${name}-headers`, code, ...options);
    const { source, layout } = open(file);
    const { address, size } = symbolOf(file, "visible");
    const offset = fileOffset(layout, address) ?? -1;
    expect(executableAddress(layout, offset)).toBe(address);
    const range = [`--start-address=${address}`, `--stop-address=${address + size}`];
    const dump = runTool("objdump", "-dw", ...range, file);
    const bytes = [...dump.matchAll(/^ +[0-9a-f]+:\t([0-9a-f ]+)/gm)].map(([, hex]) => hex ?? "");
    expect(source.read(offset, size).toString("hex")).toBe(bytes.join("").replaceAll(" ", ""));
    expect(executableAddress(layout, 0)).toBe(null);
  });

  testUnless(NO_COMPILER, "has the build id that readelf reads, or none", () => {
    for (const style of ["sha1", "md5", "0xabcdef01"]) {
      const file = workshop.compile(`${name}-id`, code, ...options, `-Wl,--build-id=${style}`);
      const { source, layout } = open(file);
      const [, stated] = /Build ID: (\w+)/.exec(runTool("readelf", "-nW", file)) ?? [];
      expect(stated).toBeDefined();
      expect(readBuildId(source, layout)).toBe(stated ?? "");
    }
    const without = workshop.compile(`${name}-no-id`, code, ...options, "-Wl,--build-id=none");
    const { source, layout } = open(without);
    expect(readBuildId(source, layout)).toBe(null);
  });
});

testUnless(NO_COMPILER, "a stripped shared object has its public functions in .dynsym", () => {
  const full = workshop.compile("full.so", FUNCTIONS, ...LIBRARY);
  const file = workshop.path("stripped.so");
  runTool("strip", "-o", file, full);
  const visible = symbolOf(full, "visible");
  const hidden = symbolOf(full, "hidden");
  expect(nameAt(file, "symtab", visible.address)).toBe(undefined);
  expect(nameAt(file, "dynsym", visible.address + 1)).toBe("visible");
  expect(nameAt(file, "dynsym", hidden.address + 1)).toBe(null);
});

testUnless(NO_COMPILER, "of several names of a function, the public one is shown", () => {
  const file = workshop.compile("aliases.so", FUNCTIONS, ...LIBRARY);
  const { address } = symbolOf(file, "__visible");
  expect(nameAt(file, "symtab", address + 1)).toBe("visible");
  expect(nameAt(file, "dynsym", address + 1)).toBe("visible");
});

testUnless(NO_COMPILER, "a function without a size ends with its section", () => {
  const file = workshop.compile("sizeless.so", FUNCTIONS, ...LIBRARY, "-Wl,-z,noseparate-code");
  const { layout } = open(file);
  const { address } = symbolOf(file, "sizeless");
  const section = layout.sections.find(
    ({ address: start, size }) => start <= address && address < start + size,
  )!;
  const end = section.address + section.size;
  expect(nameAt(file, "symtab", end - 1)).toBe("sizeless");
  expect(nameAt(file, "symtab", end)).toBe(null);
});

testUnless(NO_COMPILER, "versions that a linker appends to names are left out", () => {
  const script = workshop.path("versions.map");
  runTool("sh", "-c", `echo 'V1 { global: visible; local: *; };' > '${script}'`);
  const file = workshop.compile(
    "versioned.so",
    `__asm__(".symver versioned,visible@@V1");\nint versioned(int x) { return x + 7; }`,
    ...LIBRARY,
    `-Wl,--version-script=${script}`,
  );
  expect(runTool("readelf", "-sW", file)).toContain("visible@@V1");
  const { address } = symbolOf(file, "visible@@V1");
  expect(nameAt(file, "dynsym", address)).toBe("visible");
});

test("symbols that take more memory than there is are not read", () => {
  const { source, layout } = open("/usr/bin/env");
  expect(readFunctions(source, layout, "dynsym", 10)).toBe(null);
});

testUnless(NO_COMPILER, "what a file needs and where it looks is read", () => {
  workshop.compile("libneeded.so", FUNCTIONS, ...LIBRARY, "-Wl,-soname,libneeded.so");
  const folder = workshop.path("");
  for (const [tags, style] of [
    ["new-dtags", "run"],
    ["disable-new-dtags", "r"],
  ] as const) {
    const file = workshop.compile(
      `user-${style}`,
      "int visible(int);\nint main(void) { return visible(1); }",
      `-L${folder}`,
      "-lneeded",
      style === "run" ? "-Wl,--enable-new-dtags" : `-Wl,--${tags}`,
      "-Wl,-rpath,$ORIGIN:/opt/x",
    );
    const { source, layout } = open(file);
    const linkage = readLinkage(source, layout);
    expect(linkage.needed).toContain("libneeded.so");
    expect(linkage.folders).toEqual(["$ORIGIN", "/opt/x"]);
    expect(runTool("readelf", "-lW", file)).toContain(`interpreter: ${linkage.interpreter}]`);
  }
});

testUnless(NO_COMPILER, "a 32-bit file is decoded like a 64-bit one", () => {
  const file = workshop.compile(
    "narrow.so",
    FUNCTIONS,
    "--target=i386-linux-gnu",
    "-fuse-ld=bfd",
    "-Wl,--build-id=sha1",
    ...LIBRARY,
  );
  const { source, layout } = open(file);
  expect([layout.bits, layout.machine]).toEqual([32, 3]);
  expect(readBuildId(source, layout)).toMatch(/^[0-9a-f]{40}$/);
  const { address } = symbolOf(file, "visible");
  expect(nameAt(file, "symtab", address + 2)).toBe("visible");
  expect(nameAt(file, "dynsym", address + 2)).toBe("visible");
  expect(executableAddress(layout, fileOffset(layout, address) ?? -1)).toBe(address);
  expect(readLinkage(source, layout).interpreter).toBe(null);
});
