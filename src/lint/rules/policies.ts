// SPDX-License-Identifier: Apache-2.0
import type {
  ContainerList,
  Manifest,
  PolicyDeclaration,
  PolicyRule,
} from "../../manifest/model.ts";
import { type Flaw, flaw, replacement, type Rule } from "../rule.ts";

/** Kyverno policies that let through what they seem to forbid. */
export const POLICY_RULES: readonly Rule[] = [
  {
    id: "kyverno-containers-only",
    severity: "error",
    title: "a policy on capabilities that does not look at all containers",
    why: "Init and ephemeral containers have lists of their own. A pattern on containers alone says nothing about them: a pod that the policy admits can have any capability in an init container.",
    fix: "add =(initContainers) and =(ephemeralContainers) with the same pattern",
    source:
      "Kyverno, Validate Rules, Anchors; kyverno/policies issue 22; kyverno/kyverno issue 2732",
    check: ({ policies }) => policies.flatMap(missedLists),
  },
  {
    id: "kyverno-capability-prefix",
    severity: "error",
    title: "CAP_ before a capability in a policy",
    why: "Kubernetes' names have no prefix: a policy for CAP_NET_RAW says nothing about a pod with NET_RAW, and meets only pods that are wrong themselves.",
    fix: "leave CAP_ out",
    source: "Kubernetes API, core/v1, Capability; Kyverno, Validate Rules",
    check: ({ policies }) =>
      checksOf(policies).flatMap(({ names }) =>
        names
          .filter(({ text }) => /^CAP_[A-Z_]+$/i.test(text))
          // Who names both spellings looks for the wrong one as well.
          .filter(({ text }) => !names.some((other) => other.text === text.slice(4)))
          .map((word) => {
            const isQuoted = word.end - word.start > word.text.length;
            const span = isQuoted ? { start: word.start + 1, end: word.end - 1 } : word;
            const plain = word.text.slice(4);
            return {
              ...replacement(span, `${word.text} is not what pods say`, plain),
              start: word.start,
              end: word.end,
            };
          }),
      ),
  },
  {
    id: "kyverno-kind",
    severity: "error",
    title: "a kind that does not exist",
    why: "Kinds are compared letter by letter: a rule for pod or Pods matches nothing, and denies nothing.",
    fix: "write the kind as Kubernetes does",
    source: "Kyverno, Selecting Resources",
    check: ({ policies }) => policies.flatMap(({ rules }) => rules.flatMap(misspelledKinds)),
  },
  {
    id: "kyverno-path",
    severity: "error",
    title: "a pattern that is not where the kind has its containers",
    why: "A Pod has spec.containers, a Deployment spec.template.spec.containers. A rule with the wrong path for its kind finds nothing there.",
    fix: "match Pod with spec.containers: Kyverno makes the rules for workloads by itself",
    source: "Kyverno, Auto-Gen Rules for Pod Controllers",
    check: ({ policies }) => policies.flatMap(({ rules }) => rules.flatMap(wrongPath)),
  },
];

function checksOf(policies: Manifest["policies"]): PolicyRule["checks"] {
  return policies.flatMap(({ rules }) => rules.flatMap(({ checks }) => checks));
}

const LISTS: readonly ContainerList[] = ["containers", "initContainers", "ephemeralContainers"];

/** Rules share the work: what one misses another may have. */
function missedLists(policy: PolicyDeclaration): readonly Flaw[] {
  const checks = checksOf([policy]).filter(({ isAboutCapabilities }) => isAboutCapabilities);
  const seen = new Set(checks.flatMap(({ lists }) => lists));
  const missed = LISTS.filter((list) => !seen.has(list));
  const rule = policy.rules.find((each) => each.checks.some((check) => checks.includes(check)));
  if (rule === undefined || seen.size === 0 || missed.length === 0) return [];
  return [
    flaw(rule, `rule ${rule.name || "without a name"} does not look at ${missed.join(" and ")}`),
  ];
}

const KINDS: readonly string[] = [
  "Pod",
  "Deployment",
  "DaemonSet",
  "StatefulSet",
  "ReplicaSet",
  "Job",
  "CronJob",
];

function misspelledKinds({ kinds }: PolicyRule): readonly Flaw[] {
  return kinds.flatMap((word) => {
    const kind = word.text.split("/").at(-1) ?? "";
    const meant = KINDS.find((each) =>
      [each, `${each}s`].some((name) => name.toLowerCase() === kind.toLowerCase()),
    );
    if (meant === undefined || meant === kind) return [];
    const end = word.text.length - kind.length;
    const isQuoted = word.end - word.start > word.text.length;
    const start = word.start + end + (isQuoted ? 1 : 0);
    const edit = { start, end: start + kind.length };
    return [
      {
        ...replacement(edit, `there is no kind ${kind}: the rule matches nothing`, meant),
        start: word.start,
        end: word.end,
      },
    ];
  });
}

function wrongPath({ kinds, checks }: PolicyRule): readonly Flaw[] {
  const names = kinds.map(({ text }) => text.split("/").at(-1) ?? "");
  const known = names.filter((name) => KINDS.includes(name));
  if (known.length === 0 || known.length < names.length) return [];
  return checks
    .filter(({ form, lists }) => form === "pattern" && lists.length > 0)
    .filter(({ throughTemplate }) =>
      known.every((name) => (name === "Pod") === throughTemplate && name !== "CronJob"),
    )
    .map(({ start, throughTemplate }) =>
      flaw(
        { start, end: start + 1 },
        throughTemplate
          ? "a Pod has no spec.template: the pattern finds no container"
          : `${known.join(", ")}: the containers are in spec.template.spec, the pattern looks in spec`,
      ),
    );
}
