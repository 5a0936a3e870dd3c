// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { testUnless } from "../skip.ts";
import { expectWholeCount } from "./harness/whole-count.ts";
import { NO_TRACE, python, trace } from "./harness/traced.ts";

const CHILDREN = 10_000;
const CHECKS = 1_000_000;
const LONG = 60_000;
const NOTHING_LOST = { checks: 0, images: 0, stacks: 0 };

testUnless(
  NO_TRACE,
  "10,000 short-lived children are all counted, and nothing is lost",
  () => {
    const spawn = python(
      "import os",
      `for _ in range(${CHILDREN}):`,
      "  os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    );
    const { run, profile } = trace(spawn);
    const children = run.images.filter(({ exe }) => exe === "/bin/true");
    expect(children).toHaveLength(CHILDREN);
    expect(children.every(({ exitCode, endNs }) => exitCode === 0 && endNs !== null)).toBeTrue();
    expect(profile.coverage).toMatchObject({ complete: true, lost: NOTHING_LOST });
    expect(profile.conclusion).toBe("needs-nothing-seen");
  },
  LONG,
);

testUnless(
  NO_TRACE,
  "a million checks by two processes at once are all counted, and nothing is lost",
  () => {
    const ask = python(
      "import os",
      "children = []",
      "for _ in range(2):",
      "  pid = os.fork()",
      "  if pid == 0:",
      `    for _ in range(${CHECKS / 2}): os.setgroups([])`,
      "    os._exit(0)",
      "  children.append(pid)",
      "for pid in children: os.waitpid(pid, 0)",
    );
    expectWholeCount(trace(ask), "setgid", CHECKS);
  },
  LONG,
);
