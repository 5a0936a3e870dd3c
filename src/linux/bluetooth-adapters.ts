// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import type { Libc } from "./ffi/libc.ts";
import { LITTLE_ENDIAN } from "./netlink/message.ts";
import { failureOf } from "./procfs/read-text.ts";

export interface BluetoothAdapter {
  /** hci0 and so on. */
  readonly name: string;
  /** BD_ADDR in upper case; null when the kernel did not say. */
  readonly address: string | null;
  /** A radio that is off takes no traffic; null when the kernel did not say. */
  readonly isUp: boolean | null;
}

const AF_BLUETOOTH = 31;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const BTPROTO_HCI = 1;
/** _IOR('H', 211, int), include/net/bluetooth/hci_sock.h; struct hci_dev_info is 92 bytes. */
const HCIGETDEVINFO = 0x800448d3;
const DEVICE_INFO_LENGTH = 128;
const DEVICE_INFO_ADDRESS = 10;
const DEVICE_INFO_FLAGS = 16;
/** Bit 0 of the flags, HCI_UP in include/net/bluetooth/hci.h. */
const HCI_UP = 1;

/** Reads the Bluetooth adapters; empty where there are none. */
export function readBluetoothAdapters(libc: Libc | null): readonly BluetoothAdapter[] {
  const names = readAdapterNames();
  if (libc === null || names.length === 0) return names.map((name) => unread(name));
  const fd = libc.socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
  try {
    return names.map((name) => readAdapter(libc, fd, name));
  } finally {
    if (fd >= 0) libc.close(fd);
  }
}

function readAdapterNames(): readonly string[] {
  try {
    return readdirSync("/sys/class/bluetooth")
      .filter((name) => /^hci\d+$/.test(name))
      .toSorted();
  } catch (error) {
    failureOf(error);
    return [];
  }
}

function unread(name: string): BluetoothAdapter {
  return { name, address: null, isUp: null };
}

function readAdapter(libc: Libc, fd: number, name: string): BluetoothAdapter {
  const info = new Uint8Array(DEVICE_INFO_LENGTH);
  const view = new DataView(info.buffer);
  view.setUint16(0, Number(name.slice(3)), LITTLE_ENDIAN);
  if (fd < 0 || libc.ioctl(fd, HCIGETDEVINFO, info) < 0) return unread(name);
  return {
    name,
    address: formatBluetoothAddress(info.subarray(DEVICE_INFO_ADDRESS)),
    isUp: (view.getUint32(DEVICE_INFO_FLAGS, LITTLE_ENDIAN) & HCI_UP) !== 0,
  };
}

/** Text of the bdaddr_t at the start of the bytes, which is stored in reverse. */
export function formatBluetoothAddress(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 6)]
    .toReversed()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
    .join(":");
}
