// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  containerCapabilities,
  type ContainerEngine,
  formatContainerList,
} from "../../src/capabilities/container-list.ts";
import { capabilityNames, NAMED_CAPABILITIES, setOf } from "../../src/capabilities/set.ts";

const BASE = setOf("chown", "net_raw");

/** Engine, --cap-add, --cap-drop, and what comes of a base of CHOWN and NET_RAW. */
const REQUESTS: readonly (readonly [ContainerEngine, string, string, string])[] = [
  ["docker", "", "", "chown net_raw"],
  ["docker", "KILL", "NET_RAW", "chown kill"],
  ["docker", "cap_kill,Cap_Bpf", "ALL", "kill bpf"],
  ["docker", "NET_RAW", "NET_RAW", "chown net_raw"],
  ["podman", "kill", "all", "kill"],
  ["podman", "kill", "net_raw", "chown kill"],
  ["containerd", "KILL", "ALL", "kill"],
  ["containerd", "NET_RAW", "NET_RAW", "chown"],
  ["crio", "CAP_KILL", "ALL", "kill"],
];

describe("containers' capabilities", () => {
  test.each(REQUESTS)("%s: add [%s], drop [%s]", (engine, add, drop, expected) => {
    const list = (text: string): readonly string[] => (text === "" ? [] : text.split(","));
    const result = containerCapabilities(engine, BASE, { add: list(add), drop: list(drop) });
    expect(result).toMatchObject({ faults: [], ignored: [] });
    expect(capabilityNames(result.set).join(" ")).toBe(expected);
  });

  test("ALL under both means everything to docker and nothing to Kubernetes", () => {
    const both = { add: ["ALL"], drop: ["ALL"] };
    expect(containerCapabilities("docker", BASE, both).set).toBe(NAMED_CAPABILITIES);
    expect(containerCapabilities("containerd", BASE, both).set).toBe(0n);
    expect(containerCapabilities("podman", BASE, both).faults).toEqual([
      "ALL is both added and dropped",
    ]);
  });

  test("what an engine refuses is at fault, what it overlooks is ignored", () => {
    const request = { add: ["CAP_NET_ADMIN", "NET_RWA", "13"], drop: [] };
    expect(containerCapabilities("docker", BASE, request).faults).toEqual([
      "unknown capability: NET_RWA",
      "unknown capability: 13",
    ]);
    expect(containerCapabilities("containerd", BASE, request)).toEqual({
      set: BASE,
      faults: [],
      ignored: ["CAP_NET_ADMIN", "NET_RWA", "13"],
    });
    const twice = { add: ["KILL"], drop: ["kill"] };
    expect(containerCapabilities("podman", BASE, twice).faults).toEqual([
      "KILL is both added and dropped",
    ]);
  });

  test("a set is written as names, or ALL", () => {
    expect(formatContainerList(BASE)).toEqual(["CHOWN", "NET_RAW"]);
    expect(formatContainerList(NAMED_CAPABILITIES)).toEqual(["ALL"]);
    expect(formatContainerList(0n)).toEqual([]);
  });
});
