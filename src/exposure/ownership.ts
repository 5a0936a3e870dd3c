// SPDX-License-Identifier: Apache-2.0
import type { HiddenProcesses } from "../process/hidden.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Protocol, Unowned } from "./model.ts";

/** At most so many processes are named as possible owners. */
export const CANDIDATES_MAX = 3;

/** What is known about processes that were not, or not wholly, seen. */
export interface OwnershipFacts {
  /** Number of processes whose descriptors could not be read. */
  readonly unreadableCount: number;
  /** Those processes, when they are at most `CANDIDATES_MAX`. */
  readonly candidates: Unowned["candidates"];
  /** Why /proc does not show every process, and what helps; null when it does. */
  readonly hidden: HiddenProcesses | null;
  /** UDP ports on which the kernel listens for a tunnel interface, with what to call it. */
  readonly tunnelPorts: ReadonlyMap<number, string>;
  readonly hasWireguard: boolean;
}

/** Says why nobody is known to hold a socket. */
export function explainUnowned([socket]: readonly FoundSocket[], facts: OwnershipFacts): Unowned {
  const tunnel = socket?.protocol === "udp" ? facts.tunnelPorts.get(socket.port ?? -1) : undefined;
  if (tunnel !== undefined) return { reason: "kernel", detail: tunnel, candidates: [] };
  const { unreadableCount, candidates, hidden } = facts;
  if (unreadableCount > 0) {
    const detail =
      unreadableCount === 1
        ? "held by the one process whose descriptors cannot be read, or by the kernel"
        : `held by one of ${unreadableCount} processes whose descriptors cannot be read, or by the kernel`;
    return { reason: "unreadable", detail, candidates };
  }
  if (hidden !== null) return { reason: "hidden", detail: hidden.reason, candidates: [] };
  return { reason: "no-holder", detail: noHolderText(socket?.protocol, facts), candidates: [] };
}

function noHolderText(protocol: Protocol | undefined, { hasWireguard }: OwnershipFacts): string {
  const services = likelyKernelService(protocol, hasWireguard);
  return `held by no process: a kernel service (${services}), or a descriptor in flight or in io_uring`;
}

function likelyKernelService(protocol: Protocol | undefined, hasWireguard: boolean): string {
  if (protocol === "udp" && hasWireguard) return "WireGuard, as an interface of it is there";
  if (protocol === "l2cap") return "such as its RFCOMM";
  return "such as NFS";
}
