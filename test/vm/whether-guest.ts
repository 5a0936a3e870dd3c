// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** Set by the script that runs tests in a guest: there they may change what belongs to the system. */
export const IN_GUEST = "CAPSCOPE_TEST_GUEST";

/** Why a test that changes the system itself does not run here; null in a guest. */
export function whyNoGuest(): string | null {
  return process.env[IN_GUEST] === undefined ? "changes the system: runs in npm run test:vm" : null;
}

/** Why units of a systemd that is process 1 cannot be tested; null where they can. */
export function whyNoSystemd(): string | null {
  const name = readFileSync("/proc/1/comm", "utf8").trim();
  return name === "systemd" ? null : `process 1 is ${name}, not systemd`;
}
