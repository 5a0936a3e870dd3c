// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../privileged/harness/actor.ts";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { type Minimized, readMinimized } from "../privileged/harness/minimized.ts";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { testUnless } from "../skip.ts";
import type { Scenario } from "./scenario.ts";
import { dnsmasq, dnsmasqForHosts } from "./scenarios/dnsmasq.ts";
import { nginx } from "./scenarios/nginx.ts";
import { pingAsRoot, pingAsUser, pingWithoutRawSocket } from "./scenarios/ping.ts";
import { chattr, mount, renice, su } from "./scenarios/tools.ts";
import { openStage, type Stage } from "./stage.ts";

/** How capscope minimize is to tell that a scenario's job is done. */
type Criterion = (stage: Stage) => readonly string[];

const byStatus: Criterion = () => [];
const ask = (protocol: string, question: string): string =>
  `${PYTHON} -B -S ${fileURLToPath(new URL("clients.py", import.meta.url))} ${protocol} ${question}`;
const byAddress: Criterion = () => [
  "--ready",
  "delay:0.3",
  "--check",
  `test "$(${ask("dns", "capscope.test")})" = 192.0.2.1`,
];
const byPage: Criterion = ({ directory }) => [
  "--ready",
  "port:80",
  "--check",
  `${ask("http", "/page.html")} | grep -q hello`,
  // Directories that are there already need no owner.
  "--prepare",
  `cd ${directory} && rm -rf client_body proxy fastcgi uwsgi scgi`,
];

const CASES: readonly (readonly [Scenario, Criterion])[] = [
  [pingAsRoot, byStatus],
  [pingAsUser, byStatus],
  [pingWithoutRawSocket, byStatus],
  [mount, byStatus],
  [renice, byStatus],
  // The status is that of the last step, which has nothing to do when the first one failed.
  [chattr, () => ["--strict"]],
  [su, byStatus],
  [dnsmasq, byAddress],
  [dnsmasqForHosts, byAddress],
  [nginx, byPage],
];

function whyNot({ files }: Scenario): string | null {
  const missing = files.filter((path) => !existsSync(path));
  return missing.length > 0 ? `not installed: ${missing.join(" ")}` : NO_TRACE;
}

describe("capscope minimize proves what brute force has found for", () => {
  for (const [scenario, criterion] of CASES) {
    testUnless(
      whyNot(scenario),
      scenario.title,
      async () => {
        const { needs, keeps, onSomeMachines = {} } = scenario;
        const { proof } = await minimizeOn(scenario, criterion);
        const sets = proof.minimalSets.map((set) =>
          set.filter((name) => !Object.hasOwn(onSomeMachines, name)).toSorted(),
        );
        expect(sets).toContainEqual(Object.keys({ ...needs, ...keeps }).toSorted());
      },
      60_000,
    );
  }
});

async function minimizeOn(
  scenario: Scenario,
  criterion: Criterion,
): Promise<Pick<Minimized, "proof">> {
  const stage = await openStage();
  try {
    const plan = scenario.prepare(stage);
    const file = `${stage.directory}/profile.json`;
    const options = ["--json", "-o", file, ...criterion(stage)];
    const words = [...CAPSCOPE, "minimize", ...options, "--", ...plan.command];
    const { exitCode, stderr } = Bun.spawnSync(stage.inside(words, plan.mounts), {
      stdin: "ignore",
      timeout: 50_000,
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    });
    if (exitCode !== 0) throw new Error(`status ${exitCode}: ${stderr.toString()}`);
    return readMinimized(readFileSync(file, "utf8"));
  } finally {
    stage.close();
  }
}
