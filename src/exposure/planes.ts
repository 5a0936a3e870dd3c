// SPDX-License-Identifier: Apache-2.0
import type { BluetoothAdapter } from "../linux/bluetooth-adapters.ts";
import type { VrfProtocol } from "../linux/procfs/vrf.ts";
import { ANY_ADAPTER } from "./bluetooth-sockets.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { PlaneName, Protocol, Reach } from "./model.ts";
import type { Reachability } from "./reachability.ts";

/** What reachability depends on beside the sockets. */
export interface Surroundings {
  readonly reachability: Reachability;
  readonly adapters: readonly BluetoothAdapter[];
  readonly vrfAcceptance: Readonly<Record<VrfProtocol, boolean>>;
}

/** The setting that protocols follow which have none of their own (inet_bound_dev_eq). */
const VRF_SETTING: Readonly<Partial<Record<Protocol, VrfProtocol>>> = {
  udp: "udp",
  udplite: "udp",
  raw: "raw",
  sctp: "sctp",
};

/** Where a service socket of any protocol can be reached from; never empty. */
export function reachOf(
  socket: FoundSocket,
  { reachability, adapters, vrfAcceptance }: Surroundings,
): readonly Reach[] {
  const { family, addresses, interfaceIndex, v6only } = socket;
  if (family !== null) {
    const acceptsVrf = vrfAcceptance[VRF_SETTING[socket.protocol] ?? "tcp"];
    return reachability.ofIp({ family, addresses, interfaceIndex, v6only, acceptsVrf });
  }
  switch (socket.protocol) {
    case "packet":
      return reachability.ofLink(interfaceIndex);
    case "xdp":
      return interfaceIndex === 0 ? [at("link-layer", null)] : reachability.ofLink(interfaceIndex);
    case "vsock":
      return [at("vsock", null)];
    case "unix":
      return [at("local", null)];
    default:
      return bluetoothReach(socket, adapters);
  }
}

function bluetoothReach(
  { protocol, port, addresses }: FoundSocket,
  adapters: readonly BluetoothAdapter[],
): readonly Reach[] {
  if (protocol === "hci") return [hciReach(port, adapters)];
  const [address = ANY_ADAPTER] = addresses;
  const bound = adapters.filter(
    (adapter) => address === ANY_ADAPTER || adapter.address === address,
  );
  if (bound.length === 0) return [{ ...at("bluetooth", null), state: "absent" }];
  return bound.map((adapter) => adapterReach(adapter));
}

function hciReach(port: number | null, adapters: readonly BluetoothAdapter[]): Reach {
  if (port === null) return at("bluetooth", null);
  const name = `hci${port}`;
  const adapter = adapters.find((each) => each.name === name);
  return adapterReach(adapter ?? { name, address: null, isUp: null });
}

function adapterReach({ name, isUp }: BluetoothAdapter): Reach {
  return { ...at("bluetooth", name), state: isUp === false ? "down" : "reachable" };
}

function at(plane: PlaneName, name: string | null): Reach {
  return { plane, interface: name, state: "reachable", addresses: [], scope: null };
}
