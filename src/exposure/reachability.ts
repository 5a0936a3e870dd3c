// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, ipv4Number } from "../linux/netlink/address.ts";
import type { Memberships } from "../linux/procfs/multicast.ts";
import { classifyAddress, widestScope } from "./address-scope.ts";
import type { InterfaceTable } from "./interfaces.ts";
import type { AddressFamily, Interface, InterfaceAddress, PlaneName, Reach } from "./model.ts";

/** An IP bind, as far as it decides from where the socket can be reached. */
export interface IpBind {
  readonly family: AddressFamily;
  readonly addresses: readonly string[];
  /** Bound device, or 0. */
  readonly interfaceIndex: number;
  readonly v6only: boolean | null;
  /** Bound to no device, it still takes what arrives in a VRF. */
  readonly acceptsVrf: boolean;
}

const UNSPECIFIED: readonly string[] = ["0.0.0.0", "::"];
const LIMITED_BROADCAST = "255.255.255.255";

/** True for the address that stands for every local address of its family. */
export function isUnspecified(address: string): boolean {
  return UNSPECIFIED.includes(address);
}

/**
 * Works out through which interfaces sockets can be reached. Pure; built once for a report.
 * Wildcard binds that reach the same get the same array, so that a report with thousands of them
 * stays small.
 */
export class Reachability {
  readonly #interfaces: readonly Interface[];
  readonly #masters: ReadonlyMap<number, number>;
  readonly #memberships: Memberships;
  readonly #holders = new Map<string, Interface[]>();
  /** VRF devices and the interfaces that belong to one. */
  readonly #inVrf: ReadonlySet<number>;
  readonly #known = new Map<string, readonly Reach[]>();

  constructor(table: InterfaceTable, memberships: Memberships) {
    this.#interfaces = table.interfaces;
    this.#masters = table.masters;
    this.#memberships = memberships;
    this.#inVrf = interfacesInVrf(table);
    for (const candidate of table.interfaces) {
      for (const { address } of candidate.addresses) {
        const holders = this.#holders.get(address);
        if (holders === undefined) this.#holders.set(address, [candidate]);
        else holders.push(candidate);
      }
    }
  }

  /** Where an IP socket can be reached; never empty. */
  ofIp(bind: IpBind): readonly Reach[] {
    const key = `${bind.addresses.join(" ")} ${bind.interfaceIndex} ${bind.v6only} ${bind.acceptsVrf}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const reach = mergeByInterface(
      bind.addresses.flatMap((address) => this.#ofAddress(bind, address)),
    );
    this.#known.set(key, reach);
    return reach;
  }

  /** Where a packet or XDP socket receives: on one interface, or on every one for index 0. */
  ofLink(interfaceIndex: number): readonly Reach[] {
    const key = `link ${interfaceIndex}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const reach = this.#linkReach(interfaceIndex);
    this.#known.set(key, reach);
    return reach;
  }

  /** Name of an interface, or "ifN" for an index that no interface has any more. */
  interfaceName(index: number): string {
    return this.#interfaces.find((candidate) => candidate.index === index)?.name ?? `if${index}`;
  }

