// SPDX-License-Identifier: Apache-2.0
import type { FoundSocket } from "../../src/exposure/found-socket.ts";
import type { InterfaceTable } from "../../src/exposure/interfaces.ts";
import { buildInterfaceTable } from "../../src/exposure/interfaces.ts";
import type { Protocol } from "../../src/exposure/model.ts";
import type { SocketHolder } from "../../src/linux/procfs/socket-holders.ts";
import { IFF_LOOPBACK, IFF_RUNNING, IFF_UP } from "../../src/linux/netlink/route.ts";

/** A socket on 0.0.0.0:80 that takes traffic from anybody. */
export function socket(protocol: Protocol, parts: Partial<FoundSocket> = {}): FoundSocket {
  const isIp = ["tcp", "mptcp", "udp", "udplite", "sctp", "dccp", "raw", "ping"].includes(protocol);
  return {
    protocol,
    family: isIp ? "ipv4" : null,
    type: protocol === "udp" || protocol === "udplite" ? "dgram" : "stream",
    addresses: isIp ? ["0.0.0.0"] : [],
    port: 80,
    portName: null,
    interfaceIndex: 0,
    v6only: null,
    connected: false,
    uid: 0,
    inode: 1,
    vsockCid: null,
    unix: null,
    lacksBindDetails: false,
    fileInode: null,
    ...parts,
  };
}

export function onIpv6(parts: Partial<FoundSocket> = {}): Partial<FoundSocket> {
  return { family: "ipv6", addresses: ["::"], v6only: false, ...parts };
}

export function holder(pid: number, tid: number | null = null): SocketHolder {
  return { pid, tid, fd: 3 };
}

/** An interface as a line: its name, its addresses with their prefix, and what is special. */
export interface LinkSketch {
  readonly name: string;
  readonly addresses?: readonly string[];
  readonly state?: "up" | "no-carrier" | "down";
  readonly kind?: string;
  /** Name of the interface that it belongs to. */
  readonly master?: string;
}

/** A table of interfaces with the indexes 1, 2, 3 ...; "lo" is the loopback. */
export function interfaceTable(sketches: readonly LinkSketch[]): InterfaceTable {
  const flags = { up: IFF_UP | IFF_RUNNING, "no-carrier": IFF_UP, down: 0 };
  const indexOf = (name: string | undefined): number =>
    sketches.findIndex((sketch) => sketch.name === name) + 1;
  const links = sketches.map(({ name, state = "up", kind = null, master }, at) => ({
    index: at + 1,
    name,
    flags: flags[state] | (name === "lo" ? IFF_LOOPBACK : 0),
    master: indexOf(master),
    kind,
    tunnelPort: null,
  }));
  const addresses = sketches.flatMap((sketch, at) =>
    (sketch.addresses ?? []).map((text) => {
      const [address = "", prefixLength] = text.split("/");
      const family = address.includes(":") ? ("ipv6" as const) : ("ipv4" as const);
      return { interfaceIndex: at + 1, family, address, prefixLength: Number(prefixLength) };
    }),
  );
  return buildInterfaceTable(links, addresses);
}
