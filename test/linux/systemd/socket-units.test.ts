// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readSocketUnits } from "../../../src/linux/systemd/socket-units.ts";
import { testUnless } from "../../skip.ts";

const booted = existsSync("/run/systemd/system") ? "systemd runs this machine" : null;

testUnless(
  booted,
  "a machine without a service manager is told apart from one without units",
  () => {
    const reason = "systemd is not pid 1 here";
    expect(readSocketUnits(null)).toEqual({ kind: "unavailable", reason });
  },
);

test("a user without a manager has none to ask", () => {
  const uid = 3_000_000_123;
  expect(readSocketUnits(uid)).toEqual({
    kind: "unavailable",
    reason: `uid ${uid} has no runtime directory /run/user/${uid}`,
  });
});

/** Not in Node's documentation for spawnSync, and what keeps root's terminal out of reach. */
const SESSION_PROBE = `
  const { spawnSync } = require("node:child_process");
  const probe = ["-c", 'read -r pid comm state ppid group session rest < /proc/self/stat; echo $pid $session'];
  console.log(spawnSync("/bin/sh", probe, { detached: true, encoding: "utf8" }).stdout);
`;

test.each([
  ["bun", process.execPath],
  ["node", Bun.which("node") ?? "node"],
])("under %s a detached child has a session of its own", (_, runtime) => {
  const result = spawnSync(runtime, ["-e", SESSION_PROBE], { encoding: "utf8" });
  const [pid, session] = result.stdout.trim().split(" ");
  expect(Number(pid)).toBeGreaterThan(0);
  expect(session).toBe(pid);
});
