// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerifyReport } from "../../src/verify/model.ts";
import { verifyManifest } from "../../src/verify/verify-manifest.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import { given } from "./build-holder.ts";

const WEB = ["setgid", "setuid", "net_bind_service"] as const;

function verify(file: string, text: string, name: string | null = null): VerifyReport {
  const time = new Date("2026-06-09T12:00:00Z");
  return verifyManifest({ time, file, text, isOnDisk: false, name, given: given(...WEB) });
}

const messages = ({ differences }: VerifyReport): string[] =>
  differences.map(({ message }) => message);
const sets = ({ holders }: VerifyReport, index = 0): Record<string, string> =>
  Object.fromEntries(holders[index]!.sets.map(({ set, actual }) => [set, actual.join()]));

describe("a Kubernetes manifest", () => {
  const pod = (context: string, more = ""): string => `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: nginx
      image: nginx
      securityContext: ${context}
${more}`;

  test("that drops all and adds what is needed is as expected", () => {
    const context =
      '{ capabilities: { drop: [ALL], add: ["SETGID", "SETUID", "NET_BIND_SERVICE"] } }';
    const report = verify("pod.yaml", pod(context));
    expect([report.verdict, report.target]).toEqual([
      "confined",
      { kind: "manifest", file: "pod.yaml", format: "kubernetes" },
    ]);
    expect(report.holders[0]).toMatchObject({ name: "Pod web: nginx", pid: null, line: 6 });
  });

  test("that says nothing has the runtime's default set", () => {
    const [message] = messages(verify("pod.yaml", pod("{}")));
    expect(message).toStartWith(
      "Pod web: nginx: permitted, effective and bounding set: more than expected: chown, dac_over",
    );
  });

  test("that adds too little will be refused the rest", () => {
    const report = verify("pod.yaml", pod("{ capabilities: { drop: [ALL], add: [SETUID] } }"));
    expect(messages(report)).toEqual(["Pod web: nginx: will be refused setgid, net_bind_service"]);
    expect(report.differences[0]?.kind).toBe("lacking");
  });

  test("with a user of its own gives it nothing, which is noted", () => {
    const add = "capabilities: { drop: [ALL], add: [SETGID, SETUID, NET_BIND_SERVICE] }";
    const report = verify("pod.yaml", pod(`{ runAsUser: 101, ${add} }`));
    expect(sets(report)).toEqual({
      inheritable: "",
      permitted: "",
      effective: "",
      bounding: WEB.join(),
      ambient: "",
    });
    expect([report.verdict, report.notes.length]).toEqual(["confined", 1]);
  });

  test("that is privileged has everything", () => {
    const [message] = messages(verify("pod.yaml", pod("{ privileged: true }")));
    expect(message).toContain("capabilities, sys_admin among them");
  });

  test("with several containers can be asked for one", () => {
    const two = pod(
      "{ capabilities: { drop: [ALL], add: [SETGID, SETUID, NET_BIND_SERVICE] } }",
      "    - name: log\n      image: log\n",
    );
    expect(verify("pod.yaml", two).verdict).toBe("differs");
    expect(verify("pod.yaml", two, "nginx").verdict).toBe("confined");
    expect(() => verify("pod.yaml", two, "none")).toThrow("pod.yaml: declares no none");
  });
});

test("a Compose file is read as Docker reads it", () => {
  const report = verify(
    "compose.yaml",
    `services:
  web:
    image: nginx
    cap_drop: [ALL]
    cap_add: [setgid, CAP_SETUID, NET_BIND_SERVICE]
    security_opt: ["no-new-privileges:true"]
`,
  );
  expect([report.verdict, report.holders[0]?.noNewPrivileges]).toEqual(["confined", true]);
});

test("podman run gives another user what it adds, docker run does not", () => {
  const line = (tool: string): string =>
    `#!/bin/sh\n${tool} run --user 101 --cap-drop ALL --cap-add setuid nginx\n`;
  expect(sets(verify("run.sh", line("podman")))["ambient"]).toBe("setuid");
  expect(sets(verify("run.sh", line("docker")))["permitted"]).toBe("");
});

describe("a unit", () => {
  test("gives root its bounding set, and another user what is ambient", () => {
    const lines = "CapabilityBoundingSet=CAP_SETGID CAP_SETUID CAP_NET_BIND_SERVICE\n";
    const root = verify("web.service", `[Service]\nExecStart=/bin/true\n${lines}`);
    expect([root.verdict, sets(root)["permitted"]]).toEqual(["confined", WEB.join()]);
    const user = "User=33\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nNoNewPrivileges=yes\n";
    const other = verify("web.service", `[Service]\nExecStart=/bin/true\n${lines}${user}`);
    expect(sets(other)["effective"]).toBe("net_bind_service");
    expect(other.holders[0]).toMatchObject({ uid: 33, noNewPrivileges: true });
  });

  test("that declares nothing has everything", () => {
    const report = verify("web.service", "[Service]\nExecStart=/bin/true\n");
    expect(messages(report)[0]).toContain("sys_admin among them");
  });

  test('has everything with "+" before its command', () => {
    const text = "[Service]\nCapabilityBoundingSet=CAP_SETUID\nExecStart=-+/bin/true\n";
    expect(messages(verify("web.service", text))[0]).toContain("sys_admin among them");
  });

  test("on this machine counts with its drop-ins", () => {
    using directory = disposable();
    const file = join(directory.path, "web.service");
    const text = "[Service]\nExecStart=/bin/true\n";
    writeFileSync(file, text);
    mkdirSync(`${file}.d`);
    const names = WEB.map((name) => `CAP_${name}`.toUpperCase()).join(" ");
    writeFileSync(`${file}.d/50-x.conf`, `[Service]\nCapabilityBoundingSet=${names}\n`);
    const options = { time: new Date(0), file, text, name: null, given: given(...WEB) };
    expect(verifyManifest({ ...options, isOnDisk: true }).verdict).toBe("confined");
    expect(verifyManifest({ ...options, isOnDisk: false }).verdict).toBe("differs");
  });
});

test("what cannot be read leaves the answer open", () => {
  const text =
    "services:\n  web: { image: x, cap_drop: [ALL], cap_add: [SETUID, SETGID, NET_BIND_SERVICE] }\n";
  const report = verify("compose.yaml", `${text}---\n"\n`);
  expect(report.verdict).toBe("not-established");
  expect(report.coverage.gaps[0]?.message).toMatch(/^line \d: /);
  expect(() => verify("compose.yaml", `${text}  "\n`)).toThrow(/^compose.yaml, line \d: /);
});

test.each([
  ["notes.unknown", "hello", "is no configuration that can be read"],
  ["rules", "-a always,exit -S capset -k x", "declares no service and no container"],
])("%s declares nothing that could be verified", (file, text, message) => {
  expect(() => verify(file, text)).toThrow(`${file}: ${message}`);
});

function disposable(): { readonly path: string } & Disposable {
  const { path, close } = openTemporaryDirectory();
  return { path, [Symbol.dispose]: close };
}
