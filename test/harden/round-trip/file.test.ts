// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../../skip.ts";
import { missing, notRoot, run, temporaryFolder, written } from "./harness.ts";

const folder = temporaryFolder();

describe("the script for file capabilities", () => {
  const reason = notRoot ?? missing("setcap") ?? missing("setpriv");

  testUnless(reason, "sets group, mode and capabilities, and setcap -v agrees", () => {
    // A name that a shell would take apart; the group is one that every system has.
    const program = join(folder, "it's a $(server)");
    copyFileSync("/usr/bin/id", program);
    const facts = { program, group: "daemon" };
    const script = written("list", "file", facts);
    expect(run(["sh", "-n", "-c", script]).code).toBe(0);
    const { code, stdout, stderr } = run(["sh", "-c", script]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toEndWith(": OK\n");
    expect(run(["getcap", "-n", program]).stdout).toContain(
      "cap_net_bind_service,cap_sys_admin=ep",
    );
    const { mode, gid } = statSync(program);
    expect([mode & 0o7777, gid]).toEqual([0o750, 1]);
    // Members of the group may execute it, others not.
    const as = (groups: string): number =>
      run(["setpriv", "--reuid=65534", "--regid=65534", groups, "sh", "-c", '"$1"', "sh", program])
        .code;
    expect(as("--groups=1")).toBe(0);
    expect(as("--clear-groups")).not.toBe(0);
  });

  testUnless(reason, "takes a capability that has a number alone", () => {
    const program = join(folder, "new");
    copyFileSync("/usr/bin/id", program);
    const script = written("number", "file", { program, group: "daemon" });
    expect(run(["sh", "-c", script]).code).toBe(0);
    expect(run(["getcap", "-n", program]).stdout).toContain("41+ep");
  });

  test("is not written for interpreters, nor for files that were not named", () => {
    for (const program of ["/usr/bin/python3.11", "/bin/sh"]) {
      const text = written("list", "file", { program });
      expect(text).not.toMatch(/^setcap/m);
      expect(text).toContain("runs scripts");
    }
    expect(written("list", "file", { program: null })).toContain("--program PATH");
  });
});
