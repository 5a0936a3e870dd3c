// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../../capabilities/spelling.ts";
import { namesAll, runsAsRoot } from "../../manifest/containers/granted.ts";
import type { ContainerDeclaration, Word } from "../../manifest/model.ts";
import { type Flaw, flaw, replacement, type Rule } from "../rule.ts";
import { eachContainer, isAll, isPrefixed, nameOf } from "./containers.ts";

/** What Kubernetes alone has. */
export const KUBERNETES_RULES: readonly Rule[] = [
  {
    id: "kubernetes-capability-prefix",
    severity: "error",
    title: "CAP_ before a capability in Kubernetes",
    why: "Kubernetes' names have no prefix. containerd puts one before whatever is listed, so that CAP_NET_ADMIN becomes CAP_CAP_NET_ADMIN: what is dropped so is not dropped, what is added so is not there. Admission policies compare with the plain name and miss it.",
    fix: "leave CAP_ out",
    source:
      "Kubernetes API, core/v1, Capability; kubernetes/kubernetes issue 33104; containerd, internal/cri/opts/spec_linux_opts.go",
    check: (manifest) =>
      eachContainer(manifest, ({ platform, add, drop }) =>
        platform !== "kubernetes" ? [] : [...add, ...drop].flatMap(prefixFlaw),
      ),
  },
  {
    id: "kubernetes-pod-security-context",
    severity: "error",
    title: "a container's security setting in the pod's securityContext",
    why: "capabilities, privileged, allowPrivilegeEscalation and readOnlyRootFilesystem are fields of a container's securityContext. In the pod's they are unknown: the API server drops them with a warning at most.",
    fix: "move it to the securityContext of each container, init containers included",
    source: "Kubernetes API, core/v1, PodSecurityContext and SecurityContext",
    check: ({ containers }) => {
      const words = new Map(
        containers.flatMap(({ misplaced }) => misplaced.map((word) => [word.start, word] as const)),
      );
      return [...words.values()].map((word) =>
        flaw(word, `${word.text} in the pod's securityContext is ignored`),
      );
    },
  },
  {
    id: "kubernetes-escalation-not-false",
    severity: "warning",
    title: "capabilities limited, and privilege escalation left allowed",
    why: "allowPrivilegeEscalation is true when it is left out: a setuid program or a file with capabilities in the image gains privilege again, within what was not dropped.",
    fix: "set allowPrivilegeEscalation: false, unless the program gets what it needs from its file",
    source: "Kubernetes, Configure a Security Context; Pod Security Standards, Restricted",
    check: (manifest) => eachContainer(manifest, escalationNotFalse),
  },
  {
    id: "kubernetes-escalation-contradiction",
    severity: "error",
    title: "allowPrivilegeEscalation: false with what implies true",
    why: "The API server refuses it for privileged containers and for CAP_SYS_ADMIN. With SYS_ADMIN it is accepted, and documented as always true: a process with that capability needs no escalation.",
    fix: "leave privileged or SYS_ADMIN out, or set it to true and know why",
    source:
      "Kubernetes API, core/v1, SecurityContext; pkg/apis/core/validation, ValidateSecurityContext()",
    check: (manifest) => eachContainer(manifest, escalationContradiction),
  },
];

function prefixFlaw(word: Word): readonly Flaw[] {
  if (!/^CAP_/i.test(word.text) || !isPrefixed(word)) return [];
  const plain = word.text.slice(4);
  const isPlain = word.end - word.start === word.text.length;
  const span = isPlain ? word : { start: word.start + 1, end: word.end - 1 };
  const message = `${word.text} has to be ${plain} in Kubernetes`;
  return [{ ...replacement(span, message, plain), start: word.start, end: word.end }];
}

function escalationNotFalse(container: ContainerDeclaration): readonly Flaw[] {
  const { platform, allowPrivilegeEscalation, add, drop, privileged } = container;
  const [first] = drop;
  if (platform !== "kubernetes" || privileged?.value === true || first === undefined) return [];
  // Who adds for a user needs it: the capabilities come from the program's file.
  if (
    allowPrivilegeEscalation?.value === false ||
    (add.length > 0 && runsAsRoot(container) === false)
  )
    return [];
  const isAdmin = add.some(({ text }) => /^(?:CAP_)?SYS_ADMIN$/i.test(text)) || namesAll(add);
  if (isAdmin) return [];
  return allowPrivilegeEscalation === null
    ? [
        flaw(
          first,
          `${nameOf(container)} limits capabilities and leaves allowPrivilegeEscalation out`,
        ),
      ]
    : [flaw(allowPrivilegeEscalation, `${nameOf(container)} may gain privilege again`)];
}

function escalationContradiction(container: ContainerDeclaration): readonly Flaw[] {
  const { platform, allowPrivilegeEscalation, add, privileged } = container;
  if (platform !== "kubernetes" || allowPrivilegeEscalation?.value !== false) return [];
  const admin = add.find(({ text }) => /^(?:CAP_)?SYS_ADMIN$/i.test(text)) ?? add.find(isAll);
  const cause = privileged?.value === true ? "privileged: true" : admin?.text;
  if (cause === undefined) return [];
  return [
    flaw(
      allowPrivilegeEscalation,
      `${nameOf(container)} has ${constantCause(cause)}: that implies true`,
    ),
  ];
}

function constantCause(cause: string): string {
  return /^[A-Z_]+$/i.test(cause) && !isAll({ text: cause, start: 0, end: 0 })
    ? constantName(cause.toLowerCase())
    : cause;
}
