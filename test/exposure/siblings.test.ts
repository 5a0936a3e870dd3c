// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import { findSiblings } from "../../src/exposure/siblings.ts";
import { holder, onIpv6, socket } from "./build-socket.ts";

const PORT = 40000;

type Pids = readonly number[] | null;

/** Whether the first of two UDP sockets has a sibling, held by `one` and `other`; null: unknown. */
function isSibling(parts: Partial<FoundSocket>, one: Pids, other: Pids): boolean {
  const first = socket("udp", { port: PORT, inode: 1 });
  const second = socket("udp", onIpv6({ port: PORT, inode: 2, ...parts }));
  const holders = new Map(
    [one, other].flatMap((pids, at) =>
      pids === null ? [] : [[at + 1, pids.map((pid) => holder(pid))] as const],
    ),
  );
  return findSiblings([first, second], holders)(first);
}

const pairs: readonly (readonly [string, Partial<FoundSocket>, Pids, Pids, boolean])[] = [
  ["one process on one port", {}, [7], [7], true],
  ["one of several processes that hold both", {}, [7, 8], [9, 8], true],
  ["two processes", {}, [7], [8], false],
  ["another port", { port: PORT + 1 }, [7], [7], false],
  ["another protocol", { protocol: "udplite" }, [7], [7], false],
  ["a connected one", { connected: true }, [7], [7], false],
  ["a listener", { protocol: "tcp", type: "stream" }, [7], [7], false],
  ["one creator of two sockets without holders", {}, null, null, true],
  ["two creators of sockets without holders", { uid: 1000 }, null, null, false],
  ["one whose holder is known beside one without", {}, [7], null, false],
];
test.each(pairs)("%s", (_, parts, one, other, expected) => {
  expect(isSibling(parts, one, other)).toBe(expected);
});

test("a socket is not its own sibling", () => {
  const alone = socket("udp", { port: PORT, inode: 1 });
  expect(findSiblings([alone], new Map([[1, [holder(7)]]]))(alone)).toBe(false);
});
