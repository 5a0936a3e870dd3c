// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { knowledgeOf } from "../../src/capabilities/knowledge/index.ts";
import { NO_COMPILER } from "../linux/elf/compiled.ts";
import { testUnless } from "../skip.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";

const [EPERM, ENODEV, EACCES, ENOSYS, EPROTONOSUPPORT, ENOTTY] = [1, 19, 13, 38, 93, 25];
/** This kernel does not have it at all. */
const ABSENT: readonly number[] = [ENODEV, ENOSYS, EPROTONOSUPPORT, ENOTTY];
/** Nobody here has the capability to try it with. */
const NOT_HELD = -1;

const scratch = openTemporaryDirectory();
afterAll(scratch.close);

interface Gate {
  readonly capability: string;
  readonly name: string;
  readonly alone: number;
  readonly none: number;
}

function tryGates(): readonly Gate[] {
  const program = join(scratch.path, "gates");
  const source = join(import.meta.dir, "gates/gates.c");
  const folder = join(scratch.path, "folder");
  mkdirSync(folder);
  for (const [command, ...options] of [
    ["clang", "-O1", "-o", program, source],
    [program, folder],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(command, options, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    if (command !== program) continue;
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [capability = "", name = "", alone, none] = line.split("|");
        return { capability, name, alone: Number(alone), none: Number(none) };
      });
  }
  return [];
}

function whyNotTried({ capability, name, alone }: Gate): string | null {
  if (alone === NOT_HELD) return "root does not have it here";
  if (ABSENT.includes(alone)) return "not in this kernel";
  // A level of Debian's and Ubuntu's kernels, at which they ask for SYS_ADMIN.
  const isClosed = readPerfLevel() >= 3 && capability === "perfmon";
  return isClosed && name === "perf_event_open" ? "kernel.perf_event_paranoid is 3 or more" : null;
}

function readPerfLevel(): number {
  const path = "/proc/sys/kernel/perf_event_paranoid";
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
}

describePrivileged("where the kernel asks for a capability", () => {
  testUnless(
    NO_COMPILER,
    "it alone suffices there, and an ordinary user without is refused",
    () => {
      const gates = tryGates();
      expect(gates.length).toBeGreaterThan(40);
      for (const gate of gates) {
        const { capability, name, alone, none } = gate;
        const known = knowledgeOf(capability)?.gates.map(({ names }) => names) ?? [];
        // What is tried is what is told.
        expect([capability, name, known.some((names) => names.includes(name))]).toEqual([
          capability,
          name,
          true,
        ]);
        const reason = whyNotTried(gate);
        if (reason !== null) {
          console.warn(`skipped: ${capability} at ${name}: ${reason}`);
          continue;
        }
        expect([gate, [EPERM, EACCES].includes(none)]).toEqual([gate, true]);
        expect([gate, [EPERM, EACCES].includes(alone)]).toEqual([gate, false]);
      }
    },
  );
});
