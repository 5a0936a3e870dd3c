// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { grantedSet } from "../../../src/manifest/containers/granted.ts";
import type { ContainerDeclaration, ManifestKind } from "../../../src/manifest/model.ts";
import { readManifest } from "../../../src/manifest/read.ts";
import { declaredCredentials } from "../../../src/manifest/systemd/credentials.ts";
import { CASES } from "../workloads.ts";
import { intended, NAMED, written } from "./harness.ts";

function containerOf(text: string, kind: ManifestKind): ContainerDeclaration {
  const { containers, faults } = readManifest(text, kind, "written");
  expect(faults).toEqual([]);
  expect(containers).toHaveLength(1);
  return containers[0]!;
}

describe("what is written is read back, with the set that was meant", () => {
  test.each(Object.keys(CASES))("a drop-in for the case %s", (name) => {
    const { units, faults } = readManifest(written(name, "systemd"), "systemd", "web.service");
    expect(faults).toEqual([]);
    const { bounding, ambient, user, noNewPrivileges } = declaredCredentials(units);
    expect(bounding).toBe(intended(name));
    const runsAsRoot = ["proven", "service", "nothing", "number"].includes(name);
    expect(ambient).toBe(runsAsRoot ? 0n : intended(name));
    expect(user).toBe(runsAsRoot ? null : "33");
    expect(noNewPrivileges).toBe(true);
  });

  test.each(NAMED)("docker run, podman run, Compose and Quadlet for the case %s", (name) => {
    const kinds = {
      docker: "shell",
      podman: "shell",
      compose: "compose",
      quadlet: "quadlet",
    } as const;
    for (const [target, kind] of Object.entries(kinds)) {
      const container = containerOf(written(name, target as keyof typeof kinds), kind);
      expect(grantedSet(container), target).toBe(intended(name));
      expect(container.privileged?.value ?? false).toBe(false);
      expect(container.user?.value ?? null, target).toBe(
        name === "list" ? (target === "quadlet" ? "33" : "33:44") : (container.user?.value ?? null),
      );
    }
  });

  test.each(NAMED)("a pod for the case %s, and containers that are added to it", (name) => {
    const text = written(name, "kubernetes");
    const container = containerOf(text, "kubernetes");
    expect(grantedSet(container)).toBe(intended(name));
    expect(container.seccomp?.value).toBe("RuntimeDefault");
    const others = text.replaceAll(
      /^ {2}# (?= *(?:\w+Containers:|- name|image:|securityContext:|allow|cap|drop|- ALL))/gm,
      "  ",
    );
    const all = readManifest(others, "kubernetes", "written").containers;
    expect(all.map(({ role }) => role).toSorted()).toEqual(["container", "ephemeral", "init"]);
    for (const each of all) {
      expect(grantedSet(each)).toBe(each.role === "container" ? intended(name) : 0n);
    }
  });

  test.each(NAMED)("a policy for the case %s is about all containers", (name) => {
    const { policies, faults } = readManifest(written(name, "kyverno"), "kubernetes", "written");
    expect(faults).toEqual([]);
    const lists = ["containers", "ephemeralContainers", "initContainers"];
    const [policy] = policies;
    expect(policy?.rules.length).toBeGreaterThanOrEqual(3);
    for (const { name: rule, checks, kinds } of policy?.rules ?? []) {
      expect(
        kinds.map(({ text }) => text),
        rule,
      ).toEqual(["Pod"]);
      for (const check of checks) expect([...check.lists].toSorted(), rule).toEqual(lists as never);
    }
  });

  test.each(NAMED)(
    "audit rules for the case %s are there for both ABIs, each with a key",
    (name) => {
      const { auditRules } = readManifest(written(name, "auditd"), "auditd", "written.rules");
      const withCalls = auditRules.filter(({ syscalls }) => syscalls.length > 0);
      const abiOf = (abi: string): string[] =>
        withCalls
          .filter(({ fields }) => fields.some((each) => each.name === "arch" && each.value === abi))
          .map((rule) =>
            JSON.stringify([rule.syscalls, rule.fields.slice(1)].flat().map(({ text }) => text)),
          );
      expect(abiOf("b64").length).toBeGreaterThan(4);
      expect(abiOf("b32")).toEqual(abiOf("b64"));
      for (const { filter, key } of auditRules) {
        expect(filter?.text).toBe("always,exit");
        expect(key?.text).toMatch(/^cap-[a-z0-9-]+$/);
      }
    },
  );
});
