// SPDX-License-Identifier: Apache-2.0
import { afterAll } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CapabilitySet, EMPTY_SET } from "../../../src/capabilities/set.ts";
import { capabilityNumber } from "../../../src/capabilities/spelling.ts";
import type { HardenTarget } from "../../../src/harden/model.ts";
import type { WorkloadFacts } from "../../../src/harden/workload.ts";
import { renderConfigurationText } from "../../../src/report/configuration-text.ts";
import { CASES } from "../workloads.ts";

/** A folder that goes with the tests of the file; what is in it may be read by everyone. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "capscope-harden-"));
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Outcome {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    ...options,
    env: { ...process.env, ...options.env },
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Why a test of it has to be skipped; null when it is there. */
export function missing(program: string): string | null {
  return Bun.which(program) === null ? `${program} is not installed` : null;
}

export const notRoot = process.getuid?.() === 0 ? null : "not root";

/** The file as `capscope harden` writes it. */
export function written(
  name: string,
  target: HardenTarget,
  facts: Partial<WorkloadFacts> = {},
): string {
  return renderConfigurationText(CASES[name]!.write(target, facts));
}

/** The same in a file of its own. */
export function writtenTo(path: string, name: string, target: HardenTarget): string {
  const text = written(name, target);
  writeFileSync(path, text);
  return text;
}

/** What a case has to grant. */
export function intended(name: string): CapabilitySet {
  return maskOf(CASES[name]!.capabilities);
}

export function maskOf(names: readonly string[]): CapabilitySet {
  return names.reduce((mask, name) => mask | (1n << BigInt(capabilityNumber(name)!)), EMPTY_SET);
}

/** Names as systemd, libcap and podman print them. */
export function constants(names: readonly string[]): string[] {
  return names.map((name) => `CAP_${name.replace(/^cap_/i, "").toUpperCase()}`).toSorted();
}

/** Cases whose capabilities all have names: what runtimes and compilers know. */
export const NAMED = Object.keys(CASES).filter((name) => name !== "number");
