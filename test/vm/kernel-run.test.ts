// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestKernel } from "../../guest/kernel.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import { run } from "../privileged/harness/network-namespace.ts";
import { testUnless } from "../skip.ts";
import { type KernelResult, type RunOptions, runKernels } from "./kernel-run.ts";
import { renderCounts, renderFailures, renderTable } from "./table.ts";
import { whyNoMachine } from "./whether-machine.ts";

const RELEASE = "0.0.0-hanging";
const FILES = ["test/vm/suites/a.test.ts", "test/vm/suites/b.test.ts"];

/**
 * A kernel that does nothing for ever: a Multiboot header (specification 0.6.96, 3.1) that says where it is to be
 * loaded, and a jump to itself.
 */
function endlessKernel(): Buffer {
  const [magic, flags, start] = [0x1bad_b002, 0x1_0000, 0x10_0000];
  const end = start + 40;
  const header = [magic, flags, -(magic + flags) >>> 0, start, start, end, end, start + 32];
  const image = Buffer.alloc(40);
  for (const [index, word] of header.entries()) image.writeUInt32LE(word, index * 4);
  image.set([0xeb, 0xfe], 32);
  return image;
}

function makeKernel(directory: string): GuestKernel {
  const modules = join(directory, "lib/modules", RELEASE);
  mkdirSync(modules, { recursive: true });
  const names = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
  const builtIn = names.map((name) => `kernel/${name}.ko\n`).join("");
  writeFileSync(join(modules, "modules.builtin"), builtIn);
  writeFileSync(join(modules, "modules.order"), "");
  run(["/usr/sbin/depmod", "-b", directory, RELEASE]);
  const image = join(directory, "vmlinuz");
  writeFileSync(image, endlessKernel());
  return { release: RELEASE, image, directory };
}

function optionsIn(logs: string): RunOptions {
  return {
    host: { capscope: "/bin/true", sets: null, apparmorParser: null, logs },
    only: [],
    jobs: 1,
    patience: 1,
    abort: new AbortController().signal,
    progress: () => {},
  };
}

test("a kernel that cannot be had is one skipped test, with the reason", async () => {
  const results = await runKernels(["6.1"], {
    ...optionsIn("/nonexistent"),
    prepare: async () => Promise.reject(new Error("no network\nand more of it")),
  });
  expect(renderCounts(results)).toBe("0 passed, 0 failed, 1 skipped");
  const table = renderTable(results);
  expect(table).toContain("| Linux 6.1 | skipped (1) |");
  expect(table).toContain("\n1. the kernel's packages cannot be had: no network\n");
});

describe("a kernel that hangs", () => {
  const reason = whyNoMachine();
  const folder = openTemporaryDirectory();
  const told: string[] = [];
  let result: KernelResult;
  let seconds: number;

  beforeAll(async () => {
    if (reason !== null) return;
    const kernel = makeKernel(folder.path);
    const began = performance.now();
    const session = { first: "shell", modules: [], files: FILES, timeoutMs: 2000 } as const;
    const [only] = await runKernels(["6.12"], {
      ...optionsIn(folder.path),
      progress: (line) => told.push(line),
      prepare: async () => kernel,
      sessions: [{ ...session, name: "endless" }],
    });
    result = only!;
    seconds = (performance.now() - began) / 1000;
  });
  afterAll(() => folder.close());

  testUnless(reason, "is ended by the limit of its session", () => {
    expect(seconds).toBeGreaterThanOrEqual(2);
    expect(seconds).toBeLessThan(30);
    expect(guestsOf(folder.path)).toEqual([]);
  });

  testUnless(reason, "is reported by name, and each file that it was to run has failed", () => {
    const why = "not done after 2 s";
    expect(result).toMatchObject({
      release: RELEASE,
      broken: FILES.map((file) => ({ file, reason: why })),
    });
    expect(told.at(-1)).toBe(`${RELEASE}: endless: ${why}`);
    expect(renderFailures([result])).toContain(`--- ${RELEASE}: ${FILES[1]}: ${why}\n`);
    expect(renderTable([result])).toContain(`| test | ${RELEASE} |`);
    expect(renderTable([result])).toContain("| all of its tests | DID NOT RUN |");
    expect(renderCounts([result])).toBe("0 passed, 2 failed, 0 skipped");
  });

  testUnless(reason, "a file that belongs to no session is run in one of its own", async () => {
    const file = "test/privileged/c.test.ts";
    const abort = new AbortController();
    const begun: string[] = [];
    const running = runKernels(["6.12"], {
      ...optionsIn(folder.path),
      only: [file],
      abort: abort.signal,
      progress: (line) => {
        begun.push(line);
        if (line.endsWith("begins")) abort.abort();
      },
      prepare: async () => makeKernel(folder.path),
      sessions: [{ first: "shell", modules: [], files: FILES, timeoutMs: 2000, name: "endless" }],
    });
    await expect(running).rejects.toThrow();
    expect(begun.at(-1)).toBe(`${RELEASE}: other: begins`);
  });

  testUnless(reason, "leaves the log of its console", () => {
    expect(readFileSync(join(folder.path, `${RELEASE}-endless.console`), "utf8")).toBe("");
  });
});

/** Processes that were started with the kernel. */
function guestsOf(path: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const isMachine = readlinkSync(`/proc/${pid}/exe`).includes("qemu");
      return isMachine && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false;
    }
  });
}
