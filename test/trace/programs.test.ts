// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { programsOf } from "../../src/trace/programs.ts";
import { image } from "./build-check.ts";

const EXECUTOR = "/usr/lib/systemd/systemd-executor";
const SET_UP = [EXECUTOR, "--deserialize", "42", "--log-level", "info"];
const held = image({ id: 1, origin: "held", exe: null, argv: null });

const idsOf = (...images: Parameters<typeof programsOf>[0]): readonly number[] =>
  programsOf(images).map(({ id }) => id);

describe("the programs of what is followed", () => {
  test("are those that were executed or ran before", () => {
    const ids = idsOf(held, image({ id: 2 }), image({ id: 3, pid: 43, origin: "attached" }));
    expect(ids).toEqual([2, 3]);
  });

  test.each([EXECUTOR, `${EXECUTOR} (deleted)`, "/nix/store/x/lib/systemd/systemd-executor"])(
    "are not what systemd starts from outside to set a process up: %s",
    (path) => {
      const argv = [path, ...SET_UP.slice(1)];
      expect(idsOf(held, image({ id: 2, argv }), image({ id: 3 }))).toEqual([3]);
    },
  );

  test("are also those that a manager starts which is followed itself", () => {
    const manager = image({ id: 1, exe: "/lib/systemd/systemd" });
    const executor = image({ id: 2, pid: 43, parentPid: manager.pid, argv: SET_UP });
    expect(idsOf(manager, executor)).toEqual([1, 2]);
  });

  test.each([
    [["/usr/bin/systemd-executor-of-mine", "--deserialize"]],
    [[EXECUTOR, "--help"]],
    [null],
  ])("are those that have other arguments: %j", (argv) => {
    expect(idsOf(held, image({ id: 2, argv }))).toEqual([2]);
  });
});
