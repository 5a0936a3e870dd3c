// SPDX-License-Identifier: Apache-2.0
import { type Case, compose, pod } from "./case.ts";

const DROPPED = "allowPrivilegeEscalation: false\ncapabilities: { drop: [ALL] }";

export const CONTAINER_CASES: readonly Case[] = [
  {
    rule: "container-privileged",
    kind: "compose",
    bad: compose("privileged: true"),
    at: "true",
    good: compose("privileged: false"),
  },
  {
    rule: "container-privileged",
    kind: "shell",
    bad: "docker run --rm --privileged -p 80:80 web\n",
    at: "--privileged",
    good: "docker run --rm --privileged=false web sh --privileged\n",
  },
  {
    rule: "container-add-and-drop-all",
    kind: "compose",
    bad: compose("cap_drop: [NET_RAW, all]\ncap_add: [ALL]"),
    at: "ALL",
    good: compose("cap_drop: [ALL]\ncap_add: [NET_RAW]"),
  },
  {
    rule: "container-add-all",
    kind: "shell",
    bad: "podman run --cap-add all --cap-drop sys_module web\n",
    at: "all",
    good: "podman run --cap-drop all web\n",
  },
  {
    rule: "container-drop-and-add",
    kind: "compose",
    bad: compose("cap_drop: [ALL, CAP_NET_RAW]\ncap_add: [net_raw]"),
    at: "net_raw",
    good: compose("cap_drop: [ALL]\ncap_add: [net_raw]"),
  },
  {
    rule: "container-add-without-drop",
    kind: "compose",
    bad: compose("cap_add:\n  - NET_ADMIN"),
    at: "NET_ADMIN",
    good: compose("cap_drop: [ALL]\ncap_add:\n  - NET_ADMIN"),
  },
  {
    rule: "container-add-without-drop",
    kind: "quadlet",
    bad: "[Container]\nImage=web\nAddCapability=NET_ADMIN\n",
    at: "NET_ADMIN",
    good: "[Container]\nImage=web\nDropCapability=all\nAddCapability=NET_ADMIN\n",
  },
  {
    rule: "container-unknown-capability",
    kind: "shell",
    bad: "docker run --cap-drop=ALL --cap-add=NET_BIND web\n",
    at: "NET_BIND",
    good: "docker run --cap-drop=ALL --cap-add=cap_net_bind_service web\n",
  },
  {
    rule: "container-unknown-capability",
    kind: "compose",
    bad: compose('cap_drop: [ALL]\ncap_add: ["NET_ADMIN,SYS_TIME"]'),
    at: '"NET_ADMIN,SYS_TIME"',
    good: compose('cap_drop: [ALL]\ncap_add: ["NET_ADMIN", "${EXTRA}"]'),
  },
  {
    rule: "container-add-for-user",
    kind: "shell",
    bad: "docker run -u 1000:1000 --cap-drop ALL --cap-add NET_RAW web\n",
    at: "NET_RAW",
    good: "podman run -u 1000:1000 --cap-drop ALL --cap-add NET_RAW web\n",
  },
  {
    rule: "container-add-for-user",
    kind: "kubernetes",
    bad: pod("runAsNonRoot: true\ncapabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }"),
    at: "NET_BIND_SERVICE",
    good: pod(
      "runAsUser: 0\nallowPrivilegeEscalation: false\ncapabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }",
    ),
  },
  {
    rule: "kubernetes-capability-prefix",
    kind: "kubernetes",
    bad: pod(
      'allowPrivilegeEscalation: false\ncapabilities:\n  drop: [ALL]\n  add: ["CAP_NET_ADMIN"] # why',
    ),
    at: '"CAP_NET_ADMIN"',
    good: pod("allowPrivilegeEscalation: false\ncapabilities:\n  drop: [ALL]\n  add: [NET_ADMIN]"),
    fixed: pod(
      'allowPrivilegeEscalation: false\ncapabilities:\n  drop: [ALL]\n  add: ["NET_ADMIN"] # why',
    ),
  },
  {
    rule: "kubernetes-pod-security-context",
    kind: "kubernetes",
    bad: pod(DROPPED, "  securityContext:\n    capabilities: { drop: [ALL] }\n"),
    at: "capabilities",
    good: pod(DROPPED, "  securityContext:\n    runAsNonRoot: true\n"),
  },
  {
    rule: "kubernetes-escalation-not-false",
    kind: "kubernetes",
    bad: pod("capabilities: { drop: [ALL] }"),
    at: "ALL",
    good: pod(DROPPED),
  },
  {
    rule: "kubernetes-escalation-not-false",
    kind: "kubernetes",
    bad: pod("allowPrivilegeEscalation: true\ncapabilities: { drop: [ALL] }"),
    at: "true",
    good: pod("readOnlyRootFilesystem: true"),
  },
  {
    rule: "kubernetes-escalation-contradiction",
    kind: "kubernetes",
    bad: pod("allowPrivilegeEscalation: false\ncapabilities: { drop: [ALL], add: [SYS_ADMIN] }"),
    at: "false",
    good: pod("allowPrivilegeEscalation: true\ncapabilities: { drop: [ALL], add: [SYS_ADMIN] }"),
  },
];

