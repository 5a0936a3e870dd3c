// SPDX-License-Identifier: Apache-2.0
import { readLine } from "./read-line.ts";

/** A process that asks for setgid when it is told to. */
export interface AskingProcess {
  readonly pid: number;
  readonly ask: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const SCRIPT = `
import os, sys
print("ready", flush=True)
for line in sys.stdin:
  os.setgroups([])
  print("done", flush=True)`;

/** Starts one; `python` is the path under which it is executed. */
export async function startAsking(python: string): Promise<AskingProcess> {
  const child = Bun.spawn([python, "-c", SCRIPT], { stdin: "pipe", stdout: "pipe" });
  await readLine(child.stdout);
  return {
    pid: child.pid,
    ask: async () => {
      child.stdin.write("\n");
      await child.stdin.flush();
      await readLine(child.stdout);
    },
    end: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}

const WITH_PID = `
import ctypes, os, struct, sys
pid, program = int(sys.argv[1]), sys.argv[2]
wanted = (ctypes.c_int32 * 1)(pid)
arguments = struct.pack("11Q", 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted), 1, 0)
made = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, len(arguments))
if made == 0:
  os.execv(program, [program, "-c", "import os; os.setgroups([])"])
if made != pid: sys.exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;

/** Runs one that asks once, with a pid that another process had (clone3 with set_tid, Linux 5.5). */
export async function askWithPid(python: string, pid: number): Promise<void> {
  const child = Bun.spawn(["/usr/bin/python3", "-c", WITH_PID, String(pid), python]);
  if ((await child.exited) !== 0) throw new Error(`no process with pid ${pid}`);
}
