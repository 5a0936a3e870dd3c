// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { parseMemberships } from "../../../src/linux/procfs/multicast.ts";
import { readFixture } from "./fixtures.ts";

const memberships = parseMemberships(readFixture("net/igmp"), readFixture("net/igmp6"));

const groups: readonly (readonly [string, string, readonly number[]])[] = [
  ["all IPv4 hosts", "224.0.0.1", [1, 2, 3]],
  ["an IPv4 group that a socket joined", "224.0.0.251", [2]],
  ["all IPv6 nodes", "ff02::1", [1, 2, 3]],
  ["all IPv6 nodes of the interface", "ff01::1", [1, 2, 3]],
  ["an IPv6 group that a socket joined", "ff02::fb", [2]],
  ["a solicited-node group", "ff02::1:ff00:1", [2]],
];
test.each(groups)("%s, %s, is joined on interfaces %p", (_, group, indexes) => {
  expect([...(memberships.get(group) ?? [])].toSorted()).toEqual(indexes.toSorted());
});

test("a group that nobody joined is not there", () => {
  expect(memberships.has("224.0.0.252")).toBe(false);
});

test("groups belong to the interface above them, whatever it is called", () => {
  const igmp = [
    "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter",
    "7\t0A0B0C0D0E0F010: 1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "12\tE0000001  :     1      V2",
    "\t\t\t\t020000E0     1 0:00000000\t\t1",
    "",
  ].join("\n");
  expect(parseMemberships(igmp, "")).toEqual(
    new Map([
      ["224.0.0.1", new Set([7])],
      ["224.0.0.2", new Set([12])],
    ]),
  );
});

test("a kernel without multicast has no memberships", () => {
  expect(parseMemberships("", "")).toEqual(new Map());
});
