// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setOf } from "../../src/capabilities/set.ts";
import { resolveUser } from "../../src/linux/account.ts";
import { type CommandEnd, startGatedCommand } from "../../src/linux/gated-command.ts";
import {
  type LaunchCredentials,
  type LaunchOptions,
  userCredentials,
} from "../../src/linux/launch-options.ts";
import { attainableLimits, parseLimits } from "../../src/linux/resource-limits.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";

const UNCHANGED: LaunchCredentials = {
  uid: null,
  gid: null,
  groups: null,
  ambient: null,
  bounding: null,
  securebits: null,
  noNewPrivileges: false,
};
const scratch = openTemporaryDirectory();
afterAll(scratch.close);

interface Launched {
  readonly end: CommandEnd;
  readonly output: string;
  /** /proc/PID/status before the command was let go: of the shell at the gate. */
  readonly atGate: ReadonlyMap<string, string>;
}

/** Standard output goes through a file: it is this process's own. */
async function launch(argv: readonly string[], options: LaunchOptions = {}): Promise<Launched> {
  const output = join(scratch.path, "output");
  writeFileSync(output, "");
  chmodSync(output, 0o666);
  const redirected = ["/bin/sh", "-c", 'exec "$@" >>"$0"', output, ...argv];
  const command = await startGatedCommand(redirected, options);
  const atGate = fields(readFileSync(`/proc/${command.pid}/status`, "utf8"));
  command.open();
  return { end: await command.ended, output: readFileSync(output, "utf8"), atGate };
}

