// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { withoutTracer } from "../../src/trace/observer.ts";
import { image } from "./build-check.ts";

test("the tracer is left out with what it runs, where it is among those followed", () => {
  const tracer = image({ id: 1, pid: 10, parentPid: 5 });
  const helper = image({ id: 2, pid: 11, parentPid: 10 });
  const other = image({ id: 3, pid: 12, parentPid: 5 });
  expect(withoutTracer([tracer, helper, other], 10)).toEqual([other]);
});

test("a command that the tracer started is followed", () => {
  const command = image({ id: 2, pid: 11, parentPid: 10 });
  expect(withoutTracer([command], 10)).toEqual([command]);
  expect(withoutTracer([command], null)).toEqual([command]);
});
