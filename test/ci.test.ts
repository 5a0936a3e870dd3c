// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTemporaryDirectory } from "./privileged/harness/temporary-directory.ts";

const SCRIPT = join(import.meta.dir, "../.ci/run");

/** What one of the commands that CI runs prints, and its exit status. */
interface Outcome {
  readonly text: string;
  readonly status: number;
}

describe("CI", () => {
  const folder = openTemporaryDirectory();
  afterAll(() => folder.close());

  /** Runs the script with commands that end as given. */
  function runWith(vm: Outcome, ordinary: Outcome): { status: number; last: string } {
    const branch = ({ text, status }: Outcome): string => `printf '%s\n' '${text}'; exit ${status}`;
    const npm = `#!/bin/sh\nif [ "$2" = test:vm ]; then ${branch(vm)}; fi\n${branch(ordinary)}\n`;
    writeFileSync(join(folder.path, "npm"), npm, { mode: 0o755 });
    const PATH = `${folder.path}:/usr/bin:/bin`;
    const { exitCode, stdout } = Bun.spawnSync([SCRIPT], { env: { PATH } });
    return { status: exitCode, last: stdout.toString().trim().split("\n").at(-1) ?? "" };
  }

  const fine = { text: "5 passed, 0 failed, 1 skipped", status: 0 };

  test("ends with one line that counts the tests of all kernels", () => {
    const ordinary = { text: "20 passed, 0 failed, 2 skipped\nthe end", status: 0 };
    const outcome = runWith(fine, ordinary);
    expect(outcome).toEqual({ status: 0, last: "25 passed, 0 failed, 3 skipped" });
  });

  test("fails when a test of either fails", () => {
    const failed = { text: "4 passed, 2 failed, 0 skipped", status: 1 };
    const wanted = { status: 1, last: "9 passed, 2 failed, 1 skipped" };
    expect(runWith(fine, failed)).toEqual(wanted);
    expect(runWith(failed, fine)).toEqual(wanted);
  });

  test("fails when one ends without having counted, whatever its status", () => {
    const wanted = { last: "5 passed, 1 failed, 1 skipped" };
    expect(runWith({ text: "gone", status: 3 }, fine)).toEqual({ ...wanted, status: 3 });
    expect(runWith(fine, { text: "", status: 0 })).toEqual({ ...wanted, status: 1 });
  });
});
