// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderTarget } from "../exposure/comparison.ts";
import { prepareCapscope } from "../exposure/tools.ts";
import { type Contestant, type Result, runContest } from "../measure/contest.ts";
import { openLauncher } from "../measure/launcher.ts";
import { openLineProcess, PYTHON, PYTHON_OPTIONS } from "../measure/line-process.ts";
import { inBenchDirectory, measureParts, type PartResult } from "../measure/parts.ts";
import { renderCount, renderDuration, renderTable } from "../measure/table.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";

/** Runs `bench files` and returns what goes to stdout. */
export async function runFilesSuite(
  args: readonly string[],
  abort: AbortSignal,
  progress: (line: string) => void,
): Promise<string> {
  const options = parseOptions(args);
  if (options.help) return USAGE;
  if (process.geteuid?.() !== 0) throw new Error("needs root to give files capabilities");
  return inBenchDirectory((directory) =>
    measureParts("files", options, () => measureWalk({ options, abort, directory, progress })),
  );
}

interface Surroundings {
  readonly options: Options;
  readonly abort: AbortSignal;
  /** Empty directory for output of the measured commands. */
  readonly directory: string;
  readonly progress: (line: string) => void;
}

/** Files with rights of their own in the tree. */
const SPECIAL = 100;
/** Wanted: at most this many times the wall time of `find`, which looks at no file. */
const WALL_LIMIT = 2;
const TIMEOUT_MS = 120_000;

async function measureWalk(surroundings: Surroundings): Promise<PartResult> {
  const { options, abort, directory, progress } = surroundings;
  const command = await prepareCapscope(options.capscope, directory);
  const tree = await mkdtemp(join(options.directory ?? "/dev/shm", "capscope-bench-"));
  try {
    progress(`making ${renderCount(options.files)} files`);
    const script = fileURLToPath(new URL("tree.py", import.meta.url));
    const sizes = [options.files, SPECIAL].map(String);
    const python = [PYTHON, ...PYTHON_OPTIONS, script, tree, ...sizes];
    await using maker = await openLineProcess(python, abort);
    const special = Number(await maker.readLine(TIMEOUT_MS));
    await using launcher = await openLauncher([], abort);
    const contestants = contestantsFor(tree, command, options.rounds);
    const contest = { launcher, contestants, directory, progress, timeoutMs: TIMEOUT_MS };
    const results = await runContest(contest);
    return { data: { files: options.files, special, results }, text: render(results, options) };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

function contestantsFor(
  tree: string,
  command: readonly string[] | null,
  rounds: number,
): readonly Contestant[] {
  const base = { missing: null, accepted: [0], rounds, countFound: countLines };
  return [
    {
      ...base,
      name: "capscope",
      argv: [...(command ?? ["capscope"]), "files", "--one-file-system", "--json", tree],
      missing: command === null ? "not built (npm run build)" : null,
      countFound: (output) => (JSON.parse(output) as { files: readonly unknown[] }).files.length,
    },
    { ...base, name: "find", argv: ["find", tree, "-xdev", "-type", "f"] },
    { ...base, name: "find -perm", argv: ["find", tree, "-xdev", "-type", "f", "-perm", "/6000"] },
    { ...base, name: "getcap -r", argv: ["getcap", "-r", tree] },
  ];
}

function countLines(output: string): number {
  return output.split("\n").length - 1;
}

function render(results: readonly Result[], { files }: Options): string {
  const find = results.find(({ name }) => name === "find")?.measured ?? null;
  const rows = results.map(({ name, skipped, measured }) => {
    if (measured === null) return [name, skipped ?? "not measured"];
    const { wallMs, cpuMs, found } = measured;
    const ratio = find === null ? "-" : (wallMs.median / find.wallMs.median).toFixed(2);
    const cpu = find === null ? "-" : (cpuMs.median / find.cpuMs.median).toFixed(2);
    const quartiles = `${renderDuration(wallMs.lowerQuartile)} - ${renderDuration(wallMs.upperQuartile)}`;
    const times = [renderDuration(wallMs.median), quartiles, renderDuration(cpuMs.median)];
    return [name, ...times, ratio, cpu, renderCount(found)];
  });
  const heading = ["", "wall", "quartiles", "cpu", "wall / find", "cpu / find", "found"];
  const target = { name: "capscope", reference: "find", limit: WALL_LIMIT };
  return `A tree of ${renderCount(files)} files\n${renderTable([heading, ...rows])}${renderTarget(results, target)}`;
}
