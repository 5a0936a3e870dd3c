// SPDX-License-Identifier: Apache-2.0
import { describe } from "bun:test";

/** A group of tests that need root, to make namespaces; skipped with a printed reason without. */
export function describePrivileged(title: string, body: () => void): void {
  if (process.geteuid?.() === 0) {
    describe(title, body);
    return;
  }
  console.warn(`skipped: ${title}: needs root, to make network namespaces`);
  describe.skip(title, body);
}
