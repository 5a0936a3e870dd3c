// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  type CapabilityState,
  formatLibcapText,
  parseLibcapText,
} from "../../src/capabilities/libcap-text.ts";
import { allCapabilities, type CapabilitySet, setOf } from "../../src/capabilities/set.ts";

const ALL = allCapabilities(40);

function state(
  effective: CapabilitySet,
  inheritable: CapabilitySet,
  permitted: CapabilitySet,
): CapabilityState {
  return { effective, inheritable, permitted };
}

const NET_RAW = setOf("net_raw");
const CHOWN = setOf("chown");

describe("a text of libcap is read", () => {
  const texts: readonly (readonly [string, CapabilityState])[] = [
    ["", state(0n, 0n, 0n)],
    ["=", state(0n, 0n, 0n)],
    ["=ep", state(ALL, 0n, ALL)],
    ["all=p", state(0n, 0n, ALL)],
    ["all=p cap_chown-p", state(0n, 0n, ALL & ~CHOWN)],
    ["all=eip cap_chown-e", state(ALL & ~CHOWN, ALL, ALL)],
    ["cap_net_raw+ep", state(NET_RAW, 0n, NET_RAW)],
    ["CAP_NET_RAW,cap_chown=i", state(0n, NET_RAW | CHOWN, 0n)],
    ["cap_net_raw=ep+i-e", state(0n, NET_RAW, NET_RAW)],
    ["=ep cap_net_raw=", state(ALL & ~NET_RAW, 0n, ALL & ~NET_RAW)],
    ["=p cap_net_raw=+e", state(NET_RAW, 0n, ALL & ~NET_RAW)],
    ["13+p\t0=e\n", state(CHOWN, 0n, NET_RAW)],
    ["0xd=p", state(0n, 0n, NET_RAW)],
    ["41,63=p", state(0n, 0n, (1n << 41n) | (1n << 63n))],
  ];
  test.each(texts)("%j", (text, expected) => {
    expect(parseLibcapText(text)).toEqual(expected);
  });

  test.each([
    "cap_net_raw",
    "cap_net_raw ep",
    "net_raw=p",
    "+ep",
    "-p",
    "=ep-e",
    "cap_net_raw+",
    "cap_net_raw+x",
    "cap_net_raw=EP",
    "cap_net_raw=e=p",
    "cap_net_raw,=p",
    ",cap_net_raw=p",
    "64=p",
    "cap_nothing=p",
    "all",
  ])("%j is none", (text) => {
    expect(parseLibcapText(text)).toBeNull();
  });
});

describe("a text of libcap is written", () => {
  const texts: readonly (readonly [string, CapabilityState])[] = [
    ["=", state(0n, 0n, 0n)],
    ["=ep", state(ALL, 0n, ALL)],
    ["=p cap_chown-p 41+e", state(1n << 41n, 0n, ALL & ~CHOWN)],
    ["cap_net_raw=ep", state(NET_RAW, 0n, NET_RAW)],
    ["cap_chown=i cap_net_raw+p", state(0n, CHOWN, NET_RAW)],
    ["= 41+p", state(0n, 0n, 1n << 41n)],
  ];
  test.each(texts)("%s", (text, value) => {
    expect(formatLibcapText(value)).toBe(text);
  });
});
