// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeText } from "../../../src/linux/bytes.ts";

/** A recorded /proc file, decoded as one that is read from the kernel. */
export function readFixture(path: string): string {
  return decodeText(readFileSync(join(import.meta.dir, "../../fixtures/proc", path)));
}
