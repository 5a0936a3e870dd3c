// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { isInterpreter, isPython } from "../../src/capabilities/interpreters.ts";

describe("interpreters", () => {
  test.each(["/bin/sh", "/usr/bin/bash", "/usr/bin/python3.11", "/usr/bin/perl5.36.0", "node"])(
    "%s runs scripts",
    (program) => {
      expect(isInterpreter(program)).toBe(true);
    },
  );

  test.each([
    "/usr/sbin/sshd",
    "/usr/bin/python3-config",
    "/bin/fish-market",
    "[sh]",
    "/opt/sh/run",
  ])("%s does not", (program) => {
    expect(isInterpreter(program)).toBe(false);
  });

  test("Python is told by its name, of any version", () => {
    expect(["python", "/usr/bin/python3", "/opt/python3.13"].every(isPython)).toBe(true);
    expect(["/usr/bin/perl", "/usr/bin/pythonic"].some(isPython)).toBe(false);
  });
});
