// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readManifest } from "../../../src/manifest/read.ts";
import {
  type DeclaredCredentials,
  declaredCredentials,
} from "../../../src/manifest/systemd/credentials.ts";
import { testUnless } from "../../skip.ts";
import { CASES } from "../workloads.ts";
import { intended, missing, run, temporaryFolder, written } from "./harness.ts";

const folder = temporaryFolder();

const credentialsIn = (text: string): DeclaredCredentials =>
  declaredCredentials(readManifest(text, "systemd", "web.service").units);

describe("the NixOS module", () => {
  testUnless(missing("nix-instantiate"), "evaluates to the settings of the drop-in", () => {
    for (const name of Object.keys(CASES)) {
      const file = join(folder, `${name}.nix`);
      writeFileSync(file, written(name, "nix"));
      // mkForce only sets a priority; the rest is what NixOS would get.
      const expression = `(import ${file} { lib.mkForce = each: each; }).systemd.services`;
      const words = ["--eval", "--strict", "--json", "--store", `local?root=${folder}/store`];
      const { code, stdout, stderr } = run(["nix-instantiate", ...words, "-E", expression]);
      expect([name, code, code === 0 ? "" : stderr]).toEqual([name, 0, ""]);
      const [service] = Object.values(JSON.parse(stdout) as Services);
      // As NixOS writes a unit: an assignment for each element.
      const lines = Object.entries(service!.serviceConfig).flatMap(([key, value]) =>
        [value].flat().map((each) => `${key}=${each}`),
      );
      const fromNix = credentialsIn(["[Service]", ...lines].join("\n"));
      const fromDropIn = credentialsIn(written(name, "systemd"));
      expect(fromNix.bounding, name).toBe(intended(name));
      expect(summary(fromNix)).toEqual(summary(fromDropIn));
      const settings = (text: string): string[] =>
        text
          .split("\n")
          .filter((line) => /^[A-Za-z]+=/.test(line))
          .toSorted();
      expect(lines.toSorted()).toEqual(settings(written(name, "systemd")));
    }
  });
});

type Services = Readonly<
  Record<string, { readonly serviceConfig: Readonly<Record<string, string | readonly string[]>> }>
>;

function summary({ bounding, ambient, user, noNewPrivileges, securebits }: DeclaredCredentials) {
  return { bounding, ambient, user, noNewPrivileges, securebits };
}

describe("the Ansible tasks", () => {
  testUnless(
    missing("ansible-playbook"),
    "pass the syntax check of a playbook that has them",
    () => {
      for (const name of Object.keys(CASES)) {
        writeFileSync(join(folder, `${name}.yml`), written(name, "ansible"));
      }
      const tasks = Object.keys(CASES).map((name) => `    - import_tasks: ${name}.yml\n`);
      const playbook = join(folder, "playbook.yml");
      writeFileSync(
        playbook,
        `- hosts: localhost\n  gather_facts: false\n  tasks:\n${tasks.join("")}`,
      );
      const check = ["ansible-playbook", "--syntax-check", "-i", "localhost,", playbook];
      const { code, stdout, stderr } = run(check, { cwd: folder });
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("playbook.yml");
    },
    60_000,
  );

  testUnless(null, "write the drop-in itself", () => {
    for (const name of Object.keys(CASES)) {
      const tasks = parse(written(name, "ansible"), {
        customTags: [{ tag: "!unsafe", resolve: (text: string) => text }],
      }) as readonly Task[];
      const content = tasks.flatMap((task) => task["ansible.builtin.copy"]?.content ?? [])[0] ?? "";
      const dropIn = written(name, "systemd");
      expect(content.trimEnd(), name).toBe(dropIn.slice(dropIn.indexOf("[Service]")).trimEnd());
      expect(credentialsIn(content).bounding).toBe(intended(name));
    }
  });
});

interface Task {
  readonly "ansible.builtin.copy"?: { readonly content: string };
}
