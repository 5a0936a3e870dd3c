// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe } from "bun:test";
import { CAPSCOPE, type Run, runCapscope } from "../privileged/harness/capscope.ts";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { type Boot, bootContainer, type Container } from "./container/container.ts";
import type { Machine } from "./services/machine.ts";
import { testServices } from "./services/test-services.ts";

const title = "services of a real systemd, confined end to end";
const boot: Boot =
  NO_TRACE === null ? await bootContainer() : { kind: "impossible", reason: NO_TRACE };
if (boot.kind === "impossible") {
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  describe(title, () => {
    afterAll(() => boot.container.stop());
    testServices(machineOf(boot.container), null);
  });
}

function machineOf({ run, prefix }: Container): Machine {
  return {
    shell: (line) => run("sh", "-c", line),
    capscope: (...words) => runCapscope(words, { prefix }),
    startCapscope: (...words) => startCapscope([...prefix, ...CAPSCOPE, ...words]),
    traceSeconds: 4,
    ownsClock: false,
  };
}

async function startCapscope(command: readonly string[]): Promise<Run> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
  });
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  );
  return { status: await child.exited, stdout: stdout ?? "", stderr: stderr ?? "" };
}