const policy = (rules: string): string =>
  `apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: x}\nspec:\n  rules:\n${rules}`;
const rule = (kinds: string, pattern: string, name = "caps"): string =>
  `    - name: ${name}\n      match: {any: [{resources: {kinds: [${kinds}]}}]}\n      validate:\n        message: no\n        pattern:\n          spec:\n${pattern.replaceAll(/^/gm, "            ")}\n`;
const DROP = "- securityContext: {capabilities: {drop: [ALL]}}";
const ALL_LISTS = `containers:\n${DROP}\n=(initContainers):\n${DROP}\n=(ephemeralContainers):\n${DROP}`;

export const POLICY_CASES: readonly Case[] = [
  {
    rule: "kyverno-containers-only",
    kind: "kubernetes",
    bad: policy(rule("Pod", `containers:\n${DROP}\n=(initContainers):\n${DROP}`)),
    at: "caps",
    good: policy(rule("Pod", ALL_LISTS)),
  },
  {
    rule: "kyverno-containers-only",
    kind: "kubernetes",
    bad: policy(rule("Pod", `containers:\n${DROP}`)),
    at: "caps",
    good: policy(
      `${rule("Pod", `containers:\n${DROP}`)}    - name: others\n      match: {any: [{resources: {kinds: [Pod]}}]}\n      validate:\n        foreach:\n          - list: "request.object.spec.[initContainers, ephemeralContainers][]"\n            deny: {conditions: {all: [{key: ALL, operator: AnyNotIn, value: "{{ element.securityContext.capabilities.drop[] }}"}]}}\n`,
    ),
  },
  {
    rule: "kyverno-capability-prefix",
    kind: "kubernetes",
    bad: policy(rule("Pod", ALL_LISTS.replace("[ALL]", '["CAP_NET_RAW"]'))),
    at: '"CAP_NET_RAW"',
    good: policy(rule("Pod", ALL_LISTS.replace("[ALL]", '["NET_RAW"]'))),
    fixed: policy(rule("Pod", ALL_LISTS.replace("[ALL]", '["NET_RAW"]'))),
  },
  {
    rule: "kyverno-kind",
    kind: "kubernetes",
    bad: policy(rule("pods", ALL_LISTS)),
    at: "pods",
    good: policy(rule("v1/Pod", ALL_LISTS)),
    fixed: policy(rule("Pod", ALL_LISTS)),
  },
  {
    rule: "kyverno-path",
    kind: "kubernetes",
    bad: policy(rule("apps/v1/Deployment", ALL_LISTS)),
    at: "s",
    good: policy(rule("Deployment", `template:\n  spec:\n${ALL_LISTS.replaceAll(/^/gm, "    ")}`)),
  },
];
