// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { pathInGuest, runInGuest } from "../../guest/boot.ts";
import { prepareKernel } from "../../guest/kernel.ts";
import type { CallsResult, OperationResult } from "./calls.ts";
import { find, renderCalls } from "./calls-text.ts";
import type { ConditionName } from "./conditions.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LINE = "6.12";
const TIMEOUT_MS = 1_200_000;
/** Each instruction of the guest is emulated, and none of them is noise. */
const GUEST_BLOCK = 1024;
const GUEST_BLOCKS = 5;

/** Wanted of the ratio to untraced. */
interface Target {
  readonly operation: string;
  readonly condition: ConditionName;
  readonly limit: number;
}

const TARGETS: readonly Target[] = [
  { operation: "setgroups", condition: "traced", limit: 1.5 },
  { operation: "setgroups", condition: "another is traced", limit: 1.05 },
  { operation: "getppid", condition: "another is traced", limit: 1.05 },
];

/** Measures calls in instructions, on a kernel without the tracepoint: by fexit. */
export async function measureGuest(surroundings: Surroundings): Promise<PartResult> {
  const { abort, progress } = surroundings;
  progress("preparing the kernel of the guest");
  const kernel = await prepareKernel(LINE, abort);
  progress("running the guest, which takes minutes");
  const output = await runInGuest({
    kernel,
    script: `cd ${quote(ROOT)} && exec ${guestCommand(surroundings).map(quote).join(" ")}\n`,
    first: "shell",
    modules: [],
    cpus: 1,
    clock: "instructions",
    timeoutMs: TIMEOUT_MS,
    abort,
  });
  const data = (JSON.parse(output) as { readonly calls: CallsResult }).calls;
  const heading =
    `Guest: Linux ${kernel.release}, one CPU, calls in instructions of the guest, ` +
    `medians of ${data.rounds} rounds\n`;
  return {
    data,
    text: heading + renderCalls(data, "instructions") + renderTargets(data.operations),
  };
}

function guestCommand(surroundings: Surroundings): readonly string[] {
  const { options, programs, capscopeCommand } = surroundings;
  const numbers = {
    rounds: options.guestRounds,
    block: GUEST_BLOCK,
    blocks: GUEST_BLOCKS,
  };
  const counts = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const capscope = options.capscope === null ? capscopeCommand.map(pathInGuest) : capscopeCommand;
  const paths = ["--capscope", capscope.join(" "), "--programs", pathInGuest(programs.directory)];
  return [
    "node_modules/.bin/bun",
    "bench/run.ts",
    "trace",
    "--calls",
    "--json",
    ...counts,
    ...paths,
  ];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function renderTargets(operations: readonly OperationResult[]): string {
  return TARGETS.map(({ operation, condition, limit }) => {
    const costs = operations.find((each) => each.operation === operation)?.costs ?? [];
    const ratio = find(costs, condition)?.ratio.median;
    if (ratio === undefined) return "";
    const verdict = ratio <= limit ? "met" : "MISSED";
    return `  ${operation}, ${condition}: wanted at most ${limit} x; measured ${ratio.toFixed(3)} x: ${verdict}\n`;
  }).join("");
}
