// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { type CgroupIdentity, parseCgroupIdentity } from "../../../src/linux/cgroup/path.ts";

const ID = "4f9e".repeat(16);
const OTHER_ID = "a01b".repeat(16);
const POD = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const POD_SLICE = POD.replaceAll("-", "_");
const STATIC_POD = "0123456789abcdef0123456789abcdef";
const MANAGER = "/user.slice/user-1000.slice/user@1000.service";
const KUBE = "/kubepods.slice/kubepods-burstable.slice";

type Runtime = NonNullable<CgroupIdentity["container"]>["runtime"];

describe("the container", () => {
  const paths: readonly (readonly [string, string, Runtime, string])[] = [
    ["docker, systemd", `/system.slice/docker-${ID}.scope`, "docker", ID],
    ["docker, cgroupfs", `/docker/${ID}`, "docker", ID],
    ["docker with systemd inside", `/docker/${ID}/system.slice/a.service`, "docker", ID],
    ["docker, rootless", `${MANAGER}/user.slice/docker-${ID}.scope`, "docker", ID],
    ["docker in docker", `/docker/${ID}/docker/${OTHER_ID}`, "docker", OTHER_ID],
    ["docker from outside the namespace", `/../docker-${ID}.scope`, "docker", ID],
    ["podman, systemd", `/machine.slice/libpod-${ID}.scope`, "podman", ID],
    ["podman, crun", `/machine.slice/libpod-${ID}.scope/container`, "podman", ID],
    ["podman, cgroupfs", `/libpod_parent/libpod-${ID}`, "podman", ID],
    ["podman, rootless", `${MANAGER}/user.slice/libpod-${ID}.scope/container`, "podman", ID],
    // What --cgroups=split makes, the default of Quadlet.
    ["podman in a unit", `/system.slice/web.service/libpod-payload-${ID}`, "podman", ID],
    [
      "podman in a pod",
      `/machine.slice/machine-libpod_pod_${OTHER_ID}.slice/libpod-${ID}.scope`,
      "podman",
      ID,
    ],
    ["nerdctl, systemd", `/system.slice/nerdctl-${ID}.scope`, "containerd", ID],
    ["containerd of nobody known", `/default/${ID}`, null, ID],
    [
      "Kubernetes, containerd, systemd",
      `${KUBE}/kubepods-burstable-pod${POD_SLICE}.slice/cri-containerd-${ID}.scope`,
      "containerd",
      ID,
    ],
    [
      "Kubernetes, containerd without runc's systemd",
      `/system.slice/containerd.service/kubepods-burstable-pod${POD_SLICE}.slice:cri-containerd:${ID}`,
      "containerd",
      ID,
    ],
    ["Kubernetes, containerd, cgroupfs", `/kubepods/burstable/pod${POD}/${ID}`, null, ID],
    [
      "Kubernetes, CRI-O, systemd",
      `${KUBE}/kubepods-burstable-pod${POD_SLICE}.slice/crio-${ID}.scope`,
      "cri-o",
      ID,
    ],
    [
      "Kubernetes, CRI-O, crun",
      `${KUBE}/kubepods-burstable-pod${POD_SLICE}.slice/crio-${ID}.scope/container`,
      "cri-o",
      ID,
    ],
    ["Kubernetes, CRI-O, cgroupfs", `/kubepods/besteffort/pod${POD}/crio-${ID}`, "cri-o", ID],
    [
      "Kubernetes, docker, systemd",
      `${KUBE}/kubepods-burstable-pod${POD_SLICE}.slice/docker-${ID}.scope`,
      "docker",
      ID,
    ],
    ["lxc 4", "/lxc.payload.web-1/system.slice/a.service", "lxc", "web-1"],
    ["lxc 3", "/lxc/web-1", "lxc", "web-1"],
    ["lxc 3 with its namespace", "/lxc/101/ns/system.slice/a.service", "lxc", "101"],
    [
      "nspawn as a service",
      "/machine.slice/systemd-nspawn@web.service/payload",
      "systemd-nspawn",
      "web",
    ],
    ["nspawn as a scope", "/machine.slice/machine-web.scope/payload", "systemd-nspawn", "web"],
    ["docker in lxc", `/lxc.payload.web/docker/${ID}`, "docker", ID],
  ];
  test.each(paths)("of %s", (_, path, runtime, id) => {
    expect(parseCgroupIdentity(path).container).toEqual({ runtime, id });
  });
});

