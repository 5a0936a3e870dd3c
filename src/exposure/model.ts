// SPDX-License-Identifier: Apache-2.0
import type {
  Credentials,
  DifferingThreads,
  Gap,
  Management,
  SeccompMode,
} from "../process/model.ts";

export type * from "../process/model.ts";

/**
 * What `capscope exposure` knows, as plain readonly data. Everything here is JSON-serialisable;
 * the published schema is schemas/exposure.schema.json. `null` always means "could not be
 * checked", never "no"; what could not be seen is counted in `Coverage`.
 */

export const EXPOSURE_SCHEMA_VERSION = 1;

/** Where a socket can be reached from. `local` is filled only when UNIX sockets are asked for. */
export type PlaneName = (typeof PLANES)[number];
export const PLANES = [
  "inet-external",
  "inet-loopback",
  "link-layer",
  "bluetooth",
  "vsock",
  "local",
] as const;

export type Protocol = (typeof PROTOCOLS)[number];
export const PROTOCOLS = [
  "tcp",
  "mptcp",
  "udp",
  "udplite",
  "sctp",
  "dccp",
  "raw",
  "ping",
  "packet",
  "xdp",
  "vsock",
  "rfcomm",
  "l2cap",
  "sco",
  "iso",
  "hci",
  "unix",
] as const;

export type AddressFamily = "ipv4" | "ipv6";

/** How far an address reaches. `private` is everything that is not globally routable. */
export type AddressScope = "loopback" | "link-local" | "private" | "public" | "multicast";

export type Flag = (typeof FLAGS)[number];
/** In the order in which they are printed. */
export const FLAGS = [
  "proximity-plane",
  "hypervisor-plane",
  "ssh-on-vsock-port-22",
  "wildcard-bind",
  "reuseport",
  "privileged-caps",
] as const;

export interface InterfaceAddress {
  readonly family: AddressFamily;
  /** Canonical text form, without scope id. */
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: AddressScope;
}

export interface Interface {
  readonly index: number;
  readonly name: string;
  /** `down` is administratively down; `no-carrier` is up without a link. */
  readonly state: "up" | "no-carrier" | "down";
  readonly loopback: boolean;
  /** Driver kind as rtnetlink names it: veth, bridge, vxlan ...; null for hardware and unknown. */
  readonly kind: string | null;
  readonly addresses: readonly InterfaceAddress[];
}

/** One interface through which an endpoint can be reached. */
export interface Reach {
  readonly plane: PlaneName;
  /** Interface name, or null where the plane has none (VSOCK, LOCAL). */
  readonly interface: string | null;
  /**
   * `reachable`, or why not: the interface is `down`; the address is on no interface (`absent`);
   * the multicast group was joined on no interface (`not-joined`).
   */
  readonly state: "reachable" | "down" | "absent" | "not-joined";
  /** Addresses of the interface that lead to the socket; empty below the IP layer. */
  readonly addresses: readonly string[];
  /** The widest scope among `addresses`; null below the IP layer. */
  readonly scope: AddressScope | null;
}

export interface Bind {
  /** Canonical text, primary first; several only for SCTP. Empty where the family has no address. */
  readonly addresses: readonly string[];
  readonly wildcard: boolean;
  /** The device the socket is bound to (SO_BINDTODEVICE, or the scope id of its address). */
  readonly device: string | null;
  /** IPv6 only: true = IPv6 peers only, false = IPv4 peers too, null = the kernel did not say. */
  readonly v6only: boolean | null;
}