function fields(status: string): ReadonlyMap<string, string> {
  return new Map(
    status.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

const FOUR = (id: number): string => Array.from({ length: 4 }, () => id).join("\t");
const mask = (set: bigint): string => set.toString(16).padStart(16, "0");

describePrivileged("a command that is launched with credentials", () => {
  const credentials: LaunchCredentials = {
    uid: 4242,
    gid: 4243,
    groups: [7, 4244],
    ambient: setOf("net_raw", "net_admin"),
    bounding: setOf("net_raw", "net_admin", "kill"),
    securebits: ["no-setuid-fixup", "keep-caps-locked"],
    noNewPrivileges: true,
  };
  const expected = {
    Uid: FOUR(4242),
    Gid: FOUR(4243),
    Groups: "7 4244",
    CapInh: mask(setOf("net_raw", "net_admin")),
    CapPrm: mask(setOf("net_raw", "net_admin")),
    CapEff: mask(setOf("net_raw", "net_admin")),
    CapBnd: mask(setOf("net_raw", "net_admin", "kill")),
    CapAmb: mask(setOf("net_raw", "net_admin")),
    NoNewPrivs: "1",
    Umask: "0027",
  };

  test("has exactly these, and has them at the gate already", async () => {
    const { output, atGate, end } = await launch(["cat", "/proc/self/status"], {
      credentials,
      umask: 0o27,
    });
    expect(Object.fromEntries(fields(output))).toMatchObject(expected);
    expect(Object.fromEntries(atGate)).toMatchObject(expected);
    expect(end).toEqual({ exitCode: 0, signal: null });
  });

  test("has the secure bits, and no others", async () => {
    const { output } = await launch(["setpriv", "--dump"], { credentials });
    expect(output).toMatch(/^Securebits: no_setuid_fixup,keep_caps_locked$/m);
  });

  test("has nothing left as another user without ambient capabilities", async () => {
    const { output } = await launch(["cat", "/proc/self/status"], {
      credentials: { ...UNCHANGED, uid: 4242, gid: 4242, groups: [], ambient: 0n },
    });
    expect(Object.fromEntries(fields(output))).toMatchObject({
      Uid: FOUR(4242),
      Groups: "",
      CapInh: mask(0n),
      CapPrm: mask(0n),
      CapEff: mask(0n),
      CapAmb: mask(0n),
      NoNewPrivs: "0",
    });
  });

  test("as root has what the bounding set leaves", async () => {
    const { output } = await launch(["cat", "/proc/self/status"], {
      credentials: { ...UNCHANGED, bounding: setOf("chown", "kill") },
    });
    expect(fields(output).get("CapEff")).toBe(mask(setOf("chown", "kill")));
    expect(fields(output).get("Uid")).toBe(FOUR(0));
  });

  test("as a user by name has that user's groups", async () => {
    const { output } = await launch(["id", "-G"], {
      credentials: userCredentials(resolveUser("nobody")),
    });
    const ids = Bun.spawnSync(["id", "-G", "nobody"]).stdout.toString();
    expect(output).toBe(ids);
  });

  test("has the limits, as far as this process may set them", async () => {
    const wanted = attainableLimits([
      { resource: "nofile", soft: 100n, hard: 200n },
      { resource: "core", soft: 0n, hard: null },
      { resource: "cpu", soft: 50n, hard: 60n },
    ]);
    const { output } = await launch(["cat", "/proc/self/limits"], { credentials, limits: wanted });
    expect(parseLimits(output)).toEqual(expect.arrayContaining([...wanted]));
  });

  test("has the directory, the environment and the name", async () => {
    const script =
      'pwd; tr "\\0" "\\n" </proc/$$/environ | grep -vE "^(_|SHLVL)=" | sort; tr "\\0" " " </proc/$$/cmdline';
    const { output } = await launch(["/bin/sh", "-c", script, "x"], {
      credentials,
      workingDirectory: "/usr/bin",
      environment: { PATH: "/usr/bin:/bin", A: "b c", LD_PRELOAD_NOT: "1", Z: "" },
    });
    const [directory, ...rest] = output.split("\n");
    expect(directory).toBe("/usr/bin");
    // The shell in between, which redirects the output, adds PWD of its own.
    expect(rest.filter((line) => !line.startsWith("PWD="))).toEqual([
      "A=b c",
      "LD_PRELOAD_NOT=1",
      "PATH=/usr/bin:/bin",
      "Z=",
      `/bin/sh -c ${script} x `.split("\n").join(" "),
    ]);
  });

  test("has the environment alone when nothing stands between", async () => {
    const target = join(scratch.path, "environment");
    writeFileSync(target, "");
    chmodSync(target, 0o666);
    const command = await startGatedCommand(["cp", "/proc/self/environ", target], {
      environment: { PATH: "/usr/bin:/bin", A: "b\nc" },
      workingDirectory: "/usr",
    });
    command.open();
    await command.ended;
    expect(readFileSync(target, "utf8").split("\0").filter(Boolean).sort()).toEqual([
      "A=b\nc",
      "PATH=/usr/bin:/bin",
    ]);
  });

  test("is told another name", async () => {
    const target = join(scratch.path, "cmdline");
    const command = await startGatedCommand(["cp", "/proc/self/cmdline", target], {
      argv0: "-other name",
    });
    command.open();
    await command.ended;
    expect(readFileSync(target, "utf8")).toBe(
      ["-other name", "/proc/self/cmdline", target, ""].join("\0"),
    );
  });

  test("keeps no descriptor of the gate", async () => {
    const { output } = await launch(["ls", "/proc/self/fd"], { credentials });
    const plain = await launch(["ls", "/proc/self/fd"]);
    expect(output).toBe("0\n1\n2\n3\n");
    expect(plain.output).toBe(output);
  });
});

describePrivileged("credentials that cannot be set", () => {
  const reason = (options: LaunchOptions): Promise<unknown> => startGatedCommand(["true"], options);

  test("end with what the launcher said", async () => {
    const forbidden = {
      ...UNCHANGED,
      uid: 4242,
      gid: 4242,
      groups: [],
      ambient: setOf("kill"),
      bounding: 0n,
    };
    await expect(reason({ credentials: forbidden })).rejects.toThrow(
      "starting the command: setpriv: ",
    );
    await expect(reason({ workingDirectory: "/nonexistent" })).rejects.toThrow(/cd.*\/nonexistent/);
    const limits = [{ resource: "nofile", soft: null, hard: null } as const];
    await expect(reason({ limits })).rejects.toThrow("prlimit: ");
  });

  test.each([4294967295, 65535, -1, 1.5, 2 ** 32])("the id %p is never handed on", async (id) => {
    const ids = [
      { uid: id, gid: null, groups: null },
      { uid: null, gid: id, groups: null },
      { uid: null, gid: 1, groups: [1, id] },
    ];
    for (const each of ids) {
      const credentials = { ...UNCHANGED, ...each };
      await expect(startGatedCommand(["true"], { credentials })).rejects.toThrow(
        "not a user or group id",
      );
    }
  });

  test("a directory that the user cannot enter is one of them", async () => {
    const closed = join(scratch.path, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const credentials = { ...UNCHANGED, uid: 4242, gid: 4242, groups: [] };
    await expect(reason({ credentials, workingDirectory: closed })).rejects.toThrow(/cd.*closed/);
  });

  test("an optional directory is replaced by the root", async () => {
    const { output } = await launch(["pwd"], {
      workingDirectory: "/nonexistent",
      workingDirectoryOptional: true,
    });
    expect(output).toBe("/\n");
  });

  test("malformed options are wrong usage", async () => {
    await expect(reason({ workingDirectory: "tmp" })).rejects.toThrow("not an absolute path");
    await expect(reason({ environment: { "a b": "1" } })).rejects.toThrow("not the name");
  });
});
