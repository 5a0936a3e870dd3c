// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { NetworkNamespace } from "./network-namespace.ts";

/** A socket as `ss` prints it: the kernel's own answer to INET_DIAG. */
export interface KernelSocket {
  readonly netid: string;
  readonly state: string;
  readonly address: string;
  readonly device: string | null;
  readonly port: number;
  readonly uid: number;
  readonly inode: number;
  readonly v6only: boolean | null;
  /** Bytes that came and were not read yet; waiting connections for a listener. */
  readonly received: number;
}

/** Every TCP, UDP and RAW socket of the namespace, by inode. */
export function readKernelSockets(namespace: NetworkNamespace): Map<number, KernelSocket> {
  const sockets = new Map<number, KernelSocket>();
  for (const line of namespace.run("ss", "-HnaeOtuw").split("\n")) {
    const socket = parseSocketLine(line);
    if (socket !== null) sockets.set(socket.inode, socket);
  }
  return sockets;
}

function parseSocketLine(line: string): KernelSocket | null {
  const [netid, state, received, , local = ""] = line.split(/\s+/);
  const inode = /\bino:(\d+)/.exec(line);
  const parts = /^(.*?)(?:%([^:]+))?:([^:]+)$/.exec(local.replaceAll(/[[\]]/g, ""));
  if (netid === undefined || state === undefined || inode === null || parts === null) return null;
  const v6only = /\bv6only:(\d)/.exec(line);
  return {
    netid,
    state,
    // ss prints "*" for a wildcard that takes both families.
    address: parts[1] === "*" ? "::" : (parts[1] ?? ""),
    device: parts[2] ?? null,
    port: Number(parts[3]),
    uid: Number(/\buid:(\d+)/.exec(line)?.[1] ?? 0),
    inode: Number(inode[1]),
    v6only: v6only === null ? null : v6only[1] === "1",
    received: Number(received),
  };
}

/** Fields of /proc/PID/status (or of one thread's), by name, with surrounding blanks removed. */
export function readStatus(pid: number, tid = pid): Map<string, string> {
  const text = readFileSync(`/proc/${pid}/task/${tid}/status`, "latin1");
  return new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

export interface KernelInterface {
  readonly index: number;
  readonly name: string;
  readonly flags: readonly string[];
  readonly kind: string | null;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
}

/** What rtnetlink says about the interfaces, by way of `ip -json`. */
export function readKernelInterfaces(namespace: NetworkNamespace): KernelInterface[] {
  const links = JSON.parse(namespace.run("ip", "-json", "-details", "address", "show")) as {
    ifindex: number;
    ifname: string;
    flags: string[];
    linkinfo?: { info_kind?: string };
    addr_info: { local: string; prefixlen: number }[];
  }[];
  return links.map((link) => ({
    index: link.ifindex,
    name: link.ifname,
    flags: link.flags,
    kind: link.linkinfo?.info_kind ?? null,
    addresses: link.addr_info.map((each) => ({
      address: each.local,
      prefixLength: each.prefixlen,
    })),
  }));
}

/** Processes, as far as /proc shows them, that hold a descriptor of the socket. */
export function readHolders(inode: number): number[] {
  return processIds().filter((pid) => readDescriptors(pid)?.includes(`socket:[${inode}]`));
}

/** Processes whose descriptors even this process cannot read; with one, "nobody" is not certain. */
export function readUnreadableProcesses(): number[] {
  return processIds().filter((pid) => readDescriptors(pid) === null);
}

function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Targets of the descriptors; null when they cannot be read, empty when the process is gone. */
function readDescriptors(pid: number): string[] | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readTarget(`/proc/${pid}/fd/${fd}`));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return [];
    if (code === "EACCES" || code === "EPERM") return null;
    throw error;
  }
}

function readTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Columns of the line of a /proc/net table that has this inode; throws when there is none. */
export function lineOf(table: string, inode: number): string[] {
  const line = table
    .split("\n")
    .map((each) => each.trim().split(/\s+/))
    .find((columns) => columns.includes(String(inode)));
  if (line === undefined) throw new Error(`no line with inode ${inode}`);
  return line;
}
