// SPDX-License-Identifier: Apache-2.0
import { test } from "bun:test";

/** A test that runs unless there is a reason not to; the reason is printed. */
export function testUnless(
  reason: string | null,
  title: string,
  body: () => void | Promise<void>,
  limitMs?: number,
): void {
  if (reason === null) {
    test(title, body, limitMs);
    return;
  }
  console.warn(`skipped: ${title}: ${reason}`);
  test.skip(title, body);
}
