// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandEnd, startGatedCommand } from "../../src/linux/gated-command.ts";
import type { LaunchOptions } from "../../src/linux/launch-options.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);

async function endOf(argv: readonly string[], options: LaunchOptions = {}): Promise<CommandEnd> {
  const command = await startGatedCommand(argv, options);
  command.open();
  return command.ended;
}

describe("a command that waits", () => {
  test("is gone when it is abandoned, without having run", async () => {
    const trace = join(scratch.path, "ran");
    const command = await startGatedCommand(["touch", trace]);
    command.abandon();
    expect((await command.ended).exitCode).toBe(1);
    expect(() => readFileSync(trace)).toThrow("ENOENT");
  });

  test("says which system call failed when it is too long to be started", async () => {
    const long = "x".repeat(1 << 20);
    await expect(startGatedCommand(["true", long])).rejects.toThrow("starting the command: E2BIG");
  });

  test("has its own standard error", async () => {
    const program = `
      const { startGatedCommand } = await import("./src/linux/gated-command.ts");
      const command = await startGatedCommand(["sh", "-c", "echo out; echo err >&2; exit 3"]);
      command.open();
      process.exitCode = (await command.ended).exitCode;`;
    const run = Bun.spawnSync([process.execPath, "-e", program], { stderr: "pipe" });
    expect([run.stdout.toString(), run.stderr.toString(), run.exitCode]).toEqual([
      "out\n",
      "err\n",
      3,
    ]);
  });
});

describe("the program is looked for as a shell does", () => {
  const [first, second] = [join(scratch.path, "first"), join(scratch.path, "second")];
  const PATH = `${first}:${second}:/usr/bin:/bin`;
  const start = (...argv: readonly string[]): Promise<CommandEnd> =>
    endOf(argv, { environment: { PATH } });

  beforeAll(() => {
    mkdirSync(join(first, "tool"), { recursive: true });
    mkdirSync(second);
    writeFileSync(join(second, "tool"), "#!/bin/sh\nexit 7\n", { mode: 0o755 });
    writeFileSync(join(second, "data"), "#!/bin/sh\n", { mode: 0o644 });
    symlinkSync("tool", join(second, "link"));
  });

  test("a directory of that name is passed over", async () => {
    expect(await start("tool")).toEqual({ exitCode: 7, signal: null });
  });

  test("a path is taken as it is, links included", async () => {
    expect((await start(join(second, "tool"))).exitCode).toBe(7);
    expect((await start(join(second, "link"))).exitCode).toBe(7);
  });

  test("126 is for what cannot be run, 127 for what is not there", async () => {
    expect((await start(first)).exitCode).toBe(126);
    expect((await start(join(second, "data"))).exitCode).toBe(126);
    expect((await start("no-such-tool")).exitCode).toBe(127);
    expect((await start(join(second, "none"))).exitCode).toBe(127);
  });
});
