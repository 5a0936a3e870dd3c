// SPDX-License-Identifier: Apache-2.0
import { type CapabilityKnowledge, MANUAL } from "./model.ts";

/** Capabilities over the network. They count in the user namespace that owns the network namespace. */
export const NETWORK_CAPABILITIES: readonly CapabilityKnowledge[] = [
  {
    name: "net_bind_service",
    since: "2.2",
    summary: "Bind ports below 1024.",
    gates: [
      {
        kind: "syscall",
        names: "bind",
        allows: "TCP and UDP ports below net.ipv4.ip_unprivileged_port_start",
        source: "net/ipv4/af_inet.c",
      },
      {
        kind: "syscall",
        names: "bind, connect of SCTP",
        allows: "the same ports",
        source: "net/sctp/socket.c",
      },
      {
        kind: "syscall",
        names: "bind of VSOCK",
        allows: "ports below 1024",
        source: "net/vmw_vsock/af_vsock.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Take the port of a service that is down or restarts, and collect what clients send.",
        conditions: ["the port is free for a moment"],
        source: "man 7 ip",
      },
      {
        how: "Pass for a trusted service of old protocols that take a low port for proof (NFS, rsh, lpd).",
        conditions: ["such a peer trusts this machine"],
        source: "man 3 rcmd",
      },
    ],
    root: { level: "never", reason: "only chooses a port" },
    alternatives: [
      {
        instead: "socket activation (ListenStream= in a socket unit)",
        purpose: "the service gets the open socket and needs no capability",
        since: null,
      },
      {
        instead: "sysctl net.ipv4.ip_unprivileged_port_start",
        purpose: "a machine or container where low ports mean nothing",
        since: "4.11",
      },
      {
        instead: "a high port, with a redirection (nftables) or a proxy before it",
        purpose: "programs that cannot be changed",
        since: null,
      },
    ],
    sources: [MANUAL, "net/ipv4/af_inet.c"],
  },
  {
    name: "net_broadcast",
    since: "2.2",
    summary:
      "Listen to netlink events of all network namespaces that have an id here; sending needs nothing.",
    gates: [
      {
        kind: "socket",
        names: "setsockopt NETLINK_LISTEN_ALL_NSID",
        allows: "events of other network namespaces (Linux 4.2)",
        source: "net/netlink/af_netlink.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Watch changes of links, addresses and routes in other network namespaces.",
        conditions: ["they have an id in this one (ip netns set)"],
        source: "net/netlink/af_netlink.c",
      },
    ],
    root: { level: "never", reason: "reads events only" },
    alternatives: [
      {
        instead: "nothing: sending broadcasts needs SO_BROADCAST only, no capability",
        purpose: "",
        since: null,
      },
    ],
    sources: [MANUAL, "net/netlink/af_netlink.c"],
  },
  {
    name: "net_admin",
    since: "2.2",
    summary: "Configure the network: interfaces, addresses, routes, firewall, tunnels, sockets.",
    gates: [
      {
        kind: "netlink",
        names: "RTM_NEW*, RTM_DEL*, RTM_SET* (ip, tc, bridge)",
        allows: "links, addresses, routes, rules, neighbours, queues",
        source: "net/core/rtnetlink.c",
      },
      {
        kind: "netlink",
        names: "nfnetlink (nft, conntrack, ipset), iptables' socket options",
        allows: "the firewall, address translation, queues of packets",
        source: "net/netfilter/nfnetlink.c",
      },
      {
        kind: "ioctl",
        names: "SIOCSIF*, SIOCETHTOOL, TUNSETIFF, bridge and bonding requests",
        allows: "interfaces; tun devices of others",
        source: "net/core/dev_ioctl.c",
      },
      {
        kind: "socket",
        names:
          "SO_MARK, SO_DEBUG, SO_RCVBUFFORCE, SO_SNDBUFFORCE, SO_PRIORITY above 6, IP_TRANSPARENT, TCP_REPAIR",
        allows: "marks, larger buffers, addresses of others",
        source: "net/core/sock.c",
      },
      {
        kind: "file",
        names: "/proc/sys/net/*",
        allows: "writing as if one were its owner, in the network namespace",
        source: "net/sysctl_net.c",
      },
      {
        kind: "syscall",
        names: "bpf for programs of the network",
        allows: "XDP, tc, socket filters and such, together with BPF",
        source: "kernel/bpf/syscall.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Redirect traffic to oneself or change it: routes, address translation, a tc mirror, a second address.",
        conditions: ["the network namespace carries traffic of others, as the host's does"],
        source: "net/core/rtnetlink.c",
      },
      {
        how: "Open the firewall, or cut the machine off.",
        conditions: ["the capability counts in the host's network namespace"],
        source: "net/netfilter/nfnetlink.c",
      },
      {
        how: "Attack the kernel through nf_tables, tc and other code that only this capability reaches.",
        conditions: [
          "the kernel has such a flaw; a user namespace of one's own suffices to reach it",
        ],
        source: "CVE-2021-22555, CVE-2022-34918, CVE-2023-32233, CVE-2024-1086",
      },
    ],
    root: {
      level: "never",
      reason:
        "owns the network, not the files; flaws in nf_tables and tc made it root more than once",
    },
    alternatives: [
      {
        instead: "systemd-networkd, NetworkManager, PrivateNetwork=",
        purpose: "addresses, routes and tunnels that are set up for the service",
        since: null,
      },
      {
        instead: "a tun device that belongs to the user (ip tuntap add ... user)",
        purpose: "VPN and virtual machines",
        since: null,
      },
      { instead: "net_raw", purpose: "SO_MARK only", since: "5.17" },
      { instead: "net_raw", purpose: "IP_TRANSPARENT only", since: null },
      {
        instead: "sysctl net.core.rmem_max, net.core.wmem_max",
        purpose: "large socket buffers instead of SO_RCVBUFFORCE",
        since: null,
      },
    ],
    sources: [MANUAL, "net/core/rtnetlink.c", "net/sysctl_net.c"],
  },
  {
    name: "net_raw",
    since: "2.2",
    summary: "Read and forge packets.",
    gates: [
      {
        kind: "syscall",
        names: "socket(AF_INET or AF_INET6, SOCK_RAW)",
        allows: "raw IP",
        source: "net/ipv4/af_inet.c",
      },
      {
        kind: "syscall",
        names: "socket(AF_PACKET), socket(AF_XDP)",
        allows: "whole frames",
        source: "net/packet/af_packet.c",
      },
      {
        kind: "socket",
        names: "SO_BINDTODEVICE again, IP_TRANSPARENT, SO_MARK (Linux 5.17)",
        allows: "another device than the one bound to, addresses of others, marks",
        source: "net/core/sock.c",
      },
    ],
    scope: "user-namespace",
    abuses: [
      {
        how: "Read the traffic of the whole network namespace: passwords, session cookies, tokens.",
        conditions: ["traffic of others passes through it, in clear"],
        source: "man 7 packet",
      },
      {
        how: "Answer ARP, neighbour discovery or DNS for others on the same segment (containers on one bridge).",
        conditions: ["the segment has no protection against forged answers"],
        source: "CVE-2020-13401",
      },
      {
        how: "Attack the kernel through packet sockets.",
        conditions: [
          "the kernel has such a flaw; a user namespace of one's own suffices to reach it",
        ],
        source: "CVE-2016-8655, CVE-2017-7308, CVE-2020-14386",
      },
    ],
    root: {
      level: "never",
      reason: "reads and forges traffic; flaws in packet sockets made it root more than once",
    },
    alternatives: [
      {
        instead: "sysctl net.ipv4.ping_group_range",
        purpose: "ping and other ICMP echo: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)",
        since: "3.0, IPv6 3.11",
      },
      {
        instead: "IP_RECVERR",
        purpose: "traceroute and path MTU by UDP: errors come to the socket",
        since: "2.2",
      },
      {
        instead: "SO_BINDTODEVICE without a capability",
        purpose: "binding a socket to a device for the first time",
        since: "5.7",
      },
      {
        instead: "the socket from a small helper, or from the service manager",
        purpose: "DHCP clients and capture programs",
        since: null,
      },
    ],
    sources: [MANUAL, "net/packet/af_packet.c", "net/ipv4/af_inet.c"],
  },
];