/** Facts about a UNIX socket in the file system or in the abstract namespace. */
export interface UnixAddress {
  /** Path, or abstract name without its leading NUL. */
  readonly name: string;
  readonly abstract: boolean;
  /** Octal permission bits such as "0666"; null when abstract or not readable. */
  readonly mode: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

export interface SocketReference {
  readonly inode: number;
  /** uid that created the socket, as the reader's user namespace sees it; null where nothing tells. */
  readonly uid: number | null;
}

export interface Owner {
  readonly pid: number;
  /** Thread that holds the descriptor when it is not in the process's own table. */
  readonly tid: number | null;
  readonly inodes: readonly number[];
}

/**
 * Why an endpoint, or one of its sockets, has no known owner.
 * - `unreadable`: some process's descriptors could not be read; `candidates` are those processes
 * - `hidden`: /proc is mounted with hidepid, or in a PID namespace that does not show every process
 * - `kernel`: a kernel service; `detail` names it
 * - `no-holder`: every visible process was read and none holds it: an in-kernel service, a
 *   descriptor in flight between processes (SCM_RIGHTS), or one registered only with io_uring
 */
export interface Unowned {
  readonly reason: "unreadable" | "hidden" | "kernel" | "no-holder";
  readonly detail: string;
  /** Processes that may be the owner; at most `CANDIDATES_MAX`, else empty. */
  readonly candidates: readonly { readonly pid: number; readonly comm: string }[];
}

/** The systemd .socket unit that opened the endpoint and the unit that it starts. */
export interface SocketUnit {
  readonly unit: string;
  readonly activates: string | null;
}

export interface Endpoint {
  /** Unique in the report and stable between runs, such as "tcp:[::]:443" or "udp:0.0.0.0%eth0:68". */
  readonly id: string;
  readonly protocol: Protocol;
  /** Of the bound address: a v4-mapped IPv6 bind is `ipv4`. Null where the protocol has no IP address. */
  readonly family: AddressFamily | null;
  readonly type: "stream" | "dgram" | "seqpacket" | "raw" | null;
  readonly bind: Bind;
  /**
   * Port; IP protocol number (raw), identifier (ping), ethertype (packet), channel (rfcomm),
   * PSM (l2cap), adapter number (hci), queue (xdp). Null where there is none or it is not known.
   */
  readonly port: number | null;
  /** Name of `port` where it is a protocol or ethertype number: "ipv6-icmp", "ARP", "all". */
  readonly portName: string | null;
  /**
   * `service`: takes traffic from anybody who can reach it. `client`: takes answers only; why is
   * in `clientReason`, and `reach` is empty.
   */
  readonly role: "service" | "client";
  readonly clientReason: "connected" | "ephemeral-port" | "ping" | "send-only" | null;
  readonly reach: readonly Reach[];
  /** Several for one SO_REUSEPORT group. */
  readonly sockets: readonly SocketReference[];
  readonly owners: readonly Owner[];
  readonly unowned: Unowned | null;
  readonly socketUnit: SocketUnit | null;
  readonly reuseport: boolean | null;
  readonly vsockCid: number | "any" | null;
  readonly unix: UnixAddress | null;
  /** Flags of the endpoint itself; `privileged-caps` is there when any owner has it. */
  readonly flags: readonly Flag[];
}

export interface Executable {
  readonly path: string;
  /** The file was removed or replaced since the process started, or never had a name (memfd). */
  readonly deleted: boolean | null;
  /** Somebody who is neither root nor the user that the process runs as can write the file. */
  readonly writableByOthers: boolean | null;
  readonly setuid: boolean | null;
  readonly setgid: boolean | null;
  /** Text form such as "cap_net_raw=ep"; empty when the file has none. */
  readonly fileCapabilities: string | null;
}

export interface Defenses {
  /** True only when none of the four uids of any thread is root's. */
  readonly runsAsNonroot: boolean;
  readonly noNewPrivs: boolean | null;
  readonly seccomp: SeccompMode | null;
  /** Number of seccomp filters attached. Linux 5.9. */
  readonly seccompFilters: number | null;
  /** Label of the first LSM that has one; "" when no LSM labels processes here. */
  readonly lsm: string | null;
  /** False: only root may attach to it or read its memory. Null for root-owned processes. */
  readonly dumpable: boolean | null;
  /** For each namespace: true when it is not that of pid 1. */
  readonly ownNamespaces: {
    readonly user: boolean | null;
    readonly mount: boolean | null;
    readonly pid: boolean | null;
    readonly net: boolean | null;
  };
  /** Root directory when it is not "/"; "" when it is. */
  readonly chroot: string | null;
}

export interface Process extends Credentials, Management {
  readonly pid: number;
  readonly parentPid: number;
  /** Clock ticks since boot; with the pid, the identity of the process. */
  readonly startTime: number;
  readonly comm: string;
  readonly exe: Executable | null;
  /** Account name of the effective uid from /etc/passwd, or null. */
  readonly account: string | null;
  /** In a user namespace other than the initial one: its capabilities do not hold on the host. */
  readonly childUserNamespace: boolean | null;
  readonly ambientPresent: boolean;
  /** The bounding set was not trimmed below that of pid 1. */
  readonly openEndedBounding: boolean;
  /**
   * Some thread holds, or can raise, a capability that leads to control of the host; false in a
   * child user namespace.
   */
  readonly privilegedCaps: boolean;
  readonly threadCount: number;
  readonly differingThreads: readonly DifferingThreads[];
  readonly defenses: Defenses;
}

export type SocketSource = "sock_diag" | "procfs" | "descriptors" | "absent" | "unavailable";

export interface Coverage {
  /** False when any gap is `incomplete`. */
  readonly complete: boolean;
  readonly processesSeen: number;
  readonly processesUnreadable: number;
  readonly endpointsWithoutOwner: number;
  /**
   * How each protocol's sockets were found. `descriptors`: from the descriptors of readable
   * processes only. `absent`: this kernel has no such protocol loaded. UNIX only when asked for.
   */
  readonly sources: Readonly<Partial<Record<Protocol, SocketSource>>>;
  readonly gaps: readonly Gap[];
}

export interface ExposureReport {
  readonly schemaVersion: typeof EXPOSURE_SCHEMA_VERSION;
  readonly kind: "exposure";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Inode number of the network namespace that the report is about. */
  readonly networkNamespace: number | null;
  /** Every interface of the namespace, by index. */
  readonly interfaces: readonly Interface[];
  /** Sorted by plane of first reach, protocol, bind, port. */
  readonly endpoints: readonly Endpoint[];
  /** Every process that owns an endpoint, by pid. */
  readonly processes: readonly Process[];
  readonly coverage: Coverage;
}
