// SPDX-License-Identifier: Apache-2.0
import { formatBluetoothAddress } from "../linux/bluetooth-adapters.ts";
import type { BorrowedSocket } from "../linux/borrowed-socket.ts";
import { LITTLE_ENDIAN } from "../linux/netlink/message.ts";
import { readBluetoothTable } from "../linux/procfs/net-tables.ts";
import { type FoundSocket, plainSocket } from "./found-socket.ts";
import type { ProtocolSockets } from "./inet-sockets.ts";
import type { Endpoint, Protocol } from "./model.ts";

interface BluetoothProtocol {
  readonly protocol: Protocol;
  readonly type: Endpoint["type"];
  /** Offsets in its struct sockaddr (include/net/bluetooth); null where it has no such field. */
  readonly addressAt: number | null;
  readonly portAt: number | null;
  readonly portBytes: 1 | 2;
}

const BLUETOOTH_PROTOCOLS: readonly BluetoothProtocol[] = [
  { protocol: "rfcomm", type: "stream", addressAt: 2, portAt: 8, portBytes: 1 },
  { protocol: "l2cap", type: null, addressAt: 4, portAt: 2, portBytes: 2 },
  { protocol: "sco", type: "seqpacket", addressAt: 2, portAt: null, portBytes: 1 },
  { protocol: "iso", type: "seqpacket", addressAt: 2, portAt: null, portBytes: 1 },
  { protocol: "hci", type: "raw", addressAt: null, portAt: 2, portBytes: 2 },
];

/** hci_dev of an HCI socket that is bound to no adapter. */
const HCI_DEV_NONE = 0xffff;
/** BDADDR_ANY: every adapter. */
export const ANY_ADAPTER = "00:00:00:00:00:00";

/**
 * Reads the Bluetooth sockets. The kernel lists them without address or state: those come from
 * `refineBluetooth`, for the sockets whose descriptor can be borrowed.
 */
export function readBluetooth(): readonly ProtocolSockets[] {
  return BLUETOOTH_PROTOCOLS.map(({ protocol, type }) => {
    const table = readBluetoothTable(protocol);
    const sockets = (table ?? []).map(({ uid, inode }) =>
      plainSocket(protocol, type, { uid, inode }),
    );
    // Bluetooth lives in the initial network namespace only, and so do its tables (bt_sock_create).
    const source = table === null ? "absent" : "procfs";
    return { protocol, source, interrupted: false, sockets };
  });
}

/** True for the protocols whose sockets `refineBluetooth` can complete. */
export function isBluetooth(protocol: Protocol): boolean {
  return BLUETOOTH_PROTOCOLS.some((row) => row.protocol === protocol);
}

/**
 * Adds what the socket itself says: its address, its channel or PSM, and whether it is connected.
 * Null for a socket that was not told to listen yet, which takes no traffic.
 */
export function refineBluetooth(found: FoundSocket, socket: BorrowedSocket): FoundSocket | null {
  const row = BLUETOOTH_PROTOCOLS.find(({ protocol }) => protocol === found.protocol);
  const address = socket.localAddress();
  if (row === undefined || address === null) return found;
  const isHci = row.protocol === "hci";
  const connected = !isHci && isConnected(row, socket);
  // SO_ACCEPTCONN is always 0 here, as Bluetooth has states of its own; but a socket that listens
  // is never writable, and one that is merely open or bound is (bt_sock_poll).
  if (!isHci && !connected && socket.isWritable()) return null;
  const port = readPort(row, address);
  return {
    ...found,
    addresses: row.addressAt === null ? [] : [adapterAddress(address, row.addressAt)],
    port: isHci && port === HCI_DEV_NONE ? null : port,
    connected,
  };
}

/** SCO answers with an address of zeros when it has no peer. */
function isConnected({ addressAt }: BluetoothProtocol, socket: BorrowedSocket): boolean {
  const peer = socket.peerAddress();
  return peer !== null && addressAt !== null && adapterAddress(peer, addressAt) !== ANY_ADAPTER;
}

function readPort({ portAt, portBytes }: BluetoothProtocol, address: DataView): number | null {
  if (portAt === null || address.byteLength < portAt + portBytes) return null;
  return portBytes === 1 ? address.getUint8(portAt) : address.getUint16(portAt, LITTLE_ENDIAN);
}

/** An address that is cut short counts as none. */
function adapterAddress(address: DataView, at: number): string {
  if (address.byteLength < at + 6) return ANY_ADAPTER;
  return formatBluetoothAddress(new Uint8Array(address.buffer, address.byteOffset + at, 6));
}
