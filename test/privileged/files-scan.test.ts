// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { arch } from "node:os";
import { openScanMemory } from "../../src/linux/ffi/scan-memory.ts";
import { SCAN_MEMORY_SIZE, Scanner } from "../../src/linux/files/scan.ts";
import type { FileHit } from "../../src/linux/files/messages.ts";
import { putFile } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

describePrivileged("the scanner of directories", () => {
  let temporary: TemporaryDirectory;
  let top: string;

  beforeAll(() => {
    temporary = openTemporaryDirectory();
    top = temporary.path;
    for (let index = 0; index < 300; index++) {
      const path = putFile(top, `d${index % 7}/e${index % 3}/file${index}`, 0o644, "x");
      if (index % 10 === 0) run(["setcap", "cap_net_raw=ep", path]);
      if (index % 10 === 5) chmodSync(path, 0o4755);
    }
    // Attributes that are no capabilities, as a security module gives to all files.
    const script = `import os, sys
for folder, _, files in os.walk(sys.argv[1]):
    for file in files:
        os.setxattr(f"{folder}/{file}", "user.other", b"1")`;
    run(["/usr/bin/python3", "-c", script, top]);
  });

  afterAll(() => temporary?.close());

  async function scan(budget: number, hasGetxattrat: boolean): Promise<readonly FileHit[]> {
    using memory = await openScanMemory(SCAN_MEMORY_SIZE, arch());
    const scanner = new Scanner(memory, hasGetxattrat);
    const hits: FileHit[] = [];
    for (let pending: readonly string[] = [top]; pending.length > 0;) {
      const result = scanner.scan({ directories: pending, budget, mounts: null });
      hits.push(...result.hits);
      pending = result.rest;
      expect(result.failures).toEqual([]);
    }
    return hits.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  }

  test("finds the same by the calls of new kernels and by those of old ones", async () => {
    const hits = await scan(100_000, true);
    expect(hits).toHaveLength(60);
    expect(hits.filter(({ attribute }) => attribute !== null)).toHaveLength(30);
    expect(await scan(100_000, false)).toEqual(hits);
  });

  test.each([0, 1, 10, 100])("finds the same in batches of about %p entries", async (budget) => {
    expect(await scan(budget, true)).toEqual(await scan(100_000, true));
  });
});
