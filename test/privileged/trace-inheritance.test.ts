// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, runCapscope } from "./harness/capscope.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { NO_TRACE } from "./harness/traced.ts";

const folder = openTemporaryDirectory();
afterAll(() => folder.close());

const NO_SIGNALS =
  NO_TRACE ??
  (basename(CAPSCOPE[0] ?? "") === "node" ? "Node.js does not keep ignored signals" : null);
const traced = (title: string, body: () => void | Promise<void>): void =>
  testUnless(NO_TRACE, title, body);

/** Runs a command by bash, directly and traced, after it has done something; what both print. */
function outputs(before: string, command: string, prefix = ""): readonly string[] {
  const tracer = `${CAPSCOPE.join(" ")} trace -o ${join(folder.path, "report")} --`;
  return ["", tracer].map((words) => {
    const script = `${before}; exec ${prefix} ${words} ${command}`;
    const run = Bun.spawnSync(["bash", "-c", script], { stdin: "ignore" });
    expect(run.stderr.toString()).toBe("");
    return run.stdout.toString();
  });
}

describe("a traced command has from the one who starts it", () => {
  traced("its descriptors, by their numbers", () => {
    const file = join(folder.path, "data");
    writeFileSync(file, "content\n");
    const read = `exec 3<${file} 5<${file} 63<${file}`;
    // Not in a pipe, of which the shell itself would have the ends for a while.
    const list = `sh -c 'cat <&3; cat <&5; cat /dev/fd/63; ls -m /proc/$$/fd'`;
    const [alone, followed] = outputs(read, list);
    expect(followed).toBe(alone!);
    expect(followed).toStartWith("content\ncontent\ncontent\n");
  });

  traced("a copy of its standard output", () => {
    expect(outputs("exec 3>&1", "sh -c 'echo three >&3'")).toEqual(["three\n", "three\n"]);
  });

  traced("its whole environment", () => {
    const variables = (text: string): readonly string[] =>
      text
        .split("\0")
        // Shells set it anew.
        .filter((each) => !each.startsWith("_="))
        .toSorted();
    for (const assignment of ["ab=1", "a.b=1"]) {
      const [alone, followed] = outputs(":", "cat /proc/self/environ", `env ${assignment}`);
      expect(variables(followed!)).toEqual(variables(alone!));
      expect(variables(followed!)).toContain(assignment);
    }
    const functions = "f() { echo called; }; export -f f";
    expect(outputs(functions, "bash -c f")).toEqual(["called\n", "called\n"]);
  });

  traced("its arguments and variables byte for byte, UTF-8 or not", () => {
    const words = String.raw`$'caf\xe9' $'\xc3\xa9 \x81\n\n' 'it is' ''`;
    const print = `sh -c 'printf "[%s]" "$@" "$X" | od -An -c' sh ${words}`;
    const [alone, followed] = outputs(String.raw`export X=$'\xff\xe2\x82\n'`, print);
    expect(followed).toBe(alone!);
    expect(followed).toContain("351");
    expect(readFileSync(join(folder.path, "report"), "utf8")).toContain(String.raw`caf\xe9`);
  });

  testUnless(NO_SIGNALS, "the signals that are ignored", () => {
    const [alone, followed] = outputs("trap '' HUP INT USR1", "grep SigIgn /proc/self/status");
    expect(followed).toBe(alone!);
    expect(followed).not.toContain("0000000000000000");
  });
});

describe("a command that cannot be started", () => {
  traced("because every descriptor is taken is an error with a remedy", () => {
    const taken = [3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}</dev/null`).join(" ");
    const run = runCapscope(["trace", "--", "true"], {
      prefix: ["sh", "-c", `exec "$@" ${taken}`, "sh"],
    });
    expect(run.status).toBe(3);
    expect(run.stderr).toBe(
      "capscope: error: starting the command: too many descriptors are open\n" +
        "capscope: hint: close two of those from 3 to 9, as with 8>&- 9>&-\n",
    );
  });
});

traced("a user namespace is named as what keeps a trace from the kernel", () => {
  const prefix = ["unshare", "--user", "--map-root-user", "--"];
  const run = runCapscope(["trace", "--", "true"], { prefix });
  expect(run.status).toBe(3);
  expect(run.stderr).toContain("hint: capabilities of a user namespace do not count for it");
});

traced("a list of capabilities that says nothing comes with a warning", () => {
  const file = join(folder.path, "caps");
  const run = runCapscope(["trace", "--format", "caps", "-o", file, "--", "/nonexistent"]);
  expect([run.status, readFileSync(file, "utf8")]).toEqual([127, ""]);
  expect(run.stderr).toContain("capscope: warning: the trace is inconclusive");
  const bare = runCapscope(["trace", "--format", "caps", "--", "true"]);
  expect(bare.stderr).toBe("");
});

describe("a monitor whose terminal is closed", () => {
  /** What a monitor says at its end that gets SIGHUP as soon as it watches. */
  async function hangUp(before: string, duration: string): Promise<string> {
    const words = [...CAPSCOPE, "monitor", "--comm", "none", "--duration", duration];
    const child = Bun.spawn(["sh", "-c", `${before} exec "$@"`, "sh", ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    await child.stdout.getReader().read();
    child.kill("SIGHUP");
    expect(await child.exited).toBe(0);
    return new Response(child.stderr).text();
  }

  traced("ends, and says what it counted", async () => {
    expect(await hangUp("", "25")).toMatch(/^capscope: \d+ checks? in [0-3]\.\d s:/);
  });

  testUnless(NO_SIGNALS, "goes on when it was started by nohup", async () => {
    expect(await hangUp("trap '' HUP;", "1.5")).toMatch(/^capscope: \d+ checks? in 1\.[5-9] s:/);
  });
});
