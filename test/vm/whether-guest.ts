// SPDX-License-Identifier: Apache-2.0

/** Set by the script that runs tests in a guest: there they may change what belongs to the system. */
export const IN_GUEST = "CAPSCOPE_TEST_GUEST";

/** Why a test that changes the system itself does not run here; null in a guest. */
export function whyNoGuest(): string | null {
  return process.env[IN_GUEST] === undefined ? "changes the system: runs in npm run test:vm" : null;
}
