// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { type Boot, bootContainer, type Container } from "./container/container.ts";

/** Lines of [Service], each run by systemd and by its plan. */
const SERVICES: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["user", "User=capscope-test"],
  [
    "user-and-groups",
    "User=capscope-test\nGroup=daemon\nSupplementaryGroups=adm 5\nSupplementaryGroups=disk",
  ],
  ["numbers", "User=4242\nGroup=4243"],
  ["group-alone", "Group=daemon"],
  ["root-with-groups", "User=root\nSupplementaryGroups=adm"],
  ["ambient", "User=capscope-test\nAmbientCapabilities=CAP_NET_RAW\nAmbientCapabilities=cap_kill"],
  [
    "ambient-of-root",
    "AmbientCapabilities=CAP_NET_RAW\nCapabilityBoundingSet=CAP_NET_RAW CAP_CHOWN",
  ],
  ["bare-names", "User=capscope-test\nAmbientCapabilities=net_raw CAP_NEWER 12"],
  ["bounding", "CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_CHOWN\nCapabilityBoundingSet=~CAP_KILL"],
  [
    "bounding-reset",
    "CapabilityBoundingSet=CAP_KILL\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN CAP_SETPCAP",
  ],
  ["bounding-of-none", "CapabilityBoundingSet="],
  ["bounding-of-user", "User=capscope-test\nCapabilityBoundingSet=CAP_NET_RAW"],
  ["no-new-privs", "NoNewPrivileges=on"],
  ["secure-bits", "SecureBits=noroot noroot-locked\nSecureBits=no-setuid-fixup"],
  ["keep-caps", "User=capscope-test\nSecureBits=keep-caps keep-caps-locked"],
  [
    "full",
    "ExecStart=+REPORT\nUser=capscope-test\nAmbientCapabilities=CAP_KILL\nCapabilityBoundingSet=CAP_KILL\nNoNewPrivileges=yes\nSecureBits=noroot",
  ],
  [
    "keep-user",
    "ExecStart=!REPORT\nUser=capscope-test\nCapabilityBoundingSet=CAP_KILL CAP_SETPCAP\nNoNewPrivileges=yes",
  ],
  ["ambient-magic", "ExecStart=!!REPORT\nUser=capscope-test\nAmbientCapabilities=CAP_KILL"],
  ["implied-no-new-privs", "User=capscope-test\nLockPersonality=yes"],
  [
    "implied-with-admin",
    "User=capscope-test\nAmbientCapabilities=CAP_SYS_ADMIN\nLockPersonality=yes",
  ],
  ["implied-not-for-root", "LockPersonality=yes\nCapabilityBoundingSet=~CAP_SYS_ADMIN"],
  ["clock", "ProtectClock=yes"],
  [
    "limits",
    "LimitNOFILE=200:300\nLimitCPU=2min\nLimitFSIZE=10M\nLimitRTTIME=5s\nLimitNICE=-3\nLimitCORE=0\nLimitNPROC=infinity",
  ],
  ["umask", "UMask=0027"],
  ["directory", "WorkingDirectory=/usr"],
  ["directory-missing", "WorkingDirectory=-/nonexistent/x"],
  [
    "environment",
    String.raw`Environment="ONE=a b" TWO=\x41%i$ONE THREE= 'FOUR="q"' FIVE=1` +
      "\nEnvironment=FIVE=2 bad-name=x\nUnsetEnvironment=LANG",
  ],
  [
    "environment-file",
    "Environment=A=unit\nEnvironmentFile=/run/variables\nEnvironmentFile=-/run/none",
  ],
  [
    "words",
    String.raw`ExecStart=REPORT a "b c" 'd e' f\sg \x68 \; "" $ONE "$ONE" ${"${ONE}"} x$ONE $$ONE $NONE %% %n %i ;` +
      "\nEnvironment=ONE='1  2 \"3 4\"'",
  ],
  ["name", "ExecStart=@REPORT other-name x"],
  ["continued", "ExecStart=REPORT a \\\n# no\n   b\\\n c"],
];

/** Prints what a process is, without what only a manager can give. */
const REPORT = `#!/bin/bash
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Umask)' /proc/$$/status
setpriv --dump 2>/dev/null | grep -i securebits
cat /proc/$$/limits
readlink /proc/$$/cwd
tr '\\0' '\\n' </proc/$$/cmdline
tr '\\0' '\\n' </proc/$$/environ | grep -vE '^(INVOCATION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM|LANG|_|SHLVL)=' | sort
`;
const VARIABLES = String.raw`# comment
A=file
 B = "x y"
C='single \n'
D=plain \
  more
E="a\"b$c\
d"
F=tail   
; comment
not an assignment
G=a'b'"c"
`;
const SHELL_LIMITS = /^Max (?!realtime priority|msgqueue|pending)/;

const boot: Boot = await bootContainer();

if (boot.kind === "impossible") {
  const title = "service files beside a real systemd";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  describe("service files beside a real systemd", () => testServices(boot.container));
}

function testServices(container: Container): void {
  beforeAll(() => writeUnits(container));
  afterAll(() => container.stop());

  test.each(SERVICES)("%s gives the same process", (name, lines) => {
    const unit = `plan-${name}.service`;
    container.run("systemctl", "start", unit);
    const real = container.run("cat", `/run/reports/${unit}`);
    const script = fileURLToPath(new URL("container/run-services.ts", import.meta.url));
    const planned = container.run(process.execPath, script, `/etc/systemd/system/${unit}`);
    expect(comparable(planned, lines)).toEqual(comparable(real, lines));
    expect(real).toContain("CapBnd:");
  });
}

/** A manager has limits of its own, which are not those of the process that runs the plan. */
function comparable(report: string, lines: string): readonly string[] {
  return report.split("\n").filter((line) => {
    if (!line.startsWith("Max ")) return line !== "" && !line.startsWith("Limit ");
    return lines.includes("Limit") && SHELL_LIMITS.test(line);
  });
}

function writeUnits(container: Container): void {
  write(container, "/run/report", REPORT);
  write(container, "/run/variables", VARIABLES);
  container.run("chmod", "755", "/run/report");
  container.run("mkdir", "-p", "/run/reports");
  for (const [name, lines] of SERVICES) {
    const command = lines.includes("ExecStart=") ? "" : "ExecStart=/run/report\n";
    const output = `StandardOutput=truncate:/run/reports/plan-${name}.service`;
    const text = `[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n${output}\n${command}${lines}\n`;
    write(
      container,
      `/etc/systemd/system/plan-${name}.service`,
      text.replaceAll("REPORT", "/run/report"),
    );
  }
  container.run("systemctl", "daemon-reload");
}

function write(container: Container, path: string, text: string): void {
  container.run("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, path);
}
