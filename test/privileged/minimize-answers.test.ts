// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { type Run, runCapscope } from "./harness/capscope.ts";
import { minimize } from "./harness/minimized.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { NO_TRACE } from "./harness/traced.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);
const here = (name: string): string => join(scratch.path, name);
const minimizeWords = (...words: readonly string[]): Run => runCapscope(["minimize", ...words]);
const lines = (name: string): number => readFileSync(here(name), "utf8").split("\n").length - 1;

describe("answers that differ from run to run", () => {
  /** Succeeds in runs whose number, from 1, is in the list. */
  const atTimes = (name: string, numbers: string): string => {
    rmSync(here(name), { force: true });
    return `echo run >>${here(name)}; case " ${numbers} " in *" $(wc -l <${here(name)}) "*) ;; *) exit 1;; esac`;
  };

  testUnless(NO_TRACE, "with all capabilities prove nothing, and that is said", () => {
    const check = atTimes("flaky", "1 3 4 5 6 7 8 9");
    const { status, stderr } = minimizeWords("--check", check, "--", "/bin/true");
    expect(status).toBe(4);
    expect(stderr).toContain("worked 3 of 4 times only: the check ended with status 1");
    expect(lines("flaky")).toBe(4);
  });

  testUnless(
    NO_TRACE,
    "as the work is not the same are told from what it used, and leave that in",
    () => {
      const directory = here("elsewhere");
      const argv = ["/bin/sh", "-c", `mkdir -p ${directory} && chown 4242 ${here("wavering")}`];
      writeFileSync(here("wavering"), "");
      const { status, proof, capabilities, stderr } = minimize([
        "/bin/sh",
        "-c",
        `test -e ${directory} || { ${argv[2]}; }`,
      ]);
      expect([status, proof.minimalSets, proof.workingSet]).toEqual([4, [], ["chown"]]);
      expect(capabilities.get("chown")).toMatchObject({
        proof: "untested",
        reason: "the first run used it, and the next did not",
      });
      expect(stderr).toContain("the runs do not do the same work; --prepare");
      const prepared = minimize(argv, ["--prepare", `rm -rf ${directory}`]);
      expect(prepared.proof.minimalSets).toEqual([["chown"]]);
    },
  );

  testUnless(NO_TRACE, "without a capability leave it untested, and are not success", () => {
    // Runs 1 to 4 have it; of the four without it, one works.
    const check = atTimes("wavering", "1 2 3 4 6");
    const argv = ["/bin/sh", "-c", `chown 4242 ${here("wavering")} 2>/dev/null; true`];
    writeFileSync(here("wavering"), "");
    const result = minimize(argv, ["--check", check]);
    expect(result.status).toBe(4);
    expect(result.proof.minimalSets).toEqual([]);
    expect(result.proof.workingSet).toEqual(["chown"]);
    expect(result.capabilities.get("chown")).toMatchObject({
      proof: "untested",
      reason: "it worked 1 of 4 times without it",
    });
    expect(result.profile.proven).toBeNull();
  });
});
