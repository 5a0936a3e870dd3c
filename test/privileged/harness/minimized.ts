// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CapabilityProof, Profile, Proof, ProofVerdict } from "../../../src/trace/model.ts";
import { type Run, runCapscope, type RunOptions } from "./capscope.ts";
import { SEEING_ENDS } from "./kernel-version.ts";
import { parseBySchema } from "./schemas.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";

/** What `capscope minimize --json` said, valid by the published schema. */
export interface Minimized extends Run {
  readonly profile: Profile;
  /** Of the only run. */
  readonly proof: Proof;
  readonly capabilities: ReadonlyMap<string, CapabilityProof>;
}

/** Minimizes a command; throws when there is no report. */
export function minimize(
  argv: readonly string[],
  options: readonly string[] = [],
  run: RunOptions = {},
): Minimized {
  const directory = openTemporaryDirectory();
  try {
    const file = join(directory.path, "profile.json");
    const words = ["minimize", "--json", "-o", file, ...SEEING_ENDS, ...options, "--", ...argv];
    const result = runCapscope(words, run);
    if (!existsSync(file)) throw new Error(`no report, status ${result.status}: ${result.stderr}`);
    return { ...result, ...readMinimized(readFileSync(file, "utf8")) };
  } finally {
    directory.close();
  }
}

/** Reads a profile with one run that has a proof. */
export function readMinimized(text: string): Pick<Minimized, "profile" | "proof" | "capabilities"> {
  const profile = parseBySchema(text, "profile") as Profile;
  const proof = profile.runs[0]?.proof ?? null;
  if (proof === null || profile.runs.length > 1)
    throw new Error("one run with a proof is expected");
  const capabilities = new Map(proof.capabilities.map((each) => [each.capability, each]));
  return { profile, proof, capabilities };
}

/** Capabilities of which this is proven. */
export function proven({ proof }: Pick<Minimized, "proof">, verdict: ProofVerdict): string[] {
  return proof.capabilities
    .filter((each) => each.proof === verdict)
    .map(({ capability }) => capability);
}
