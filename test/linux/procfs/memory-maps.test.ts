// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import {
  parseExecutableMappings,
  readExecutableMappings,
} from "../../../src/linux/procfs/memory-maps.ts";

const RECORDED = String.raw`558cc6abe000-558cc6ac0000 r--p 00000000 fe:00 260131                     /usr/bin/cat
558cc6ac0000-558cc6ac5000 r-xp 00002000 fe:00 260131                     /usr/bin/cat
558cccbdb000-558cccbfc000 rwxp 00000000 00:00 0                          [heap]
7f0000000000-7f0000001000 rwxp 00000000 00:00 0 
7f0000001000-7f0000002000 rwxp 00000000 00:00 0                          [anon:JIT code]
7f4cfba77000-7f4cfbbcd000 r-xs 00026000 fd:1f 18446744073709551615       /tmp/a b \012c (deleted) (deleted)
7f4cfbbcd000-7f4cfbbce000 r-xs 00000000 00:01 2056                       /memfd:two words (deleted)
7f4cfbc45000-7f4cfbc47000 r-xp 00000000 00:00 0                          [vdso]
7ffd95ee8000-7ffd95f09000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test("executable mappings are told by what is behind them", () => {
  const mappings = parseExecutableMappings(RECORDED);
  expect(mappings.map(({ content }) => content)).toEqual([
    { kind: "file", path: "/usr/bin/cat", deleted: false, device: "fe:00", inode: 260131n },
    { kind: "anonymous" },
    { kind: "anonymous" },
    { kind: "anonymous" },
    {
      kind: "file",
      path: "/tmp/a b \nc (deleted)",
      deleted: true,
      device: "fd:1f",
      inode: 18446744073709551615n,
    },
    { kind: "file", path: "/memfd:two words", deleted: true, device: "00:01", inode: 2056n },
    { kind: "special", name: "[vdso]" },
    { kind: "special", name: "[vsyscall]" },
  ]);
});

test("addresses and offsets of mappings are exact", () => {
  const mappings = parseExecutableMappings(RECORDED);
  const [first, last] = [mappings[0]!, mappings.at(-1)!];
  expect([first.start, first.end, first.offset]).toEqual([
    0x558cc6ac0000n,
    0x558cc6ac5000n,
    0x2000n,
  ]);
  expect([last.start, last.end]).toEqual([0xffffffffff600000n, 0xffffffffff601000n]);
});

test.each(["\r", "\u2028", "\udcff", "é"])("a path may have %j in it", (character) => {
  const line = `1000-2000 r-xp 00000000 fe:00 7                     /a${character}b`;
  expect(parseExecutableMappings(line)[0]?.content).toMatchObject({ path: `/a${character}b` });
});

test.each(["", "\n\n", "garbage", "1000-2000 r-xp", "zz-2000 r-xp 0 fe:00 7 /a"])(
  "%j has no mappings",
  (text) => {
    expect(parseExecutableMappings(text)).toEqual([]);
  },
);

test("a process that is gone has no mappings to read", () => {
  expect(readExecutableMappings(2 ** 22 + 1)).toBe(null);
});
