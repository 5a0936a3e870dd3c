// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { containerName } from "../wording.ts";
import type { Workload } from "../workload.ts";
import { basisOfName } from "./marks.ts";
import { mayForbidEscalation } from "./pod-security.ts";

/**
 * A policy for the pods with one label: all their containers drop everything and add no more than
 * the set. What is added by a privileged container is not in any list, so that one is refused too.
 */
export function draftKyverno(workload: Workload): Draft {
  const { label } = workload;
  return {
    title: "Kyverno ClusterPolicy",
    place: null,
    comment: "#",
    lines: [
      "apiVersion: kyverno.io/v1",
      "kind: ClusterPolicy",
      "metadata:",
      `  name: "capabilities-of-${label}"`,
      "  annotations:",
      `    policies.kyverno.io/title: "Capabilities of ${label}"`,
      "    policies.kyverno.io/category: Pod Security",
      "    policies.kyverno.io/subject: Pod",
      "spec:",
      "  # Enforce refuses pods: set it when the policy reports are clean.",
      "  validationFailureAction: Audit",
      "  background: true",
      "  rules:",
      ...dropRule(workload),
      ...addRule(workload),
      ...privilegedRule(workload),
      ...(mayForbidEscalation(workload) ? escalationRule(workload) : []),
    ],
    notes: [
      `It is about pods with the label app.kubernetes.io/name: ${label}, and about no others: a pod ` +
        "without it is not looked at. Kyverno makes no rules for Deployments out of one with a " +
        "selector: it is the pods of a Deployment that are refused.",
      "Init and ephemeral containers may add the same capabilities, and need none of them: nothing " +
        "is known of them here.",
    ],
  };
}

/** All three lists in one: those that a pod does not have are null, which flattening leaves out. */
const ALL_CONTAINERS = "request.object.spec.[containers, initContainers, ephemeralContainers][]";

function dropRule(workload: Workload): readonly string[] {
  return [
    ...ruleHead("drop-all-capabilities", "Every container must drop ALL capabilities.", workload),
    "        foreach:",
    `          - list: "${ALL_CONTAINERS}"`,
    "            deny:",
    "              conditions:",
    "                all:",
    "                  - key: ALL",
    "                    operator: AnyNotIn",
    '                    value: "{{ element.securityContext.capabilities.drop[] || `[]` }}"',
  ];
}

function addRule(workload: Workload): readonly string[] {
  const { all } = workload.grant;
  const names = all.map(containerName);
  const message =
    names.length === 0
      ? "No container may add a capability."
      : `Containers may add no capabilities but ${names.join(", ")}.`;
  return [
    ...ruleHead("add-no-other-capabilities", message, workload),
    "        foreach:",
    `          - list: "${ALL_CONTAINERS}"`,
    "            deny:",
    "              conditions:",
    "                all:",
    '                  - key: "{{ element.securityContext.capabilities.add[] || `[]` }}"',
    "                    operator: AnyNotIn",
    ...(all.length === 0
      ? ['                    value: [""]']
      : [
          "                    value:",
          ...all.map(
            (name) =>
              `                      - ${containerName(name)} # ${basisOfName(workload, name)}`,
          ),
        ]),
  ];
}

function privilegedRule(workload: Workload): readonly string[] {
  const message = "A privileged container has every capability, whatever it adds and drops.";
  return [
    ...ruleHead("not-privileged", message, workload),
    "        pattern:",
    "          spec:",
    ...containerPatterns("=(securityContext)", "=(privileged)"),
  ];
}

function escalationRule(workload: Workload): readonly string[] {
  const message = "No container may gain privileges when it executes a program.";
  return [
    ...ruleHead("no-privilege-escalation", message, workload),
    "        pattern:",
    "          spec:",
    ...containerPatterns("securityContext", "allowPrivilegeEscalation"),
  ];
}

/** "=(x)" is an anchor: where x is there, it must be so. Without one it must be there. */
function containerPatterns(context: string, field: string): readonly string[] {
  return ["containers", "=(initContainers)", "=(ephemeralContainers)"].flatMap((list) => [
    `            ${list}:`,
    `              - ${context}:`,
    `                  ${field}: "false"`,
  ]);
}

function ruleHead(name: string, message: string, { label }: Workload): readonly string[] {
  return [
    `    - name: ${name}`,
    "      match:",
    "        any:",
    "          - resources:",
    "              kinds:",
    "                - Pod",
    "              operations:",
    "                - CREATE",
    "                - UPDATE",
    "              selector:",
    "                matchLabels:",
    `                  app.kubernetes.io/name: "${label}"`,
    "      validate:",
    `        message: "${message}"`,
  ];
}
