// SPDX-License-Identifier: Apache-2.0
import { CAPSCOPE, type Run, runCapscope } from "../../privileged/harness/capscope.ts";
import { NO_TRACE } from "../../privileged/harness/traced.ts";
import type { Machine } from "../../systemd/services/machine.ts";
import { runToEnd } from "../../systemd/services/run-to-end.ts";
import { testServices } from "../../systemd/services/test-services.ts";
import { whyNoGuest, whyNoSystemd } from "../whether-guest.ts";

/** Real services of a real systemd that is process 1, with a kernel and a clock of their own. */
const guest: Machine = {
  shell: (line) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync(["sh", "-c", line], { timeout: 120_000 });
    if (exitCode !== 0) throw new Error(`${line}: ${exitCode}: ${stderr.toString()}`);
    return stdout.toString();
  },
  capscope: (...words): Run => runCapscope(words, { limitMs: 120_000 }),
  startCapscope: (...words) => runToEnd([...CAPSCOPE, ...words]),
  traceSeconds: 8,
  appliesTo: ["nginx"],
  ownsClock: true,
};

testServices(guest, whyNoGuest() ?? whyNoSystemd() ?? NO_TRACE);
