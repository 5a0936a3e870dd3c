// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import type { Protocol } from "../../src/exposure/model.ts";
import { classifyClient, type Siblings } from "../../src/exposure/roles.ts";
import { onIpv6, socket } from "./build-socket.ts";

const EPHEMERAL = { first: 32768, last: 60999 };
const noSibling: Siblings = () => false;

function reasonOf(
  protocol: Protocol,
  parts: Partial<FoundSocket>,
  hasSibling = noSibling,
): ReturnType<typeof classifyClient> {
  return classifyClient(socket(protocol, parts), EPHEMERAL, hasSibling);
}

describe("a client is", () => {
  const clients: readonly (readonly [string, Protocol, Partial<FoundSocket>, string])[] = [
    ["a connected UDP socket", "udp", { connected: true, port: 53 }, "connected"],
    ["a connected raw socket", "raw", { connected: true, port: 1 }, "connected"],
    ["a TCP socket that does not listen", "tcp", { connected: true, port: 22 }, "connected"],
    ["a UDP socket on an ephemeral port", "udp", { port: 40000 }, "ephemeral-port"],
    ["a UDP-Lite socket on an ephemeral port", "udplite", { port: 40000 }, "ephemeral-port"],
    ["a UDP socket on the first ephemeral port", "udp", { port: 32768 }, "ephemeral-port"],
    ["a UDP socket on the last ephemeral port", "udp", { port: 60999 }, "ephemeral-port"],
    ["one bound to an address", "udp", { port: 40000, addresses: ["10.0.0.1"] }, "ephemeral-port"],
    ["one on IPv6", "udp", onIpv6({ port: 40000 }), "ephemeral-port"],
    [
      "one on 223.255.255.255",
      "udp",
      { port: 40000, addresses: ["223.255.255.255"] },
      "ephemeral-port",
    ],
    ["one on fe80::ff", "udp", onIpv6({ port: 40000, addresses: ["fe80::ff"] }), "ephemeral-port"],
    [
      "one on ff::1, which is no group",
      "udp",
      onIpv6({ port: 40000, addresses: ["ff::1"] }),
      "ephemeral-port",
    ],
    ["a packet socket without an ethertype", "packet", { port: 0 }, "send-only"],
    ["a ping socket", "ping", { port: 7 }, "ping"],
    ["a connected ping socket", "ping", { port: 7, connected: true }, "ping"],
  ];
  test.each(clients)("%s", (_, protocol, parts, reason) => {
    expect(reasonOf(protocol, parts)).toBe(reason as ReturnType<typeof reasonOf>);
  });
});

describe("a service is", () => {
  const services: readonly (readonly [string, Protocol, Partial<FoundSocket>])[] = [
    ["a UDP socket on a chosen port", "udp", { port: 53 }],
    ["a UDP socket below the ephemeral ports", "udp", { port: 32767 }],
    ["a UDP socket above the ephemeral ports", "udp", { port: 61000 }],
    ["a listener on an ephemeral port", "tcp", { port: 40000 }],
    ["an SCTP listener on an ephemeral port", "sctp", { port: 40000 }],
    ["an IPv4 group on an ephemeral port", "udp", { port: 40000, addresses: ["224.0.0.251"] }],
    ["the last IPv4 group", "udp", { port: 40000, addresses: ["239.255.255.255"] }],
    ["an IPv6 group on an ephemeral port", "udp", onIpv6({ port: 40000, addresses: ["ff02::fb"] })],
    ["a raw socket", "raw", { port: 40000 }],
    ["a packet socket", "packet", { port: 0x88cc }],
    ["a VSOCK socket", "vsock", { port: 40000 }],
    ["a UDP socket without a port", "udp", { port: null }],
  ];
  test.each(services)("%s", (_, protocol, parts) => {
    expect(reasonOf(protocol, parts)).toBeNull();
  });

  test("a UDP socket that shares its ephemeral port with a sibling", () => {
    expect(reasonOf("udp", { port: 40000 }, () => true)).toBeNull();
  });

  test("any unconnected UDP socket where the ephemeral ports are not known", () => {
    expect(classifyClient(socket("udp", { port: 40000 }), null, noSibling)).toBeNull();
  });
});

test("a connected socket is a client though it has a sibling", () => {
  expect(reasonOf("udp", { port: 40000, connected: true }, () => true)).toBe("connected");
});
