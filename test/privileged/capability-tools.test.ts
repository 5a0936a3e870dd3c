// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asyncProperty,
  assert,
  boolean,
  constantFrom,
  oneof,
  property,
  record,
  subarray,
} from "fast-check";
import {
  encodeFileCapabilities,
  type FileCapabilities,
  formatFileCapabilities,
} from "../../src/capabilities/file-capabilities.ts";
import { formatLibcapText } from "../../src/capabilities/libcap-text.ts";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import {
  allCapabilities,
  capabilityNumbers,
  EVERYTHING,
  formatMask,
} from "../../src/capabilities/set.ts";
import { formsOf } from "../../src/capabilities/set-forms.ts";
import { libcapName } from "../../src/capabilities/spelling.ts";
import { openLibc } from "../../src/linux/ffi/libc.ts";
import { readFileCapabilities } from "../../src/linux/procfs/executable.ts";
import { readLastCapability } from "../../src/linux/procfs/machine.ts";
import { parseStatus } from "../../src/linux/procfs/status.ts";
import { readProcessStatus } from "../../src/linux/procfs/task.ts";
import { commandFails } from "../linux/elf/compiled.ts";
import { testUnless } from "../skip.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);
const file = join(scratch.path, "program");
writeFileSync(file, "");

const missing = commandFails("capsh", ["--supports=cap_chown"]) ? "capsh does not run here" : null;
const last = readLastCapability() ?? CAPABILITY_NAMES.length - 1;
const all = allCapabilities(last);
const own = readProcessStatus("self");
const permitted = own.kind === "status" ? own.status.permitted & own.status.bounding : 0n;

const numbers = oneof(
  subarray([...CAPABILITY_NAMES.keys()]),
  subarray([...CAPABILITY_NAMES.keys()], { maxLength: 3 }),
);
const sets = numbers.map((list) => list.reduce((set, number) => set | (1n << BigInt(number)), 0n));
const RUNS = { numRuns: 60 };

function run(command: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr}`);
  return stdout.trim();
}

describePrivileged("the tools of libcap", () => {
  testUnless(
    missing,
    "setcap writes what we encode, and getcap prints what we format",
    async () => {
      const libc = await openLibc();
      const files = record({
        permitted: sets,
        inheritable: sets,
        effective: boolean(),
        rootUid: constantFrom(null, null, 1000),
      });
      await assert(
        asyncProperty(files, async (caps: FileCapabilities) => {
          const text = formatFileCapabilities(caps).replace(/ \[rootid=.*$/, "");
          const root = caps.rootUid === null ? [] : ["-n", String(caps.rootUid)];
          run("setcap", ...root, text, file);
          expect(run("getcap", "-n", file)).toBe(`${file} ${formatFileCapabilities(caps)}`);
          // Of an empty set the bit says nothing, and is not kept.
          const isEmpty = (caps.permitted | caps.inheritable) === 0n;
          const written = readFileCapabilities(libc, file);
          expect(written).toEqual({ ...caps, effective: caps.effective && !isEmpty });
          const { attribute } = Object.fromEntries(
            formsOf(caps.permitted).map(({ form, text: value }) => [form, value]),
          );
          const plain = {
            ...caps,
            inheritable: 0n,
            effective: caps.permitted !== 0n,
            rootUid: null,
          };
          expect(attribute).toBe(`0x${Buffer.from(encodeFileCapabilities(plain)).toString("hex")}`);
        }),
        RUNS,
      );
    },
  );

  testUnless(missing, "capsh decodes masks into our names", () => {
    const masks = oneof(sets, constantFrom(0n, all, EVERYTHING, 1n << 41n));
    assert(
      property(masks, (set) => {
        const names = capabilityNumbers(set).map(libcapName).join(",");
        expect(run("capsh", `--decode=${formatMask(set)}`)).toBe(`0x${formatMask(set)}=${names}`);
      }),
      RUNS,
    );
  });

  testUnless(missing, "capsh takes our texts, and prints the same", () => {
    const states = record({ effective: sets, inheritable: sets, permitted: sets });
    assert(
      property(states, (wanted) => {
        const held = wanted.permitted & permitted;
        const state = {
          effective: wanted.effective & held,
          inheritable: wanted.inheritable & permitted,
          permitted: held,
        };
        const text = formatLibcapText(state, all);
        const [current = ""] = run("capsh", `--caps=${text}`, "--print").split("\n");
        expect(current).toBe(`Current: ${text}`);
      }),
      RUNS,
    );
  });

  testUnless(missing, "getpcaps says of running processes what their status says", () => {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    let compared = 0;
    for (const pid of pids.slice(-60)) {
      const before = readProcessStatus(Number(pid));
      const { stdout } = spawnSync("getpcaps", [pid], { encoding: "utf8" });
      const after = readProcessStatus(Number(pid));
      // It may have ended, or changed, meanwhile.
      if (before.kind !== "status" || !Bun.deepEquals(before, after) || stdout === "") continue;
      expect(stdout.trim()).toBe(`${pid}: ${formatLibcapText(before.status, all)}`);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  testUnless(
    commandFails("setpriv", ["--dump"]) ? "setpriv does not run here" : null,
    "setpriv leaves just the set that its options name, to root and to others",
    () => {
      assert(
        property(sets, constantFrom(0, 1000), (wanted, uid) => {
          const set = wanted & permitted;
          const options = formsOf(set).find(({ form }) => form === "setpriv")?.text ?? "";
          const user = uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
          const text = run("setpriv", ...user, ...options.split(" "), "cat", "/proc/self/status");
          const status = parseStatus(text);
          expect([status.permitted, status.effective, status.bounding]).toEqual([set, set, set]);
        }),
        RUNS,
      );
    },
  );
});