describe("no container", () => {
  const paths: readonly (readonly [string, string])[] = [
    ["the root", "/"],
    ["init", "/init.scope"],
    ["a service", "/system.slice/nginx.service"],
    ["the docker daemon", "/system.slice/docker.service"],
    ["the monitor of a podman container", `/machine.slice/libpod-conmon-${ID}.scope`],
    ["the monitor of a rootless one", `${MANAGER}/user.slice/libpod-conmon-${ID}.scope`],
    ["the network helpers of one in a unit", "/system.slice/web.service/runtime"],
    ["the monitor of a CRI-O container", `/system.slice/crio-conmon-${ID}.scope`],
    ["the monitor of an lxc container", "/lxc.monitor.web"],
    ["a shortened id", `/docker/${ID.slice(0, 12)}`],
    ["an id in upper case", `/docker/${ID.toUpperCase()}`],
    ["an id that is too long", `/docker/${ID}0`],
    ["a pod without container", `/kubepods/burstable/pod${POD}`],
    [
      "a virtual machine",
      String.raw`/machine.slice/machine-qemu\x2d1\x2dguest.scope/libvirt/emulator`,
    ],
  ];
  test.each(paths)("is in %s", (_, path) => {
    expect(parseCgroupIdentity(path).container).toBeNull();
  });
});

describe("the pod", () => {
  const paths: readonly (readonly [string, string, string])[] = [
    [
      "burstable, systemd",
      `${KUBE}/kubepods-burstable-pod${POD_SLICE}.slice/cri-containerd-${ID}.scope`,
      POD,
    ],
    [
      "besteffort, systemd",
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_SLICE}.slice/crio-${ID}.scope`,
      POD,
    ],
    [
      "guaranteed, systemd",
      `/kubepods.slice/kubepods-pod${POD_SLICE}.slice/cri-containerd-${ID}.scope`,
      POD,
    ],
    ["burstable, cgroupfs", `/kubepods/burstable/pod${POD}/${ID}`, POD],
    ["besteffort, cgroupfs", `/kubepods/besteffort/pod${POD}/${ID}`, POD],
    ["guaranteed, cgroupfs", `/kubepods/pod${POD}/${ID}`, POD],
    [
      "in kubelet's slice",
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${POD_SLICE}.slice/cri-containerd-${ID}.scope`,
      POD,
    ],
    [
      "a static pod, systemd",
      `/kubepods.slice/kubepods-pod${STATIC_POD}.slice/cri-containerd-${ID}.scope`,
      STATIC_POD,
    ],
    ["a static pod, cgroupfs", `/kubepods/pod${STATIC_POD}/${ID}`, STATIC_POD],
    ["without a container", `/kubepods/pod${POD}`, POD],
    [
      "in a slice that belongs to a service",
      `/system.slice/containerd.service/kubepods-burstable-pod${POD_SLICE}.slice:cri-containerd:${ID}`,
      POD,
    ],
  ];
  test.each(paths)("%s", (_, path, uid) => {
    expect(parseCgroupIdentity(path).podUid).toBe(uid);
  });

  test.each([
    ["of a podman pod", `/machine.slice/machine-libpod_pod_${ID}.slice/libpod-${ID}.scope`],
    ["of a service that is called pod", "/system.slice/pod.service"],
    ["of a slice that is called pod", "/kubepods.slice/kubepods-podium.slice"],
    ["of docker", `/docker/${ID}`],
  ])("%s has no uid", (_, path) => {
    expect(parseCgroupIdentity(path).podUid).toBeNull();
  });
});
