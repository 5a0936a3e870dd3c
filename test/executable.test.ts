// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../src/version.ts";
import { testUnless } from "./skip.ts";

const BUILT = join(import.meta.dir, "../dist/capscope");
const REASON = existsSync(BUILT) ? null : "dist/capscope is not there; run `npm run build`";

interface Run {
  readonly status: number | null;
  readonly stdout: string;
}

describe("dist/capscope", () => {
  let directory: string;
  let temporary: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "capscope-test-"));
    temporary = join(directory, "tmp");
    mkdirSync(temporary);
    if (REASON === null) copyFileSync(BUILT, join(directory, "capscope"));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const run = (...words: readonly string[]): Run => {
    const { exitCode, stdout } = Bun.spawnSync([join(directory, "capscope"), ...words], {
      cwd: directory,
      stdin: "ignore",
      stderr: "inherit",
      env: { PATH: "/usr/bin:/bin", TMPDIR: temporary },
    });
    return { status: exitCode, stdout: stdout.toString() };
  };

  testUnless(REASON, "does not run the bunfig.toml of the directory it is started in", () => {
    writeFileSync(join(directory, "bunfig.toml"), 'preload = ["./preload.js"]\n');
    writeFileSync(join(directory, "preload.js"), 'console.log("preloaded");\n');
    expect(run("--version")).toEqual({ status: 0, stdout: `capscope ${VERSION}\n` });
  });

  testUnless(REASON, "does not read the .env of the directory it is started in", () => {
    const elsewhere = join(directory, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(directory, ".env"), `BUN_TMPDIR=${elsewhere}\n`);
    run("exposure", "--allow-partial");
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  testUnless(REASON, "brings koffi along and puts it into TMPDIR, for its user alone", () => {
    expect(run("exposure", "--allow-partial").status).toBe(0);
    const addons = readdirSync(temporary).filter((name) => name.endsWith(".node"));
    expect(addons).toHaveLength(1);
    const { stdout } = Bun.spawnSync(["stat", "-c", "%a %u", join(temporary, addons[0]!)]);
    expect(stdout.toString()).toBe(`600 ${process.getuid?.()}\n`);
  });
});
