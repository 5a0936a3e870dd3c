// SPDX-License-Identifier: Apache-2.0
import type { BluetoothAdapter } from "../linux/bluetooth-adapters.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { PlaneName, Reach } from "./model.ts";
import type { Reachability } from "./reachability.ts";

/** Where a service socket of any protocol can be reached from; never empty. */
export function reachOf(
  socket: FoundSocket,
  reachability: Reachability,
  adapters: readonly BluetoothAdapter[],
): readonly Reach[] {
  const { family, addresses, interfaceIndex, v6only } = socket;
  if (family !== null) return reachability.ofIp({ family, addresses, interfaceIndex, v6only });
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
  if (protocol === "hci") return [at("bluetooth", port === null ? null : `hci${port}`)];
  const [address] = addresses;
  const bound = adapters.filter((adapter) => address === undefined || adapter.address === address);
  if (bound.length === 0) return [at("bluetooth", null)];
  return bound.map(({ name }) => at("bluetooth", name));
}

function at(plane: PlaneName, name: string | null): Reach {
  return { plane, interface: name, state: "reachable", addresses: [], scope: null };
}
