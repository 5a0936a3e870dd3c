// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import {
  CANDIDATES_MAX,
  explainUnowned,
  type OwnershipFacts,
} from "../../src/exposure/ownership.ts";
import { socket } from "./build-socket.ts";

const NOTHING: OwnershipFacts = {
  unreadableCount: 0,
  candidates: [],
  hidden: null,
  tunnelPorts: new Map(),
  hasWireguard: false,
};
const TUNNEL = new Map([[4789, "vxlan interface vx0"]]);

/** So many processes could not be read, and are named when they are few. */
function unreadable(count: number): Partial<OwnershipFacts> {
  const processes = Array.from({ length: count }, (_, at) => ({ pid: at + 1, comm: `p${at}` }));
  return { unreadableCount: count, candidates: count > CANDIDATES_MAX ? [] : processes };
}

const HIDDEN = { reason: "hidepid", remedy: "run as root" };

const TCP = socket("tcp");
const UDP = socket("udp", { port: 4789 });

test("a socket on the port of a tunnel belongs to the kernel, whatever could not be read", () => {
  const facts = { ...NOTHING, tunnelPorts: TUNNEL, ...unreadable(1), hidden: HIDDEN };
  expect(explainUnowned([UDP], facts)).toEqual({
    reason: "kernel",
    detail: "vxlan interface vx0",
    candidates: [],
  });
});

test.each([
  ["of another protocol", socket("tcp", { port: 4789 })],
  ["on another port", socket("udp", { port: 4790 })],
  ["without a port", socket("udp", { port: null })],
])("a socket %s is not that of the tunnel", (_, other) => {
  expect(explainUnowned([other], { ...NOTHING, tunnelPorts: TUNNEL }).reason).toBe("no-holder");
});

test("the only process that could not be read is the candidate", () => {
  const unowned = explainUnowned([TCP], { ...NOTHING, ...unreadable(1) });
  expect(unowned.reason).toBe("unreadable");
  expect(unowned.detail).toContain("the one process");
  expect(unowned.candidates).toEqual([{ pid: 1, comm: "p0" }]);
});

test("several processes that could not be read are all candidates", () => {
  const unowned = explainUnowned([TCP], { ...NOTHING, ...unreadable(CANDIDATES_MAX) });
  expect(unowned.candidates).toHaveLength(CANDIDATES_MAX);
  expect(unowned.detail).toContain(`one of ${CANDIDATES_MAX} processes`);
});

test("too many processes that could not be read are counted, not listed", () => {
  const count = CANDIDATES_MAX + 1;
  const unowned = explainUnowned([TCP], { ...NOTHING, ...unreadable(count) });
  expect(unowned.candidates).toEqual([]);
  expect(unowned.detail).toContain(`one of ${count} processes`);
});

test("an unreadable process is likelier than a hidden one", () => {
  const facts = { ...NOTHING, ...unreadable(1), hidden: HIDDEN };
  expect(explainUnowned([TCP], facts).reason).toBe("unreadable");
});

test("hidden processes are the reason, in the words given", () => {
  expect(explainUnowned([TCP], { ...NOTHING, hidden: HIDDEN })).toEqual({
    reason: "hidden",
    detail: "hidepid",
    candidates: [],
  });
});

test("nobody holds it when every process was read", () => {
  const unowned = explainUnowned([TCP], NOTHING);
  expect(unowned).toMatchObject({ reason: "no-holder", candidates: [] });
});

test.each([
  ["a UDP socket", UDP, true],
  ["a TCP socket", TCP, false],
])("WireGuard is named for %s only", (_, found, named) => {
  const { detail } = explainUnowned([found], { ...NOTHING, hasWireguard: true });
  expect(detail.includes("WireGuard")).toBe(named);
});

test("WireGuard is not named where no interface of it is there", () => {
  expect(explainUnowned([UDP], NOTHING).detail).not.toContain("WireGuard");
});
