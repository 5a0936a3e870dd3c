// SPDX-License-Identifier: Apache-2.0
import { search } from "jmespath";

/** What a policy says, as far as it is written here. */
export interface Policy {
  readonly spec: { readonly rules: readonly Rule[] };
}

interface Rule {
  readonly name: string;
  readonly match: { readonly any: readonly { readonly resources: Resources }[] };
  readonly validate: {
    readonly foreach?: readonly Foreach[];
    readonly pattern?: unknown;
  };
}

interface Resources {
  readonly kinds: readonly string[];
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
}

interface Foreach {
  readonly list: string;
  readonly deny: { readonly conditions: { readonly all: readonly Condition[] } };
}

interface Condition {
  readonly key: unknown;
  readonly operator: string;
  readonly value: unknown;
}

export interface PodDocument {
  readonly kind: string;
  metadata: { labels?: Record<string, string> };
  spec: Record<string, ContainerDocument[]>;
}

export interface ContainerDocument {
  name: string;
  securityContext?: {
    privileged?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities: { add?: string[]; drop?: string[] };
  };
}

/**
 * Names of the rules of a policy that refuse a pod, for the constructs that are written: selectors
 * by label, foreach with AnyNotIn, and patterns with the anchor =(). Kyverno's documentation,
 * "Validate Rules": patterns compare scalars as strings; a foreach denies when all its conditions
 * hold for an element.
 */
export function refusingRules(policy: Policy, pod: PodDocument): readonly string[] {
  return policy.spec.rules
    .filter(({ match }) => match.any.some(({ resources }) => isSelected(resources, pod)))
    .filter(({ validate }) => !isValid(validate, pod))
    .map(({ name }) => name);
}

function isSelected({ kinds, selector }: Resources, pod: PodDocument): boolean {
  const labels = pod.metadata.labels ?? {};
  const wanted = Object.entries(selector.matchLabels);
  return kinds.includes(pod.kind) && wanted.every(([key, value]) => labels[key] === value);
}

function isValid({ foreach, pattern }: Rule["validate"], pod: PodDocument): boolean {
  if (pattern !== undefined) return matches(pattern, pod);
  return (foreach ?? []).every(({ list, deny }) => {
    const elements = search({ request: { object: pod } }, list) as unknown[];
    const denies = (element: unknown): boolean =>
      deny.conditions.all.every((condition) => holds(condition, element));
    return !elements.some(denies);
  });
}

/** True when some of the keys are not among the values. */
function holds({ key, operator, value }: Condition, element: unknown): boolean {
  if (operator !== "AnyNotIn") throw new Error(`no such operator: ${operator}`);
  const keys = [resolve(key, element)].flat();
  const values = [resolve(value, element)].flat();
  return keys.some((each) => !values.includes(each));
}

/** "{{ expression }}" is what it stands for; anything else stands for itself. */
function resolve(text: unknown, element: unknown): unknown {
  const expression = /^\{\{(.*)\}\}$/.exec(String(text))?.[1];
  return expression === undefined ? text : search({ element }, expression.trim());
}

function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && value.every((each) => matches(pattern[0], each));
  }
  if (typeof pattern !== "object" || pattern === null) return String(value) === String(pattern);
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(pattern).every(([key, expected]) => {
    const anchored = /^=\((.*)\)$/.exec(key)?.[1];
    if (anchored === undefined) return matches(expected, fields[key]);
    return fields[anchored] === undefined || matches(expected, fields[anchored]);
  });
}
