// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { UserSymbols } from "../../../src/linux/elf/user-symbols.ts";
import { testUnless } from "../../skip.ts";
import { commandFails, NO_COMPILER, openWorkshop, symbolOf, type Workshop } from "./compiled.ts";
import { address, frameIn, NOBODY } from "./frames.ts";
import { startProgram, WAITING_PROGRAM } from "./running-program.ts";

const NO_NAMESPACE =
  NO_COMPILER ??
  (commandFails("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
    ? "needs a mount namespace of its own"
    : null);

let workshop: Workshop;
beforeAll(() => {
  workshop = openWorkshop();
});
afterAll(() => {
  workshop[Symbol.dispose]();
});

describe("addresses in a process that was seen", () => {
  testUnless(NO_COMPILER, "are named by what is there", async () => {
    const exe = workshop.compile("waiting", WAITING_PROGRAM, "-Wl,--build-id=none");
    const program = await startProgram(exe);
    const [inner = 0n, jit = 0n, vdso = 0n, data = 0n, memory = 0n] = program.addresses;
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    const owner = { pid: program.pid, exe };
    const frames = [inner + 4n, jit + 8n, vdso + 64n, memory + 4n];
    const named = symbols.name(frames.map(address), owner);
    expect(named.map(({ name, file }) => [name, file])).toEqual([
      ["inner", exe],
      ["[jit]", null],
      ["[vdso]", null],
      ["[jit]", null],
    ]);
    const place = symbolOf(exe, "inner").address;
    expect(named[0]?.offset).toBe(place + 4);
    for (const wild of [data, 0n, 1n, 0x1234_5678_0000n, 2n ** 64n - 1n]) {
      const cut = symbols.name([inner + 4n, wild, inner + 4n].map(address), owner);
      expect(cut.map(({ name }) => name)).toEqual(["inner"]);
    }
  });

  testUnless(NO_COMPILER, "in a file with a build id are of that file", async () => {
    const exe = workshop.compile("identified", WAITING_PROGRAM, "-Wl,--build-id");
    const program = await startProgram(exe);
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    const [inner = 0n] = program.addresses;
    const named = symbols.name([address(inner + 4n)], { pid: program.pid, exe });
    const { buildId } = frameIn(exe, "inner");
    expect(named).toMatchObject([{ name: "inner", file: exe, buildId }]);
  });

  testUnless(NO_COMPILER, "are named though the file was deleted before it was seen", async () => {
    const exe = workshop.compile("deleted", WAITING_PROGRAM, "-Wl,--build-id");
    const frame = frameIn(exe, "inner");
    const program = await startProgram(exe);
    unlinkSync(exe);
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    const [inner = 0n] = program.addresses;
    const named = symbols.name([frame, address(inner + 4n)], { pid: program.pid, exe });
    expect(named.map(({ name, file }) => [name, file])).toEqual([
      ["inner", exe],
      ["inner", exe],
    ]);
  });

  testUnless(NO_NAMESPACE, "are named in a mount namespace that is gone", async () => {
    const exe = workshop.compile("inside", WAITING_PROGRAM, "-Wl,--build-id");
    const frame = frameIn(exe, "inner");
    mkdirSync(workshop.path("root"));
    const script = `mount -t tmpfs none "$1" && cp "$2" "$1/program" && exec "$1/program"`;
    const root = workshop.path("root");
    const program = await startProgram("unshare", "-m", "sh", "-ec", script, "sh", root, exe);
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    expect(existsSync(`${root}/program`)).toBe(false);
    expect(symbols.name([frame], { pid: program.pid, exe: null })).toMatchObject([
      { name: "inner", file: `${root}/program` },
    ]);
  });

  testUnless(NO_COMPILER, "are those of the program that ran then", async () => {
    const exe = workshop.compile("before", WAITING_PROGRAM, "-Wl,--build-id=none");
    const program = await startProgram(exe);
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    const [inner = 0n] = program.addresses;
    const owners = [exe, "/usr/bin/env", "/only/in/a/container", null];
    const names = owners.map(
      (each) => symbols.name([address(inner + 4n)], { pid: program.pid, exe: each })[0]?.name,
    );
    expect(names).toEqual(["inner", "[unknown]", "inner", "inner"]);
    expect(symbols.name([address(inner + 4n)], NOBODY)[0]?.name).toBe("[unknown]");
  });

  testUnless(NO_COMPILER, "are found by the name of a link or of a script", async () => {
    const exe = workshop.compile("interpreter", WAITING_PROGRAM, "-Wl,--build-id=none");
    const [link, script] = [workshop.path("link"), workshop.path("script")];
    symlinkSync(exe, link);
    writeFileSync(script, `#! ${link} -x\n`, { mode: 0o755 });
    const program = await startProgram(script);
    const symbols = new UserSymbols();
    symbols.observe(program.pid);
    await program.end();
    const frames = [address((program.addresses[0] ?? 0n) + 4n)];
    for (const each of [link, script]) {
      const named = symbols.name(frames, { pid: program.pid, exe: each });
      expect(named).toMatchObject([{ name: "inner", file: exe }]);
    }
  });
});
