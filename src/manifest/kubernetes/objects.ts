// SPDX-License-Identifier: Apache-2.0
import type { ContainerDeclaration } from "../model.ts";
import {
  at,
  booleanOf,
  type Cursor,
  entriesOf,
  exists,
  isMapping,
  itemsOf,
  settingOf,
  spanAt,
  textOf,
  wordsOf,
} from "../yaml/cursor.ts";

/** Lists of a pod, and what their members are. */
const LISTS: readonly (readonly [string, ContainerDeclaration["role"]])[] = [
  ["initContainers", "init"],
  ["containers", "container"],
  ["ephemeralContainers", "ephemeral"],
];

/** Where the pod is in an object of a kind; kinds that are not listed are searched for all. */
const POD_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};
const TEMPLATE_PATH: readonly string[] = ["spec", "template", "spec"];

/** Of SecurityContext and not of PodSecurityContext; Kubernetes API, core/v1. */
const OF_CONTAINERS: ReadonlySet<string> = new Set([
  "capabilities",
  "privileged",
  "allowPrivilegeEscalation",
  "readOnlyRootFilesystem",
]);

/** An object is one of Kubernetes when it says so; null for anything else. */
export function objectKind(root: Cursor): string | null {
  const kind = textOf(at(root, "kind"));
  return kind !== null && exists(at(root, "apiVersion")) ? kind : null;
}

/** The objects of a document: itself, or the items of a List. */
export function objectsOf(root: Cursor): readonly Cursor[] {
  const kind = objectKind(root);
  if (kind === null) return [];
  return kind.endsWith("List") && exists(at(root, "items")) ? itemsOf(at(root, "items")) : [root];
}

/**
 * Reads the containers of a workload: Pod, Deployment, DaemonSet, StatefulSet, ReplicaSet, Job,
 * CronJob, PodTemplate, and others that have a pod in spec.template.
 */
export function readContainers(object: Cursor): readonly ContainerDeclaration[] {
  const kind = objectKind(object);
  if (kind === null) return [];
  const pod = podOf(object, kind);
  const owner = `${kind} ${textOf(at(object, "metadata", "name")) ?? "without a name"}`;
  return LISTS.flatMap(([list, role]) =>
    itemsOf(at(pod, list))
      .filter(isMapping)
      .map((container) => readContainer(container, pod, role, owner)),
  );
}

function podOf(object: Cursor, kind: string): Cursor {
  if (kind === "PodTemplate") return at(object, "template", "spec");
  return at(object, ...(POD_PATHS[kind] ?? TEMPLATE_PATH));
}

function readContainer(
  container: Cursor,
  pod: Cursor,
  role: ContainerDeclaration["role"],
  owner: string,
): ContainerDeclaration {
  const own = at(container, "securityContext");
  const shared = at(pod, "securityContext");
  const either = (...keys: readonly string[]): Cursor =>
    exists(at(own, ...keys)) ? at(own, ...keys) : at(shared, ...keys);
  const command = [...wordsOf(at(container, "command")), ...wordsOf(at(container, "args"))];
  return {
    platform: "kubernetes",
    role,
    owner,
    name: textOf(at(container, "name")),
    image: textOf(at(container, "image")),
    command: exists(at(container, "command")) ? command.map(({ text }) => text) : null,
    add: wordsOf(at(own, "capabilities", "add")),
    drop: wordsOf(at(own, "capabilities", "drop")),
    privileged: booleanOf(at(own, "privileged")),
    allowPrivilegeEscalation: booleanOf(at(own, "allowPrivilegeEscalation")),
    noNewPrivileges: null,
    user: settingOf(either("runAsUser")),
    runAsNonRoot: booleanOf(either("runAsNonRoot")),
    seccomp: settingOf(either("seccompProfile", "type")),
    hostUsers: booleanOf(at(pod, "hostUsers")),
    misplaced: entriesOf(shared)
      .map(({ key }) => key)
      .filter(({ text }) => OF_CONTAINERS.has(text)),
    ...spanAt(container),
  };
}
