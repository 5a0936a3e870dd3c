// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { parseAccounts } from "../../../src/linux/procfs/machine.ts";

describe("accounts", () => {
  const files: readonly (readonly [string, string, readonly (readonly [number, string])[]])[] = [
    [
      "ordinary lines",
      "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\n",
      [
        [0, "root"],
        [33, "www"],
      ],
    ],
    ["a second name for a uid", "root:x:0:0::/:\ntoor:x:0:0::/:\n", [[0, "root"]]],
    ["no password field value", "a::1000:1000::/:\n", [[1000, "a"]]],
    ["no line end at the end", "a:x:1:1::/:", [[1, "a"]]],
    ["lines for another name service", "+::::::\n-evil\na:x:1:1::/:\n", [[1, "a"]]],
    ["no name", ":x:5:5::/:\n", []],
    ["nothing", "", []],
  ];
  test.each(files)("of a file with %s", (_, text, accounts) => {
    expect(parseAccounts(text)).toEqual(new Map(accounts));
  });
});
