// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { NEEDED_VERDICTS, type Profile, type Verdict } from "../../src/trace/model.ts";
import { CAPSCOPE, runCapscope } from "../privileged/harness/capscope.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import { testUnless } from "../skip.ts";
import { onlyWith, perform } from "./perform.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const reason = findReason();

/** Why no program can be traced here; null when they can. */
function findReason(): string | null {
  if (process.geteuid?.() !== 0) return "needs root, to trace";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  const { status, stderr } = runCapscope(["trace", "--", "/bin/true"]);
  return status === 0 ? null : `no way into this kernel: ${stderr.trim()}`;
}

function whyNot({ files }: Scenario): string | null {
  const missing = files.filter((path) => !existsSync(path));
  return missing.length > 0 ? `not installed: ${missing.join(" ")}` : reason;
}

describe("capscope names what it takes for", () => {
  for (const scenario of SCENARIOS) {
    testUnless(whyNot(scenario), scenario.title, async () => {
      const profile = await trace(scenario);
      expect(profile.coverage).toMatchObject({ complete: true });
      const { needs, keeps, alsoAsked, alsoKept } = scenario;
      const asked = namedAs(profile, NEEDED_VERDICTS);
      expect(withoutOptional(asked, scenario)).toEqual(
        withoutOptional(Object.keys({ ...needs, ...alsoAsked }), scenario),
      );
      expect(namedAs(profile, ["capset-only"])).toEqual(
        Object.keys({ ...keeps, ...alsoKept }).toSorted(),
      );
      // The proof: it does its job with what it needs and nothing else, and not with one less.
      const needed = Object.keys({ ...needs, ...keeps });
      const enough = [...needed, ...asked.filter((name) => isOptional(name, scenario))];
      expect(await perform(scenario, onlyWith(enough))).toBeNull();
      expect(await dispensable(scenario, needed, enough)).toEqual([]);
    });
  }
});

async function trace(scenario: Scenario): Promise<Profile> {
  const { path, close } = openTemporaryDirectory();
  try {
    const file = `${path}/profile.json`;
    const words = [...CAPSCOPE, "trace", "--json", "-o", file, "--duration", "20", "--"];
    expect(await perform(scenario, { words, isParent: true })).toBeNull();
    return parseBySchema(readFileSync(file, "utf8"), "profile") as Profile;
  } finally {
    close();
  }
}

/** Those of what the scenario is said to need that it does its job without, after all. */
async function dispensable(
  scenario: Scenario,
  needed: readonly string[],
  enough: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const capability of needed) {
    const rest = enough.filter((name) => name !== capability);
    if ((await perform(scenario, onlyWith(rest), 1000)) === null) found.push(capability);
  }
  return found;
}

function namedAs({ findings }: Profile, verdicts: readonly Verdict[]): string[] {
  return findings
    .filter(({ verdict }) => verdicts.includes(verdict))
    .map(({ capability }) => capability)
    .toSorted();
}

function withoutOptional(names: readonly string[], scenario: Scenario): string[] {
  return names.filter((name) => !isOptional(name, scenario)).toSorted();
}

function isOptional(name: string, { onSomeMachines = {} }: Scenario): boolean {
  return Object.hasOwn(onSomeMachines, name);
}
