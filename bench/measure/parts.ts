// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";

/** One part of a suite, as data for --json and as text. */
export interface PartResult {
  readonly data: object;
  readonly text: string;
}

/** Measures one part after the other; returns all of them as text, or as one JSON document. */
export async function measureParts<Part extends string>(
  suite: string,
  { parts, json }: { readonly parts: readonly Part[]; readonly json: boolean },
  measure: (part: Part) => Promise<PartResult>,
): Promise<string> {
  const host = { kernel: release(), cpus: cpus().length };
  const data: Partial<Record<Part, object>> = {};
  let text = `Linux ${host.kernel}, ${host.cpus} CPUs\n`;
  for (const part of parts) {
    const result = await measure(part);
    data[part] = result.data;
    text += `\n${result.text}`;
  }
  return json ? `${JSON.stringify({ suite, host, ...data }, null, 2)}\n` : text;
}

/** Makes an empty directory for the work, and removes it however that ends. */
export async function inBenchDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "capscope-bench-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
