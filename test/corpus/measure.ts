// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { grantOf } from "../../src/harden/grant.ts";
import type { Profile, Proof } from "../../src/trace/model.ts";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import { perform, run } from "./perform.ts";
import type { Plan, Scenario } from "./scenario.ts";
import { openStage } from "./stage.ts";

/** What capscope says of a scenario. Names are ordered. */
export interface Measurement {
  readonly scenario: Scenario;
  readonly profile: Profile;
  /** What one trace would have granted. */
  readonly traced: readonly string[];
  readonly tracedSeconds: number;
  readonly proof: Proof;
  /** What minimize recommends; null where it has proven nothing. */
  readonly proven: readonly string[] | null;
  readonly provenSeconds: number;
}

/** Traces a scenario once, and has it minimized. Throws where capscope gives no report. */
export async function measure(scenario: Scenario): Promise<Measurement> {
  const began = performance.now();
  const profile = await trace(scenario);
  const traced = performance.now();
  const minimized = await minimize(scenario);
  const proof = minimized.runs[0]?.proof ?? null;
  if (proof === null) throw new Error(`${scenario.title}: minimize gave no proof`);
  return {
    scenario,
    profile,
    traced: compared(scenario, grantOf(profile).all),
    tracedSeconds: (traced - began) / 1000,
    proof,
    proven: minimized.proven === null ? null : compared(scenario, minimized.proven),
    provenSeconds: (performance.now() - traced) / 1000,
  };
}

/** What comparisons are made of. */
function compared({ onSomeMachines = {} }: Scenario, names: readonly string[]): readonly string[] {
  return names.filter((name) => !Object.hasOwn(onSomeMachines, name)).toSorted();
}

/** All true minimal sets. */
export function truthOf({ needs, orElse = [] }: Scenario): readonly (readonly string[])[] {
  return [Object.keys(needs).toSorted(), ...orElse.map((set) => set.toSorted())];
}

async function trace(scenario: Scenario): Promise<Profile> {
  const { path, close } = openTemporaryDirectory();
  try {
    const file = `${path}/profile.json`;
    const words = ["trace", "--json", "-o", file, "--duration", "20", "--"];
    const failure = await perform(scenario, [...CAPSCOPE, ...words]);
    if (failure !== null) throw new Error(`${scenario.title}: traced: ${failure}`);
    return parseBySchema(readFileSync(file, "utf8"), "profile") as Profile;
  } finally {
    close();
  }
}

const LIMIT_MS = 200_000;

async function minimize(scenario: Scenario): Promise<Profile> {
  const stage = await openStage();
  try {
    const plan = scenario.prepare(stage);
    const file = `${stage.directory}/profile.json`;
    const words = ["minimize", "--json", "-o", file, ...criterionOf(plan), "--", ...plan.command];
    const { status, output } = await run(stage, [...CAPSCOPE, ...words], plan, LIMIT_MS);
    if (!existsSync(file)) throw new Error(`${scenario.title}: status ${status}: ${output}`);
    return parseBySchema(readFileSync(file, "utf8"), "profile") as Profile;
  } finally {
    stage.close();
  }
}

function criterionOf({ ready, check, reset }: Plan): readonly string[] {
  return [
    "--timeout",
    "5",
    ...(ready === undefined ? [] : ["--ready", ready]),
    ...(check === undefined ? [] : ["--check", check]),
    ...(reset === undefined ? [] : ["--prepare", reset]),
  ];
}
