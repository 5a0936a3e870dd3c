// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CapabilityFinding, Profile, Run, Verdict } from "../../../src/trace/model.ts";
import { whyNoGuest } from "../../vm/whether-guest.ts";
import { runCapscope } from "./capscope.ts";
import { parseBySchema } from "./schemas.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";

export const PYTHON = "/usr/bin/python3";

/** Why no command can be traced here; null when it can. */
export const NO_TRACE: string | null = findReason();

function findReason(): string | null {
  // Every kernel of test/vm has a way in: not to find it is a failure there.
  if (whyNoGuest() === null) return null;
  if (process.geteuid?.() !== 0) return "tracing needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  const { status, stderr } = runCapscope(["trace", "--", "/bin/true"]);
  return status === 0 ? null : `no way into this kernel: ${stderr.trim()}`;
}

/** What `capscope trace --json` said, valid by the published schema. */
export interface Traced {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly profile: Profile;
  /** The only one. */
  readonly run: Run;
  readonly findings: ReadonlyMap<string, CapabilityFinding>;
}

export interface TraceWords {
  /** Words before the program's name: `unshare --net --`. */
  readonly prefix?: readonly string[];
  /** Options of `trace`. */
  readonly options?: readonly string[];
}

/** Traces a command to its end. */
export function trace(
  argv: readonly string[],
  { prefix = [], options = [] }: TraceWords = {},
): Traced {
  const directory = openTemporaryDirectory();
  try {
    const file = join(directory.path, "profile.json");
    const words = ["trace", "--json", "-o", file, ...options, "--", ...argv];
    const { status, stdout, stderr } = runCapscope(words, { prefix });
    if (!existsSync(file)) throw new Error(`no report, status ${status}: ${stderr}`);
    return { status, stdout, stderr, ...readProfile(readFileSync(file, "utf8")) };
  } finally {
    directory.close();
  }
}

/** Reads a profile of one run. */
export function readProfile(text: string): Pick<Traced, "profile" | "run" | "findings"> {
  const profile = parseBySchema(text, "profile") as Profile;
  const [run] = profile.runs;
  if (run === undefined) throw new Error("a profile has a run");
  const findings = new Map(profile.findings.map((each) => [each.capability, each]));
  return { profile, run, findings };
}

/** Capabilities with one of the verdicts, in order. */
export function judged({ profile }: Pick<Traced, "profile">, ...verdicts: Verdict[]): string[] {
  return profile.findings
    .filter(({ verdict }) => verdicts.includes(verdict))
    .map(({ capability }) => capability)
    .toSorted();
}

/** What the program must be granted to do the same again. */
export function needed(traced: Pick<Traced, "profile">): string[] {
  return judged(traced, "required", "conditional");
}

/** The words that run a script, given by its lines. */
export function python(...lines: string[]): string[] {
  return [PYTHON, "-c", lines.join("\n")];
}

export const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;
