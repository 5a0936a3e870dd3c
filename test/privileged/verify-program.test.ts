// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerifyReport } from "../../src/verify/model.ts";
import { runCapscope } from "./harness/capscope.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { type Verified, verify as verifyWords } from "./harness/verified.ts";

const verify = (...words: readonly string[]): Verified => verifyWords(words);

describePrivileged("a program that would be executed", () => {
  const directory = openTemporaryDirectory();
  afterAll(directory.close);
  const program = join(directory.path, "program");
  const prepare = (...words: readonly string[]): void => {
    copyFileSync("/bin/true", program);
    chmodSync(program, 0o755);
    if (words.length > 0) Bun.spawnSync([...words, program]);
  };
  /** What the very program has once it runs, by the same user. */
  const really = (user: readonly string[]): string => {
    copyFileSync("/usr/bin/grep", program);
    const { stdout } = Bun.spawnSync([...user, program, "CapPrm", "/proc/self/status"]);
    return stdout.toString().trim();
  };
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const as = (...words: readonly string[]) => verify("--cmd", program, "--cap", "kill", ...words);

  test("gives a user what its file has, as the kernel does", () => {
    prepare("setcap", "cap_kill=ep");
    const { status, report } = as("--user", "65534", "--exact");
    expect([status, report.target]).toEqual([0, { kind: "command", program, uid: 65534 }]);
    expect(report.holders[0]!.sets[1]).toMatchObject({ set: "permitted", actual: ["kill"] });
    copyFileSync("/usr/bin/grep", program);
    Bun.spawnSync(["setcap", "cap_kill=ep", program]);
    const run = Bun.spawnSync([...nobody, program, "CapPrm", "/proc/self/status"]);
    expect(run.stdout.toString()).toBe("CapPrm:\t0000000000000020\n");
  });

  test("without capabilities of its own gives a user nothing, and is refused what it needs", () => {
    prepare();
    const { status, report } = as("--user", "65534");
    expect([status, report.differences.map(({ kind }) => kind)]).toEqual([1, ["lacking"]]);
    expect(really(nobody)).toBe("CapPrm:\t0000000000000000");
  });

  test("that is setuid gives all of the bounding set", () => {
    prepare("chmod", "4755");
    const { report } = as("--user", "65534");
    expect(report.holders[0]!.uid).toBe(0);
    expect(report.differences[0]!.message).toContain("more than expected");
    expect(report.notes.join(" ")).toContain("Run with root's user id");
  });

  test("that insists on what the bounding set lacks cannot be executed", () => {
    prepare("setcap", "cap_kill=ep");
    const prefix = ["setpriv", "--bounding-set=-kill", "--"];
    const words = ["verify", "--json", "--cmd", program, "--cap", "kill"];
    const { status, stdout } = runCapscope(words, { prefix });
    const report = parseBySchema(stdout, "verify") as VerifyReport;
    expect([status, report.notes[0]]).toEqual([
      1,
      "execve(2) refuses it: the file insists on kill, which the bounding set lacks.",
    ]);
    expect(Bun.spawnSync([...prefix, "sh", "-c", program]).exitCode).toBe(126);
  });

  test("that is a script counts by its interpreter", () => {
    writeFileSync(program, "#!/bin/sh\n");
    const { report } = as("--user", "65534");
    expect(report.notes[0]).toMatch(/^What is loaded is \/.*sh: of a script/);
  });
});
