// SPDX-License-Identifier: Apache-2.0

/** A shell that stays, so that a guide's commands follow one another as for its reader. */
export interface Shell {
  /** Runs a command; what it printed on both streams, and its status. */
  run(command: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): void;
}

const MARK = "\u0001";

/** Starts bash behind the words of `prefix`. */
export function openShell(prefix: readonly string[]): Shell {
  const child = Bun.spawn([...prefix, "bash", "--norc", "--noprofile"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
    env: {
      PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LC_ALL: "C.UTF-8",
      HOME: "/root",
      COLUMNS: "100",
    },
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  return {
    async run(command) {
      // The status is what the next command sees as well.
      const script = `{ ${command}\n} 2>&1 </dev/null\nstatus=$?; printf '${MARK}%s${MARK}' "$status"; (exit "$status")\n`;
      child.stdin.write(script);
      await child.stdin.flush();
      for (;;) {
        const match = new RegExp(`^([^${MARK}]*)${MARK}(\\d+)${MARK}`).exec(pending);
        if (match !== null) {
          pending = pending.slice(match[0].length);
          return { status: Number(match[2]), text: match[1] ?? "" };
        }
        const { done, value } = await reader.read();
        if (done) throw new Error(`the shell ended: ${command}`);
        pending += decoder.decode(value, { stream: true });
      }
    },
    close() {
      child.kill();
    },
  };
}
