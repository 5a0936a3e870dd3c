// SPDX-License-Identifier: Apache-2.0
import type { Run } from "../../privileged/harness/capscope.ts";

/** Runs a command to its end, while others run. */
export async function runToEnd(command: readonly string[]): Promise<Run> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
  });
  const [stdout = "", stderr = ""] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  );
  return { status: await child.exited, stdout, stderr };
}
