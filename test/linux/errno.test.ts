// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { constants } from "node:os";
import { errorName } from "../../src/linux/errno.ts";

test("errors have the names that this system gives them", () => {
  const aliases = new Set(["EWOULDBLOCK", "ENOTSUP", "EDEADLOCK"]);
  for (const [name, number] of Object.entries(constants.errno)) {
    if (!aliases.has(name)) expect(errorName(number)).toBe(name);
  }
});

test("errors that Node has no name for have theirs", () => {
  expect([77, 123, 129, 133].map(errorName)).toEqual([
    "EBADFD",
    "ENOMEDIUM",
    "EKEYREJECTED",
    "EHWPOISON",
  ]);
});

test("errors that only the kernel sees have names", () => {
  expect([512, 513, 514, 516, 521, 531].map(errorName)).toEqual([
    "ERESTARTSYS",
    "ERESTARTNOINTR",
    "ERESTARTNOHAND",
    "ERESTART_RESTARTBLOCK",
    "EBADHANDLE",
    "ENOGRACE",
  ]);
});

test("a number without a name is kept", () => {
  expect([0, 41, 58, 134, 520, 4000].map(errorName)).toEqual(
    [0, 41, 58, 134, 520, 4000].map((number) => `errno ${number}`),
  );
});
