// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe } from "bun:test";
import { CAPSCOPE, runCapscope } from "../privileged/harness/capscope.ts";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { type Boot, bootContainer, type Container } from "./container/container.ts";
import type { Machine } from "./services/machine.ts";
import { runToEnd } from "./services/run-to-end.ts";
import { SERVICES } from "./services/services.ts";
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
    startCapscope: (...words) => runToEnd([...prefix, ...CAPSCOPE, ...words]),
    traceSeconds: 4,
    appliesTo: SERVICES.map(({ unit }) => unit),
    ownsClock: false,
  };
}
