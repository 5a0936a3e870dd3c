// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { addressesOf, groupSamples, nameFrames } from "../../../src/linux/bpf/stack-frames.ts";

const SYMBOLS = new Map([
  [9n, "bpf_prog_0123456789abcdef_trace_cap_capable"],
  [19n, "bpf_trace_run5"],
  [29n, "cap_capable"],
  [39n, "ns_capable"],
]);

test("a return address is named by the byte before it, each address once", () => {
  expect(addressesOf([[10n, 20n], [20n]])).toEqual([9n, 19n]);
});

test("the tracer's own frames are left out, unknown ones further out are not", () => {
  const frames = nameFrames([10n, 20n, 30n, 999n, 40n], SYMBOLS);
  expect(frames).toEqual(["cap_capable", "[unknown]", "ns_capable"]);
});

test("without any symbol there are no frames", () => {
  expect(nameFrames([10n, 20n], new Map())).toEqual([]);
});

test("stacks of the same functions are one, the most frequent first", () => {
  const frames = new Map([
    [1, ["a", "b"]],
    [2, ["a", "c"]],
    [3, ["a", "b"]],
  ]);
  const samples = [
    { row: 7, stack: 1, count: 2 },
    { row: 7, stack: 2, count: 4 },
    { row: 7, stack: 3, count: 3 },
    { row: 8, stack: 2, count: 1 },
    { row: 8, stack: 4, count: 9 },
  ];
  expect([...groupSamples(samples, frames, (frame) => frame)]).toEqual([
    [
      7,
      [
        { frames: ["a", "b"], samples: 5 },
        { frames: ["a", "c"], samples: 4 },
      ],
    ],
    [8, [{ frames: ["a", "c"], samples: 1 }]],
  ]);
});
