// SPDX-License-Identifier: Apache-2.0
import type { BorrowedSocket } from "../linux/borrowed-socket.ts";
import { LITTLE_ENDIAN } from "../linux/netlink/message.ts";
import { readBluetoothTable } from "../linux/procfs/net-tables.ts";
import type { LoadedProtocols } from "../linux/procfs/protocols.ts";
import { type FoundSocket, plainSocket } from "./found-socket.ts";
import type { ProtocolSockets } from "./inet-sockets.ts";
import type { Endpoint, Protocol } from "./model.ts";

interface BluetoothProtocol {
  readonly protocol: Protocol;
  readonly type: Endpoint["type"];
  readonly loadedAs: string;
  /** Offsets in its struct sockaddr (include/net/bluetooth); null where it has no such field. */
  readonly addressAt: number | null;
  readonly portAt: number | null;
  readonly portBytes: 1 | 2;
}

const BLUETOOTH_PROTOCOLS: readonly BluetoothProtocol[] = [
  { protocol: "rfcomm", type: "stream", loadedAs: "RFCOMM", addressAt: 2, portAt: 8, portBytes: 1 },
  { protocol: "l2cap", type: null, loadedAs: "L2CAP", addressAt: 4, portAt: 2, portBytes: 2 },
  { protocol: "sco", type: "seqpacket", loadedAs: "SCO", addressAt: 2, portAt: null, portBytes: 1 },
  { protocol: "iso", type: "seqpacket", loadedAs: "ISO", addressAt: 2, portAt: null, portBytes: 1 },
  { protocol: "hci", type: "raw", loadedAs: "HCI", addressAt: null, portAt: 2, portBytes: 2 },
];

/** hci_dev of an HCI socket that is bound to no adapter. */
const HCI_DEV_NONE = 0xffff;
const ANY_ADDRESS = "00:00:00:00:00:00";

/**
 * Reads the Bluetooth sockets. The kernel lists them without address or state: those come from
 * `refineBluetooth`, for the sockets whose descriptor can be borrowed.
 */
export function readBluetooth(loaded: LoadedProtocols | null): readonly ProtocolSockets[] {
  return BLUETOOTH_PROTOCOLS.map(({ protocol, type, loadedAs }) => {
    const table = readBluetoothTable(protocol);
    const sockets = (table ?? []).map(({ uid, inode }) =>
      plainSocket(protocol, type, { uid, inode }),
    );
    const absent = loaded !== null && !loaded.has(loadedAs);
    const source = table !== null ? "procfs" : absent ? "absent" : "unavailable";
    return { protocol, source, interrupted: false, sockets };
  });
}

/** True for the protocols whose sockets `refineBluetooth` can complete. */
export function isBluetooth(protocol: Protocol): boolean {
  return BLUETOOTH_PROTOCOLS.some((row) => row.protocol === protocol);
}

/** Adds what the socket itself says: its address, its channel or PSM, and whether it listens. */
export function refineBluetooth(found: FoundSocket, socket: BorrowedSocket): FoundSocket {
  const row = BLUETOOTH_PROTOCOLS.find(({ protocol }) => protocol === found.protocol);
  const address = socket.localAddress();
  if (row === undefined || address === null) return found;
  const port = readPort(row, address);
  const listens = row.protocol === "hci" ? true : socket.acceptsConnections();
  return {
    ...found,
    addresses: row.addressAt === null ? [] : adapterAddress(address, row.addressAt),
    port: row.protocol === "hci" && port === HCI_DEV_NONE ? null : port,
    // Where it cannot be told, the socket counts as one that takes connections.
    connected: listens === false,
  };
}

function readPort({ portAt, portBytes }: BluetoothProtocol, address: DataView): number | null {
  if (portAt === null || address.byteLength < portAt + portBytes) return null;
  return portBytes === 1 ? address.getUint8(portAt) : address.getUint16(portAt, LITTLE_ENDIAN);
}

/** A bdaddr_t is stored in reverse; one of all zeros means every adapter. */
function adapterAddress(address: DataView, at: number): readonly string[] {
  const bytes: string[] = [];
  for (let next = 5; next >= 0; next--) {
    bytes.push(
      address
        .getUint8(at + next)
        .toString(16)
        .toUpperCase()
        .padStart(2, "0"),
    );
  }
  const text = bytes.join(":");
  return text === ANY_ADDRESS ? [] : [text];
}
