// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { capabilityNames } from "../../src/capabilities/set.ts";
import { grantedSet, runsAsRoot } from "../../src/manifest/containers/granted.ts";
import { detectKind } from "../../src/manifest/detect.ts";
import type { ContainerDeclaration, ManifestKind } from "../../src/manifest/model.ts";
import { readManifest } from "../../src/manifest/read.ts";

const read = (text: string, kind: ManifestKind): readonly ContainerDeclaration[] =>
  readManifest(text, kind, "file").containers;
const only = (text: string, kind: ManifestKind): ContainerDeclaration => {
  const [container, ...others] = read(text, kind);
  if (container === undefined || others.length > 0) throw new Error("not one container");
  return container;
};
const names = (words: ContainerDeclaration["add"]): string[] => words.map(({ text }) => text);

const COMPOSE = `x-base: &base
  cap_drop: [ALL]
services:
  web:
    <<: *base
    image: "nginx:1"
    user: 1000:1000
    cap_add:
      - NET_BIND_SERVICE # ports
    security_opt: ["no-new-privileges:true", "seccomp=unconfined"]
  plain: { image: busybox, privileged: yes }
`;

test("Compose services are read with merges, and words have their places", () => {
  const [web, plain] = read(COMPOSE, "compose");
  expect(web).toMatchObject({ name: "web", image: "nginx:1", user: { value: "1000:1000" } });
  expect(names(web!.drop)).toEqual(["ALL"]);
  const [added] = web!.add;
  expect(COMPOSE.slice(added?.start, added?.end)).toBe("NET_BIND_SERVICE");
  expect(web!.noNewPrivileges?.value).toBe(true);
  expect(web!.seccomp?.value).toBe("unconfined");
  expect(plain!.privileged?.value).toBe(true);
  expect(capabilityNames(grantedSet(web!))).toEqual(["net_bind_service"]);
  expect(runsAsRoot(web!)).toBe(false);
});

const POD = `securityContext: { runAsUser: 1000 }
      initContainers:
        - { name: init, securityContext: { privileged: true } }
      containers:
        - name: main
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] }
      ephemeralContainers:
        - { name: debug }
`;

describe.each(["Deployment", "DaemonSet", "StatefulSet", "Job", "ReplicaSet"])("a %s", (kind) => {
  test("has the containers of its template, of all three lists", () => {
    const text = `apiVersion: v1\nkind: ${kind}\nmetadata: { name: x }\nspec:\n  template:\n    spec:\n      ${POD}`;
    const found = read(text, "kubernetes");
    expect(found.map(({ role, name, owner }) => `${owner} ${role} ${name}`)).toEqual([
      `${kind} x init init`,
      `${kind} x container main`,
      `${kind} x ephemeral debug`,
    ]);
    expect(found.map(({ user }) => user?.value)).toEqual(["1000", "1000", "1000"]);
    expect(capabilityNames(grantedSet(found[1]!))).toEqual(["net_admin"]);
  });
});

test("pods, CronJobs, lists and several documents are read", () => {
  const pod = (name: string): string =>
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: c}]}}`;
  const list = `apiVersion: v1\nkind: List\nitems: [${pod("one")}, ${pod("two")}]\n`;
  const cron = `---\n{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}}\n`;
  expect(read(list + cron, "kubernetes").map(({ owner }) => owner)).toEqual([
    "Pod one",
    "Pod two",
    "CronJob without a name",
  ]);
});

test("YAML that cannot be read is a fault with its place, and the other documents count", () => {
  const text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c}]}\n---\na: [1\nb: 2\n";
  const { containers, faults } = readManifest(text, "kubernetes", "file");
  expect(containers).toHaveLength(1);
  expect(faults).toHaveLength(1);
  expect(readManifest("a: {{ .Values.x }}\nb: [", "kubernetes", "file").faults[0]?.message).toBe(
    "a template, no YAML yet: render it first",
  );
});

test.each([
  ["docker run --cap-drop=ALL --cap-add NET_RAW -it -u root alpine ping x", ["net_raw"], true],
  ["sudo podman run --rm --cap-drop ALL --cap-add=CHOWN,KILL img", ["chown", "kill"], null],
  ["docker container create -itu 1000 --cap-drop all --name x img", [], false],
])("%s", (text, expected, isRoot) => {
  const container = only(text, "shell");
  expect(capabilityNames(grantedSet(container))).toEqual(expected);
  expect(runsAsRoot(container)).toBe(isRoot);
});

test("defaults differ between the platforms, and so does what wins", () => {
  const docker = only("docker run img", "shell");
  expect(grantedSet(docker)).toBe(0xa80425fbn);
  expect(grantedSet(only("podman run img", "shell"))).toBe(0x800405fbn);
  const all = (1n << 41n) - 1n;
  expect(grantedSet(only("docker run --cap-add ALL --cap-drop ALL img", "shell"))).toBe(all);
  const pod = only(
    "{apiVersion: v1, kind: Pod, spec: {containers: [{name: c, securityContext: {capabilities: {add: [ALL], drop: [ALL]}}}]}}",
    "kubernetes",
  );
  expect(grantedSet(pod)).toBe(0n);
});

test("a Quadlet has its own keys, and options in PodmanArgs=", () => {
  const text =
    "[Container]\nImage=web\nDropCapability=all\nAddCapability=CAP_CHOWN NET_RAW\nNoNewPrivileges=true\nPodmanArgs=--cap-add=KILL\n";
  const container = only(text, "quadlet");
  expect(capabilityNames(grantedSet(container))).toEqual(["chown", "kill", "net_raw"]);
  expect(container.noNewPrivileges?.value).toBe(true);
});

test("YAML is told apart by what is in it", () => {
  expect(detectKind("a.yaml", COMPOSE)).toBe("compose");
  expect(detectKind("a.yml", "apiVersion: v1\nkind: Pod\n")).toBe("kubernetes");
  expect(detectKind("a.yaml", "on: push\njobs: {}\n")).toBeNull();
});
