// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import type { UserFrame } from "../../../src/linux/bpf/observation.ts";
import { type NamedFunction, UserSymbols } from "../../../src/linux/elf/user-symbols.ts";
import type { UserFunction } from "../../../src/trace/model.ts";
import { testUnless } from "../../skip.ts";
import { FUNCTIONS, NO_COMPILER, openWorkshop, runTool, type Workshop } from "./compiled.ts";
import { address, frameAt, frameIn, libraryOf, NOBODY } from "./frames.ts";
import { startProgram } from "./running-program.ts";

const PYTHON = "/usr/bin/python3";
const NO_PYTHON = NO_COMPILER ?? (existsSync(PYTHON) ? null : `${PYTHON} is not there`);
const NO_DEBUG_FILE =
  NO_PYTHON ??
  (existsSync(debugFile(frameAt(libraryOf(PYTHON), 0).buildId))
    ? null
    : "the debugging symbols of the C library are not there");
const LIBRARY = ["-shared", "-fPIC", "-nostdlib"];

let workshop: Workshop;
beforeAll(() => {
  workshop = openWorkshop();
});
afterAll(() => {
  workshop[Symbol.dispose]();
});

function debugFile(buildId: string): string {
  return `/usr/lib/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
}

describe("a function of the C library", () => {
  testUnless(NO_PYTHON, "is found through a process that was seen", async () => {
    const path = libraryOf(PYTHON);
    const frame = frameIn(path, "bind");
    const symbols = new UserSymbols();
    const program = await startProgram(
      PYTHON,
      "-c",
      "import sys; print(0, flush=True); sys.stdin.read()",
    );
    symbols.observe(program.pid);
    const { pid } = program;
    await program.end();
    const [named] = symbols.name([frame], { pid, exe: null });
    const { buildId, offset } = frame;
    expect(named).toEqual({ name: "bind", file: path, buildId, offset: Number(offset) });
  });

  testUnless(NO_PYTHON, "is found through a program that needs the library", () => {
    const path = libraryOf(PYTHON);
    const frame = frameIn(path, "bind");
    const named = new UserSymbols().name([frame], { ...NOBODY, exe: PYTHON });
    expect(named).toMatchObject([{ name: "bind", file: path }]);
  });

  testUnless(
    NO_DEBUG_FILE,
    "that others may not call has the name of the debugging symbols",
    () => {
      const path = libraryOf(PYTHON);
      const { buildId } = frameIn(path, "bind");
      const symbols = runTool("readelf", "-sW", debugFile(buildId));
      const local = [...symbols.matchAll(/([0-9a-f]{16}) +(\d{3}) FUNC +LOCAL .* (_nl_\w+)$/gm)];
      expect(local).not.toEqual([]);
      const frames = local.map(([, place]) => frameAt(path, Number(`0x${place}`)));
      const named = new UserSymbols().name(frames, { ...NOBODY, exe: PYTHON });
      expect(named.map(({ name }) => name)).toEqual(local.map(([, , , name = ""]) => name));
    },
  );

  testUnless(NO_PYTHON, "is not found through nothing", () => {
    const { buildId, offset } = frameIn(libraryOf(PYTHON), "bind");
    expect(new UserSymbols().name([{ kind: "file", buildId, offset }], NOBODY)).toEqual([
      { name: "[unknown]", file: null, buildId, offset: Number(offset) },
    ]);
  });
});

describe("a program that is gone", () => {
  testUnless(NO_COMPILER, "is named with the libraries that it finds from where it is", () => {
    mkdirSync(workshop.path("libs"));
    const deep = workshop.compile("libs/libdeep.so", FUNCTIONS, ...LIBRARY, "-Wl,--build-id");
    const library = workshop.compile(
      "libs/libnear.so",
      "int visible(int);\nint near(int x) { return visible(x) + 1; }",
      ...LIBRARY,
      "-Wl,--build-id=md5,-rpath,$ORIGIN",
      `-L${workshop.path("libs")}`,
      "-ldeep",
    );
    const exe = workshop.compile(
      "caller",
      "int near(int);\nint main(void) { return near(1); }",
      `-L${workshop.path("libs")}`,
      `-Wl,--build-id,-rpath,$ORIGIN/libs,-rpath-link,${workshop.path("libs")}`,
      "-lnear",
    );
    const near = frameIn(library, "near");
    const frames = [
      frameIn(deep, "visible"),
      // The kernel pads what is shorter than SHA-1.
      { ...near, buildId: near.buildId.padEnd(40, "0") },
      frameIn(exe, "main"),
    ];
    const named = new UserSymbols().name(frames, { ...NOBODY, exe });
    expect(named.map(({ name, file }) => [name, file])).toEqual([
      ["visible", deep],
      ["near", library],
      ["main", exe],
    ]);
    expect(named[1]?.buildId).toBe(near.buildId);
  });

  testUnless(NO_COMPILER, "is not named by another file that took its place", () => {
    const exe = workshop.compile("first", "int main(void) { return 1; }", "-Wl,--build-id");
    const frame = frameIn(exe, "main");
    workshop.compile("first", "int other(void) { return 2; } int main(void) { return 1; }");
    expect(new UserSymbols().name([frame], { ...NOBODY, exe })).toMatchObject([
      { name: "[unknown]", file: null },
    ]);
  });

  testUnless(NO_COMPILER, "keeps its file where a function has no symbol", () => {
    const full = workshop.compile("named", FUNCTIONS, ...LIBRARY, "-Wl,--build-id");
    const exe = workshop.path("nameless");
    runTool("strip", "-o", exe, full);
    const named = new UserSymbols().name([frameIn(full, "hidden")], { ...NOBODY, exe });
    expect(named).toMatchObject([{ name: "[unknown]", file: exe }]);
  });
});

describe("a stack of a process that was never seen", () => {
  testUnless(NO_COMPILER, "ends with the last function of a file", () => {
    const exe = workshop.compile("unseen", "int main(void) { return 3; }", "-Wl,--build-id");
    const main = frameIn(exe, "main");
    const owner = { ...NOBODY, exe };
    const frames = [main, address(0x7f00_0000_1000n), main, address(0x5555_0000n)];
    const names = (stack: readonly UserFrame[]): readonly string[] =>
      new UserSymbols().name(stack, owner).map(({ name }) => name);
    expect(names(frames)).toEqual(["main", "[unknown]", "main"]);
    expect(names([address(0x5555_0000n), address(0x6666_0000n)])).toEqual(["[unknown]"]);
    expect(names([main, address(0x12n), main])).toEqual(["main"]);
    expect(names([])).toEqual([]);
  });

  testUnless(NO_COMPILER, "ends where the file has no code", () => {
    const exe = workshop.compile("data", "int main(void) { return 3; }", "-Wl,--build-id");
    const main = frameIn(exe, "main");
    const frames: readonly UserFrame[] = [main, { ...main, offset: 1n }, main];
    const named = new UserSymbols().name(frames, { ...NOBODY, exe });
    expect(named.map(({ name }) => name)).toEqual(["main"]);
  });
});

test("what is named is what a profile has", () => {
  const named: readonly NamedFunction[] = new UserSymbols().name([address(1n)], NOBODY);
  const functions: readonly UserFunction[] = named;
  expect(functions).toEqual([{ name: "[unknown]", file: null, buildId: null, offset: null }]);
});

test("a process that is gone is observed in vain", () => {
  const symbols = new UserSymbols();
  symbols.observe(NOBODY.pid);
  expect(symbols.name([], NOBODY)).toEqual([]);
});
