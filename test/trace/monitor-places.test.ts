// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPlace, startTicksOf, UNPLACED } from "../../src/trace/monitor/places.ts";
import { fedImage } from "./monitor-change.ts";

const NS_PER_TICK = 10_000_000;
/** Above the largest possible value of kernel.pid_max. */
const NOBODY = 4_194_305;
const own = { pid: process.pid, taskStartNs: startTicksOf(process.pid) * NS_PER_TICK };
/** Long after everything that runs now. */
const LATER = own.taskStartNs + 1e15;

const folder = mkdtempSync(join(tmpdir(), "capscope-places-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process of that name, for as long as the body lasts. */
async function withProcess(name: string, body: (pid: number) => void): Promise<void> {
  const path = join(folder, name);
  symlinkSync("/bin/sleep", path);
  const child = Bun.spawn([path, "30"]);
  try {
    body(child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

describe("the place of a process", () => {
  test("is read of itself while it is there", () => {
    expect(readPlace(fedImage({ ...own, parentPid: NOBODY })).placedBy).toBe("process");
  });

  test("is not that of the next process with its pid", () => {
    const image = fedImage({ ...own, taskStartNs: own.taskStartNs - 1e9, parentPid: NOBODY });
    expect(readPlace(image)).toEqual(UNPLACED);
  });

  test("is its nearest ancestor's when it ended", async () => {
    const gone = { pid: NOBODY, taskStartNs: LATER };
    await withProcess("some-shell", (pid) => {
      expect(readPlace(fedImage({ ...gone, parentPid: pid })).placedBy).toBe("ancestor");
      const parent = fedImage({ id: 2, pid: NOBODY + 1, parentPid: pid, taskStartNs: LATER - 1 });
      const child = fedImage({ ...gone, parentPid: parent.pid });
      const imageOf = (asked: number) => (asked === parent.pid ? parent : undefined);
      expect(readPlace(child, imageOf).placedBy).toBe("ancestor");
      expect(readPlace(child)).toEqual(UNPLACED);
      const runtime = { ...parent, comm: "runc:[2:INIT]" };
      expect(readPlace(child, () => runtime)).toEqual(UNPLACED);
    });
  });

  test.each(["conmon", "containerd-shim-runc-v2", "systemd-executor"])(
    "is not that of %s, which starts what belongs elsewhere",
    async (name) => {
      await withProcess(name, (pid) => {
        const image = fedImage({ pid: NOBODY, parentPid: pid, taskStartNs: LATER });
        expect(readPlace(image)).toEqual(UNPLACED);
      });
    },
  );

  test("ends with pid 1, and with a process that is younger than its child", async () => {
    const image = fedImage({ pid: NOBODY, parentPid: 1, taskStartNs: LATER });
    expect(readPlace(image)).toEqual(UNPLACED);
    await withProcess("young", (pid) => {
      const older = fedImage({ pid: NOBODY, parentPid: pid, taskStartNs: 1 });
      expect(readPlace(older)).toEqual(UNPLACED);
    });
  });

  test("is not looked for in circles", () => {
    const image = fedImage({ pid: NOBODY, parentPid: NOBODY, taskStartNs: LATER });
    expect(readPlace(image, () => image)).toEqual(UNPLACED);
  });
});
