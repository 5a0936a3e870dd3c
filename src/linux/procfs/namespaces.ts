// SPDX-License-Identifier: Apache-2.0
import { readLink } from "./read-text.ts";
import { isKernelThread } from "./socket-holders.ts";

/** Namespace kinds as /proc/PID/ns names them. */
export type NamespaceKind = "user" | "mnt" | "pid" | "net";

/** Inode number of the initial user namespace (PROC_USER_INIT_INO, include/linux/proc_ns.h). */
export const INITIAL_USER_NAMESPACE = 0xeffffffd;

/** Inode number of the initial PID namespace (PROC_PID_INIT_INO). */
export const INITIAL_PID_NAMESPACE = 0xeffffffc;

/** Inode numbers; null for what could not be read. */
export type Namespaces = Readonly<Record<NamespaceKind, number | null>>;

const KINDS: readonly NamespaceKind[] = ["user", "mnt", "pid", "net"];

/** Reads the namespaces of a process. Needs ptrace read access for processes of others. */
export function readNamespaces(pid: number | "self"): Namespaces {
  const namespaces: Record<NamespaceKind, number | null> = {
    user: null,
    mnt: null,
    pid: null,
    net: null,
  };
  for (const kind of KINDS) {
    namespaces[kind] = readNamespace(pid, kind);
    // Access is to the process, not to one of its namespaces: the next would fail alike.
    if (namespaces[kind] === null) break;
  }
  return namespaces;
}

/** Reads one namespace of a process; null when it could not be read. */
export function readNamespace(pid: number | "self", kind: NamespaceKind): number | null {
  const link = readLink(`/proc/${pid}/ns/${kind}`);
  if (link.kind !== "text") return null;
  // "user:[4026531837]"
  const inode = Number(link.text.slice(kind.length + 2, -1));
  return Number.isNaN(inode) ? null : inode;
}

/**
 * The namespaces of pid 1. Where pid 1 cannot be read, those of kthreadd, which are the initial
 * ones: pid 2 is a kernel thread only outside every nested PID namespace.
 */
export function readReferenceNamespaces(): Namespaces {
  const first = readNamespaces(1);
  return first.user === null && isKernelThread(2) ? readNamespaces(2) : first;
}

/** False in a PID namespace below the initial one: the kernel's pids are not those of /proc. */
export function isInitialPidNamespace(): boolean {
  const own = readNamespace("self", "pid");
  return own === null || own === INITIAL_PID_NAMESPACE;
}
