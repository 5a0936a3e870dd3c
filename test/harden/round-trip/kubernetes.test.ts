// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { ClusterPolicy } from "@kubernetes-models/kyverno/kyverno.io/v1";
import { Pod } from "kubernetes-models/v1";
import { parse } from "yaml";
import { podSecurityOf } from "../../../src/harden/targets/pod-security.ts";
import { NO_FACTS, workloadOfSet } from "../../../src/harden/workload.ts";
import { untestedBases } from "../../../src/harden/bases.ts";
import { CASES } from "../workloads.ts";
import { written } from "./harness.ts";
import {
  type ContainerDocument,
  type PodDocument,
  type Policy,
  refusingRules,
} from "./kyverno-semantics.ts";

const podOf = (name: string): PodDocument => parse(written(name, "kubernetes")) as PodDocument;
const policyOf = (name: string): Policy => parse(written(name, "kyverno")) as Policy;

describe("the published schemas", () => {
  test.each(Object.keys(CASES))("accept the pod and the policy for the case %s", (name) => {
    new Pod(podOf(name) as never).validate();
    new ClusterPolicy(policyOf(name) as never).validate();
  });

  test("would refuse others", () => {
    const pod = parse(written("service", "kubernetes").replace("- ALL", "ALL")) as never;
    expect(() => new Pod(pod).validate()).toThrow("must be array");
    const policy = parse(written("service", "kyverno").replace("match:", "matches:")) as never;
    expect(() => new ClusterPolicy(policy).validate()).toThrow("match");
  });
});

describe("the policy", () => {
  const LISTS = ["containers", "initContainers", "ephemeralContainers"] as const;
  type Context = NonNullable<ContainerDocument["securityContext"]>;

  test.each(Object.keys(CASES))("for the case %s admits the pod that is written for it", (name) => {
    expect(refusingRules(policyOf(name), podOf(name))).toEqual([]);
  });

  /** The pod of a case with one more container in a list, made of its own. */
  const withContainer = (list: string, change: (container: ContainerDocument) => void) => {
    const pod = podOf("service");
    const container = structuredClone(pod.spec["containers"]![0]!);
    container.name = "other";
    change(container);
    pod.spec[list] = [...(pod.spec[list] ?? []), container];
    return pod;
  };

  test.each(LISTS)("refuses one of the %s that goes beyond it", (list) => {
    const refused = (change: (context: Context) => void): readonly string[] =>
      refusingRules(
        policyOf("service"),
        withContainer(list, ({ securityContext }) => change(securityContext!)),
      );
    expect(refused(() => undefined)).toEqual([]);
    expect(refused(({ capabilities }) => capabilities.add!.push("SYS_ADMIN"))).toEqual([
      "add-no-other-capabilities",
    ]);
    expect(refused(({ capabilities }) => delete capabilities.drop)).toEqual([
      "drop-all-capabilities",
    ]);
    expect(refused((context) => (context.privileged = true))).toEqual(["not-privileged"]);
    expect(refused((context) => (context.allowPrivilegeEscalation = true))).toEqual([
      "no-privilege-escalation",
    ]);
  });

  test.each(LISTS)("refuses one of the %s that says nothing", (list) => {
    const pod = withContainer(list, (container) => delete container.securityContext);
    expect(refusingRules(policyOf("service"), pod)).toEqual([
      "drop-all-capabilities",
      "no-privilege-escalation",
    ]);
  });

  test("looks at no pod without its label", () => {
    const pod = withContainer("containers", (container) => delete container.securityContext);
    pod.metadata.labels = { "app.kubernetes.io/name": "another" };
    expect(refusingRules(policyOf("service"), pod)).toEqual([]);
  });
});

describe("the Pod Security level", () => {
  const levelOf = (names: readonly string[], user: string | null): string =>
    podSecurityOf(
      workloadOfSet(untestedBases(names, ""), {
        ...NO_FACTS,
        user: user === null ? null : { user, group: null },
      }),
    ).level;

  test.each([
    [[], null, "restricted"],
    [[], "0", "baseline"],
    [["net_bind_service"], null, "baseline"],
    [["chown", "setuid", "setgid"], null, "baseline"],
    [["sys_nice"], null, "privileged"],
    [["net_raw"], null, "privileged"],
    [["sys_admin"], "33", "privileged"],
  ] as const)("with %j as user %j is %s", (names, user, level) => {
    expect(levelOf(names, user)).toBe(level);
  });

  test("of a user that needs files with capabilities is not restricted", () => {
    expect(levelOf(["net_bind_service"], "33")).toBe("baseline");
  });
});
