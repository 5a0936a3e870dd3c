// SPDX-License-Identifier: Apache-2.0
import { allCapabilities, type CapabilitySet, setOf } from "./set.ts";

/** A set that is known by name. */
export interface WellKnownSet {
  readonly set: CapabilitySet;
  readonly name: string;
  /** Where it is defined. */
  readonly source: string;
}

const PODMAN = setOf(
  "chown",
  "dac_override",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "net_bind_service",
  "sys_chroot",
  "setfcap",
);
const DOCKER = PODMAN | setOf("net_raw", "mknod", "audit_write");
const CRIO = PODMAN & ~setOf("sys_chroot", "setfcap");
const NSPAWN =
  DOCKER |
  setOf(
    "audit_control",
    "dac_read_search",
    "ipc_owner",
    "lease",
    "linux_immutable",
    "net_broadcast",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_ptrace",
    "sys_resource",
    "sys_tty_config",
  );
const ALL = allCapabilities(40);

/** What a container gets by default that asks for nothing. */
export const DEFAULT_SETS = { docker: DOCKER, podman: PODMAN, containerd: DOCKER, crio: CRIO };

const WELL_KNOWN_SETS: readonly WellKnownSet[] = [
  {
    set: DOCKER,
    name: "the default of Docker, and of containerd (Kubernetes)",
    source: "moby oci/caps/defaults.go; containerd pkg/oci/spec.go",
  },
  {
    set: PODMAN,
    name: "the default of Podman and Buildah (containers.conf)",
    source: "containers/common pkg/config/containers.conf",
  },
  {
    set: CRIO,
    name: "the default of CRI-O since 1.18 (Kubernetes, OpenShift)",
    source: "cri-o internal/config/capabilities/capabilities_linux.go",
  },
  {
    set: CRIO | setOf("net_raw", "sys_chroot"),
    name: "the default of CRI-O before 1.18",
    source: "cri-o docs/crio.conf.5.md",
  },
  {
    set: setOf("audit_write", "kill", "net_bind_service"),
    name: "what `runc spec` writes",
    source: "runc libcontainer/specconv/example.go",
  },
  {
    set: NSPAWN,
    name: "the default of systemd-nspawn in the host's network",
    source: "systemd src/nspawn/nspawn.c",
  },
  {
    set: NSPAWN | setOf("net_admin"),
    name: "the default of systemd-nspawn with a network of its own",
    source: "systemd src/nspawn/nspawn.c",
  },
  {
    set: ALL & ~setOf("mac_admin", "mac_override", "sys_time", "sys_module", "sys_rawio"),
    name: "the default of LXC, on Linux 5.9 and newer",
    source: "lxc config/templates/common.conf.in",
  },
  {
    set: setOf("net_bind_service"),
    name: "all that Kubernetes' restricted pods may add",
    source: "Kubernetes, Pod Security Standards",
  },
  ...(
    [
      [36, "3.5 to 3.15"],
      [37, "3.16 to 5.7"],
      [39, "5.8"],
      [40, "5.9 and newer"],
    ] as const
  ).map(([last, kernels]) => ({
    set: allCapabilities(last),
    name: `every capability of Linux ${kernels}`,
    source: "include/uapi/linux/capability.h",
  })),
];

/** The names under which exactly this set is known. */
export function recognizeSet(set: CapabilitySet): readonly WellKnownSet[] {
  return WELL_KNOWN_SETS.filter((each) => each.set === set);
}
