// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { FLAGS, type PlaneName, type Reach } from "../../src/exposure/model.ts";
import { assessFlags, type FlagFacts } from "../../src/exposure/rules.ts";

function on(plane: PlaneName): Reach {
  return { plane, interface: null, state: "reachable", addresses: [], scope: null };
}

const PLAIN: FlagFacts = {
  protocol: "tcp",
  port: 80,
  role: "service",
  bind: { addresses: ["10.0.0.1"], wildcard: false, device: null, v6only: null },
  reach: [on("inet-external")],
  reuseport: false,
  privilegedOwner: false,
};

describe("the flags of an endpoint", () => {
  const wildcard = { ...PLAIN.bind, wildcard: true };
  const endpoints: readonly (readonly [string, Partial<FlagFacts>, readonly string[]])[] = [
    ["nothing special", {}, []],
    ["Bluetooth", { protocol: "rfcomm", reach: [on("bluetooth")] }, ["proximity-plane"]],
    ["VSOCK", { protocol: "vsock", reach: [on("vsock")] }, ["hypervisor-plane"]],
    [
      "VSOCK port 22",
      { protocol: "vsock", port: 22, reach: [on("vsock")] },
      ["hypervisor-plane", "ssh-on-vsock-port-22"],
    ],
    ["TCP port 22", { port: 22 }, []],
    ["a wildcard bind", { bind: wildcard }, ["wildcard-bind"]],
    ["SO_REUSEPORT", { reuseport: true }, ["reuseport"]],
    ["SO_REUSEPORT that could not be checked", { reuseport: null }, []],
    ["a privileged owner", { privilegedOwner: true }, ["privileged-caps"]],
    [
      "everything, in printing order",
      {
        protocol: "vsock",
        port: 22,
        reach: [on("vsock"), on("bluetooth")],
        bind: wildcard,
        reuseport: true,
        privilegedOwner: true,
      },
      FLAGS,
    ],
  ];
  test.each(endpoints)("%s", (_, parts, flags) => {
    expect(assessFlags({ ...PLAIN, ...parts })).toEqual([...flags] as ReturnType<
      typeof assessFlags
    >);
  });
});
