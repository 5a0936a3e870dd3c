// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { toJson } from "../../src/report/text/escape.ts";
import {
  check,
  checkAt,
  finding,
  history,
  image,
  only,
  outcome,
  profile,
  stack,
  syscall,
} from "./build-check.ts";
import { chance, randomProfile, randomRun } from "./random-profile.ts";

const SCHEMA = new URL("../../schemas/profile.schema.json", import.meta.url);
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(SCHEMA, "utf8")),
);
const faultsOf = (document: unknown): readonly string[] => {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const BIND = check({ syscall: syscall("bind"), stacks: stack("cap_capable", "__inet_bind") });

describe("a profile", () => {
  test("follows its schema with all that a trace may see", () => {
    const full = profile({
      checks: [
        BIND,
        checkAt("setuid", ["__sys_setuid"], { granted: false, syscall: syscall("setuid") }),
        checkAt("sys_admin", ["__vm_enough_memory"], { firstNs: 200 }),
      ],
      credentials: history({}, { permitted: only("kill"), securebits: 0x1f }),
      outcomes: [outcome("setuid", 512, ["setuid"])],
      context: {
        sysctls: { "kernel.kptr_restrict": null, "vm.mmap_min_addr": "65536" },
        securityModules: ["capability"],
        lockdown: "integrity",
      },
      nameUserStack: () => [
        { name: "main", file: "/usr/sbin/daemon", buildId: "ab12", offset: 16 },
        { name: "[jit]", file: null, buildId: null, offset: null },
      ],
    });
    expect(faultsOf(JSON.parse(toJson(full)))).toEqual([]);
  });

  test("follows its schema whatever was seen", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = chance(seed);
      const random = randomProfile(next, [randomRun(next, 1), randomRun(next, 2)]);
      expect(faultsOf(JSON.parse(toJson(random)))).toEqual([]);
    }
  });

  test("does not follow it with a key too many or too few anywhere", () => {
    const document = (): Record<string, unknown> =>
      JSON.parse(toJson(profile({ checks: [BIND], credentials: history({}) }))) as never;
    for (const holder of objectsOf(document())) {
      for (const key of Object.keys(holder.value)) {
        const changed = document();
        const target = objectsOf(changed)[holder.at]?.value ?? {};
        if (holder.isTable) continue;
        delete target[key];
        expect([key, faultsOf(changed).length > 0]).toEqual([key, true]);
      }
      const changed = document();
      const target = objectsOf(changed)[holder.at]?.value ?? {};
      if (holder.isTable) continue;
      target["surplus"] = 1;
      expect(faultsOf(changed)).not.toEqual([]);
    }
  });

  test("names the capability, the program, the system call and the gate", () => {
    expect(profile({ checks: [BIND] }).findings).toEqual([
      {
        capability: "net_bind_service",
        verdict: "required",
        confidence: "high",
        granted: 1,
        denied: 0,
        phases: ["start-up"],
        uses: [
          {
            program: "/usr/sbin/daemon",
            syscall: "bind",
            gate: "__inet_bind",
            verdict: "required",
            reason: "it let the program bind a port below net.ipv4.ip_unprivileged_port_start",
            confidence: "high",
            kernelStack: [],
            phase: "start-up",
            granted: 1,
            denied: 0,
            userStack: [],
            outcomes: [],
          },
        ],
        conditions: [],
        alternatives: [],
        denial: null,
        installedIn: [],
        runs: ["run-1"],
      },
    ]);
  });

  test("tells each program and system call apart that used a capability", () => {
    const checks = [
      BIND,
      { ...BIND, image: 2 },
      { ...BIND, syscall: syscall("listen"), firstNs: 300, count: 5 },
    ];
    const images = [image(), image({ id: 2, exe: "/usr/bin/helper" })];
    const uses = finding("net_bind_service", { checks, images })?.uses ?? [];
    expect(uses.map((use) => `${use.program} ${use.syscall} ${use.granted}`)).toEqual([
      "/usr/sbin/daemon listen 5",
      "/usr/bin/helper bind 1",
      "/usr/sbin/daemon bind 1",
    ]);
  });

  test("labels checks by the program of their image, or by its name where no path is known", () => {
    const images = [image({ exe: null, comm: "worker" })];
    expect(finding("net_bind_service", { checks: [BIND], images })?.uses[0]?.program).toBe(
      "[worker]",
    );
  });

  test("takes the weightiest verdict of a capability and adds up all its checks", () => {
    const checks = [check({ granted: false, count: 4 }), check({ count: 2 })];
    const found = finding("net_bind_service", { checks });
    expect(found).toMatchObject({ verdict: "required", granted: 2, denied: 4 });
  });

  test("keeps what is needed below a user namespace out of what the host must grant", () => {
    const inside = check({ capability: 21, targetNamespace: 4026532500, ownNamespace: true });
    const { findings, conclusion } = profile({ checks: [inside, BIND] });
    expect(findings.map(({ capability, verdict }) => `${capability} ${verdict}`)).toEqual([
      "net_bind_service required",
      "sys_admin namespaced",
    ]);
    expect(conclusion).toBe("needs");
    expect(profile({ checks: [inside] }).conclusion).toBe("needs-nothing-seen");
    const memory = checkAt("sys_admin", ["__vm_enough_memory"], { granted: false });
    expect(finding("sys_admin", { checks: [memory, inside] })?.verdict).toBe("namespaced");
  });
});

interface Holder {
  readonly at: number;
  readonly value: Record<string, unknown>;
  /** Its keys are data. */
  readonly isTable: boolean;
}

function objectsOf(document: unknown): readonly Holder[] {
  const found: Omit<Holder, "at">[] = [];
  const visit = (value: unknown, key: string): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) {
      found.push({ value: value as Record<string, unknown>, isTable: key === "sysctls" });
    }
    for (const [name, each] of Object.entries(value)) visit(each, name);
  };
  visit(document, "");
  return found.map((each, at) => ({ ...each, at }));
}
