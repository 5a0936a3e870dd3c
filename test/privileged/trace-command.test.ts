// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CapabilityFinding, Profile } from "../../src/trace/model.ts";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, runCapscope } from "./harness/capscope.ts";
import { parseBySchema } from "./harness/schemas.ts";

const reason = findReason();
const folder = mkdtempSync(join(tmpdir(), "capscope-trace-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Why no command can be traced here; null when it can. */
function findReason(): string | null {
  if (process.geteuid?.() !== 0) return "tracing needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  const { status, stderr } = runCapscope(["trace", "--", "/bin/true"]);
  return status === 0 ? null : `no way into this kernel: ${stderr.trim()}`;
}

const PYTHON = "/usr/bin/python3";

interface Traced {
  readonly status: number | null;
  readonly stdout: string;
  readonly profile: Profile;
  /** Findings by capability. */
  readonly findings: ReadonlyMap<string, CapabilityFinding>;
}

function trace(argv: readonly string[], prefix: readonly string[] = []): Traced {
  const file = join(folder, "profile.json");
  const words = ["trace", "--json", "-o", file, "--", ...argv];
  const { status, stdout } = runCapscope(words, { prefix });
  const profile = parseBySchema(readFileSync(file, "utf8"), "profile") as Profile;
  const findings = new Map(profile.findings.map((each) => [each.capability, each]));
  return { status, stdout, profile, findings };
}

function required({ profile }: Traced): string[] {
  return profile.findings
    .filter(({ verdict }) => verdict === "required")
    .map(({ capability }) => capability);
}

const BIND = `import socket; s = socket.socket(); s.bind(("127.0.0.1", 81))`;
const UNSHARE_NET = ["unshare", "--net", "--"];

describe("a traced command", () => {
  testUnless(reason, "that binds port 81 needs exactly net_bind_service", () => {
    const traced = trace([PYTHON, "-c", BIND], UNSHARE_NET);
    expect(required(traced)).toEqual(["net_bind_service"]);
    const finding = traced.findings.get("net_bind_service")!;
    expect([finding.granted, finding.denied, finding.syscalls]).toEqual([1, 0, ["bind"]]);
    expect(traced.profile.coverage).toMatchObject({ complete: true });
  });

  testUnless(
    reason,
    "that only sleeps needs nothing, though the kernel asked for sys_admin",
    () => {
      const traced = trace(["sleep", "0.1"]);
      expect(required(traced)).toEqual([]);
      expect(traced.findings.get("sys_admin")?.verdict).toBe("opportunistic");
      expect(traced.profile.conclusion).toBe("needs-nothing-seen");
    },
  );

  testUnless(reason, "that adds an interface needs net_admin", () => {
    const link = ["ip", "link", "add", "capscope0", "type", "bridge"];
    expect(required(trace(link, UNSHARE_NET))).toContain("net_admin");
  });

  testUnless(reason, "that unpacks files of another owner needs chown", () => {
    writeFileSync(join(folder, "file"), "");
    const pack = `cd ${folder} && tar --owner=65534 -cf a.tar file && tar -xf a.tar`;
    const traced = trace(["sh", "-c", pack]);
    expect(required(traced)).toContain("chown");
    expect(traced.findings.get("chown")?.programs.map((path) => path.split("/").pop())).toEqual([
      "tar",
    ]);
  });

  testUnless(reason, "that is refused has the capability as denied", () => {
    const asNobody = ["setpriv", "--reuid", "65534", "--clear-groups", "chroot", "/", "true"];
    const traced = trace(asNobody);
    expect(traced.findings.get("sys_chroot")).toMatchObject({ verdict: "denied", granted: 0 });
    expect(traced.status).not.toBe(0);
  });

  testUnless(reason, "in a user namespace of its own has no need on the host", () => {
    const traced = trace(["unshare", "--user", "--map-root-user", "hostname", "capscope-test"]);
    expect(required(traced)).not.toContain("sys_admin");
  });

  testUnless(reason, "and the daemon that it leaves behind are followed to the end", () => {
    const daemon = `import os, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
time.sleep(0.3); ${BIND}`;
    expect(required(trace([PYTHON, "-c", daemon], UNSHARE_NET))).toEqual(["net_bind_service"]);
  });
});

describe("the wrapper", () => {
  testUnless(reason, "leaves standard output to the command", () => {
    const run = runCapscope(["trace", "--", "echo", "hello"]);
    expect(run.stdout).toBe("hello\n");
    expect(run.stderr).toContain("capabilities used by: echo hello\n");
  });

  const ends: readonly (readonly [string, readonly string[], number])[] = [
    ["a status", ["sh", "-c", "exit 7"], 7],
    ["a signal", ["sh", "-c", "kill -KILL $$"], 137],
    ["a command that is not there", ["/nonexistent"], 127],
    ["a command that is not executable", ["/etc/passwd"], 126],
  ];
  for (const [what, argv, status] of ends) {
    testUnless(reason, `returns what env would for ${what}, and still reports`, () => {
      const run = runCapscope(["trace", "--", ...argv]);
      expect(run.status).toBe(status);
      expect(run.stderr).toContain("capabilities used by: ");
    });
  }

  testUnless(reason, "prints only the set as caps", () => {
    const run = runCapscope(["trace", "--format", "caps", "--", PYTHON, "-c", BIND], {
      prefix: UNSHARE_NET,
    });
    expect(run.stderr).toBe("CAP_NET_BIND_SERVICE\n");
  });

  testUnless(reason, "ends at its limit and says what still runs", () => {
    const run = runCapscope(["trace", "--duration", "0.3", "--", "sleep", "1"]);
    expect(run.stderr).toContain("incomplete: processes of the command still run\n");
    expect(run.status).toBe(0);
  });

  testUnless(reason, "ends at its limit while the command lives on", async () => {
    const pidFile = join(folder, "limited");
    const script = `echo $$ > ${pidFile}; exec sleep 25`;
    const words = ["trace", "--duration", "0.3", "--", "sh", "-c", script];
    const child = Bun.spawn([...CAPSCOPE, ...words], { stdio: ["ignore", "ignore", "ignore"] });
    expect(await child.exited).toBe(0);
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(pid, "SIGKILL");
  });

  testUnless(reason, "without privileges says which are missing and runs nothing", () => {
    const marker = join(folder, "ran");
    const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const words = ["trace", "--", "touch", marker];
    const run = runCapscope(words, { prefix: nobody, asOtherUser: true });
    expect(run.status).toBe(3);
    expect(run.stderr).toMatch(/bpf/);
    expect(existsSync(marker)).toBe(false);
  });

  testUnless(reason, "killed in the middle leaves the command alive", async () => {
    const pidFile = join(folder, "pid");
    const script = `echo $$ > ${pidFile}; exec sleep 5`;
    const child = Bun.spawn([...CAPSCOPE, "trace", "--", "sh", "-c", script]);
    while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await Bun.sleep(20);
    child.kill("SIGKILL");
    await child.exited;
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(() => process.kill(pid, 0)).not.toThrow();
    process.kill(pid, "SIGKILL");
  });
});
