// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import {
  decodeMissedRuns,
  decodeState,
  encodeOptions,
  SIZES,
} from "../../../src/linux/bpf/wire-format.ts";
import { bytes } from "./bytes.ts";

test("options name the control group by its hierarchy and its id", () => {
  const group = { hierarchy: "memory", id: 2n ** 33n };
  const scope = { kind: "cgroup", group, child: "a.service" } as const;
  const facts = {
    beganNs: 5,
    watchesExits: true,
    asksLeader: true,
    asksForReports: true,
    hasSpares: true,
  };
  const options = encodeOptions({ scope, ...facts });
  const view = new DataView(options.buffer);
  expect(Buffer.from(options.subarray(40, 51)).toString()).toBe("a.service\0\0");
  expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([2, 2]);
  expect([view.getBigUint64(8, true), view.getBigUint64(16, true)]).toEqual([2n ** 33n, 5n]);
  expect([24, 28, 32, 36].map((at) => view.getUint32(at, true))).toEqual([1, 1, 1, 1]);
});

test("more tasks may have ended than began in the kernel's sight", () => {
  const state = bytes(SIZES.state, (view) => {
    view.setBigUint64(0, 1n, true);
    view.setBigUint64(8, 2n, true);
    view.setBigUint64(16, 3n, true);
    view.setBigInt64(24, -1n, true);
    view.setUint32(32, 9, true);
  });
  expect(decodeState(state)).toMatchObject({
    lost: { checks: 1, stacks: 2, images: 3 },
    liveTasks: -1,
    images: 9,
  });
});

test("missed runs are the last member of the program info that is read", () => {
  expect(decodeMissedRuns(bytes(216, (view) => view.setBigUint64(208, 4n, true)))).toBe(4);
});