  #linkReach(interfaceIndex: number): readonly Reach[] {
    const bound = this.#interfaces.filter(
      ({ index, state }) => index === interfaceIndex || (interfaceIndex === 0 && state !== "down"),
    );
    if (bound.length === 0) return [unreached("link-layer", "absent")];
    return bound.map(({ name, state }) => ({
      plane: "link-layer",
      interface: name,
      state: state === "down" ? "down" : "reachable",
      addresses: [],
      scope: null,
    }));
  }

  #ofAddress(bind: IpBind, address: string): readonly Reach[] {
    if (isUnspecified(address)) return this.#ofWildcard(bind);
    // Several addresses of an SCTP socket can be of both families.
    const family = address.includes(":") ? "ipv6" : "ipv4";
    const scope = classifyAddress(family, address);
    if (scope === "multicast") return this.#ofMulticast(bind, address);
    const plane = scope === "loopback" ? "inet-loopback" : "inet-external";
    const holders = this.#holdersOf(bind, family, address);
    if (holders.length === 0) return [unreached(plane, "absent")];
    return holders.map((holder) => ({
      plane,
      interface: holder.name,
      state: holder.state === "down" ? "down" : "reachable",
      addresses: [address],
      scope,
    }));
  }

  /** Interfaces that have the address, as their own, as a broadcast or as part of 127.0.0.0/8. */
  #holdersOf(bind: IpBind, family: AddressFamily, address: string): readonly Interface[] {
    const own = this.#holders.get(address) ?? [];
    const holders = own.length > 0 ? own : this.#implicitHolders(family, address);
    return holders.filter(({ index }) => this.#admits(bind, index));
  }

  #implicitHolders(family: AddressFamily, address: string): readonly Interface[] {
    if (family === "ipv6") return [];
    // On lo the kernel takes every address of a network for its own (fib_add_ifaddr).
    const local = this.#interfaces.filter(
      ({ loopback, addresses }) => loopback && addresses.some((own) => contains(own, address)),
    );
    if (local.length > 0) return local;
    const external = this.#interfaces.filter(({ loopback }) => !loopback);
    if (address === LIMITED_BROADCAST) {
      return external.filter(({ addresses }) => addresses.some((own) => own.family === "ipv4"));
    }
    return external.filter(({ addresses }) =>
      addresses.some((own) => own.family === "ipv4" && broadcastOf(own) === address),
    );
  }

  #ofMulticast(bind: IpBind, group: string): readonly Reach[] {
    const joined = this.#memberships.get(group) ?? new Set<number>();
    const members = this.#interfaces.filter(
      ({ index }) => joined.has(index) && this.#admits(bind, index),
    );
    if (members.length === 0) return [unreached("inet-external", "not-joined")];
    return members.map((member) => ({
      plane: member.loopback ? "inet-loopback" : "inet-external",
      interface: member.name,
      state: member.state === "down" ? "down" : "reachable",
      addresses: [group],
      scope: "multicast",
    }));
  }

  #ofWildcard(bind: IpBind): readonly Reach[] {
    const families = familiesOf(bind);
    const device = this.#interfaces.find(({ index }) => index === bind.interfaceIndex);
    if (device?.loopback === true) return [wildcardReach("inet-loopback", device, families, true)];
    const external = this.#interfaces
      .filter(({ index }) => this.#admits(bind, index))
      .map((candidate) => wildcardReach("inet-external", candidate, families, false))
      .filter(({ addresses, state }) => addresses.length > 0 && state === "reachable");
    if (external.length > 0) return external;
    // Bound to a device without an address it still receives broadcasts, as a DHCP client does.
    if (device !== undefined) return [wildcardReach("inet-external", device, families, false)];
    if (bind.interfaceIndex !== 0) return [unreached("inet-external", "absent")];
    const loopback = this.#interfaces
      .filter((candidate) => candidate.loopback)
      .map((candidate) => wildcardReach("inet-loopback", candidate, families, true));
    return loopback.length > 0 ? loopback : [unreached("inet-external", "absent")];
  }

  /** True when a socket takes what arrives on an interface; bound to a VRF, on its ports too. */
  #admits({ interfaceIndex: device, acceptsVrf }: IpBind, arrival: number): boolean {
    if (device === 0) return acceptsVrf || !this.#inVrf.has(arrival);
    return device === arrival || this.#masters.get(arrival) === device;
  }
}

function interfacesInVrf({ interfaces, masters }: InterfaceTable): ReadonlySet<number> {
  const vrfs = new Set(interfaces.filter(({ kind }) => kind === "vrf").map(({ index }) => index));
  const members = [...masters].filter(([, master]) => vrfs.has(master)).map(([index]) => index);
  return new Set([...vrfs, ...members]);
}

function familiesOf({ family, v6only }: IpBind): readonly AddressFamily[] {
  if (family === "ipv4") return ["ipv4"];
  // The kernel's default takes IPv4 too: where it did not say, the wider answer is the safe one.
  return v6only === true ? ["ipv6"] : ["ipv4", "ipv6"];
}

function wildcardReach(
  plane: PlaneName,
  candidate: Interface,
  families: readonly AddressFamily[],
  loopbackToo: boolean,
): Reach {
  const addresses = candidate.addresses.filter(
    ({ family, scope }) => families.includes(family) && (loopbackToo || scope !== "loopback"),
  );
  return {
    plane,
    interface: candidate.name,
    state: candidate.state === "down" ? "down" : "reachable",
    addresses: addresses.map(({ address }) => address),
    scope: widestScope(addresses.map(({ scope }) => scope)),
  };
}

function unreached(plane: PlaneName, state: Reach["state"]): Reach {
  return { plane, interface: null, state, addresses: [], scope: null };
}

/** One entry for each interface of a socket that is bound to several addresses (SCTP). */
function mergeByInterface(reaches: readonly Reach[]): readonly Reach[] {
  const merged = new Map<string, Reach>();
  for (const reach of reaches) {
    const key = `${reach.plane} ${reach.interface} ${reach.state}`;
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, reach);
      continue;
    }
    const scopes = [known.scope, reach.scope].filter((scope) => scope !== null);
    const addresses = [...new Set([...known.addresses, ...reach.addresses])];
    merged.set(key, { ...known, addresses, scope: widestScope(scopes) });
  }
  return [...merged.values()];
}

/** True when an IPv4 address is in the network of an interface's address. */
function contains({ family, address, prefixLength }: InterfaceAddress, wanted: string): boolean {
  if (family !== "ipv4") return false;
  const mask = prefixLength === 0 ? 0 : 0xffffffff << (32 - prefixLength);
  return ((ipv4Number(address) ^ ipv4Number(wanted)) & mask) === 0;
}

function broadcastOf({ address, prefixLength }: InterfaceAddress): string {
  const host = prefixLength >= 31 ? 0 : 0xffffffff >>> prefixLength;
  return formatIpv4((ipv4Number(address) | host) >>> 0);
}
