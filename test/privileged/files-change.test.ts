// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { encodeFileCapabilities } from "../../src/capabilities/file-capabilities.ts";
import { EMPTY_SET, setOf } from "../../src/capabilities/set.ts";
import type { FileChange } from "../../src/inventory/model.ts";
import { CapabilityFile } from "../../src/linux/xattr/capability-file.ts";
import { runCapscope } from "./harness/capscope.ts";
import { NOBODY, putFile } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

const NET_RAW = encodeFileCapabilities({
  permitted: setOf("net_raw"),
  inheritable: EMPTY_SET,
  effective: true,
  rootUid: null,
});

describePrivileged("files set and files remove", () => {
  let temporary: TemporaryDirectory;
  let top: string;
  const getcap = (path: string): string =>
    run(["getcap", "-n", path])
      .trim()
      .slice(path.length + 1);
  const set = (...words: readonly string[]) => runCapscope(["files", "set", ...words]);
  const change = (...words: readonly string[]): FileChange => {
    const { status, stdout, stderr } = runCapscope(["files", ...words, "--json"]);
    if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
    return parseBySchema(stdout, "file-change") as FileChange;
  };

  beforeAll(() => {
    temporary = openTemporaryDirectory();
    top = temporary.path;
  });

  afterAll(() => temporary?.close());

  test.each([
    [["net_raw,net_admin"], "cap_net_admin,cap_net_raw=ep"],
    [["NET_RAW", "chown"], "cap_chown,cap_net_raw=ep"],
    [["cap_net_raw+p"], "cap_net_raw=p"],
    [["cap_net_raw=i"], "cap_net_raw=i"],
    [["cap_sys_admin=ep"], "cap_sys_admin=ep"],
    [["--root-id", "1000", "cap_net_raw=ep"], "cap_net_raw=ep [rootid=1000]"],
    [["=ep"], "=ep"],
  ])("%p gives what getcap shows", (words, text) => {
    const path = putFile(top, "tool");
    const options = words.filter((word) => word.startsWith("--") || /^\d+$/.test(word));
    const capabilities = words.filter((word) => !options.includes(word));
    const { changes, after } = change("set", ...options, path, ...capabilities);
    expect(changes).toBe(true);
    // The kernel keeps only what it knows of "all".
    if (text !== "=ep") expect(getcap(path)).toBe(text);
    else expect(getcap(path)).toContain("=ep");
    expect(text.startsWith(after!.text) || text === "=ep").toBe(true);
    expect(change("set", ...options, path, ...capabilities).changes).toBe(false);
  });

  test("setcap -v agrees with what was set", () => {
    const path = putFile(top, "verified");
    expect(set(path, "net_raw").status).toBe(0);
    expect(run(["setcap", "-v", "cap_net_raw=ep", path])).toContain("OK");
  });

  test("remove takes it away, and is fine with a file that has none", () => {
    const path = putFile(top, "removed");
    set(path, "net_raw");
    expect(change("remove", path)).toMatchObject({ changes: true, after: null });
    expect(getcap(path)).toBe("");
    expect(change("remove", path)).toMatchObject({ changes: false });
  });

  test("a dry run says the same and writes nothing", () => {
    const path = putFile(top, "dry");
    const dry = change("set", "-n", path, "net_raw");
    expect(dry).toMatchObject({ dryRun: true, changes: true, before: null });
    expect(getcap(path)).toBe("");
    expect(set("--dry-run", path, "net_raw").stdout).toContain("would set cap_net_raw=ep");
    expect(change("set", path, "net_raw").outcomes).toEqual(dry.outcomes);
  });

  test("what it says of an ordinary user is what the kernel does", () => {
    const path = join(top, "grep");
    copyFileSync("/bin/grep", path);
    for (const text of ["cap_net_raw=ep", "cap_net_raw=p", "cap_net_raw=i"]) {
      const [user, , confined] = change("set", path, text).outcomes;
      const cases = [
        [user!, []],
        // A second one: the first still has root's permitted set when it executes.
        [confined!, ["setpriv", "--no-new-privs"]],
      ] as const;
      for (const [outcome, more] of cases) {
        const status = run([...NOBODY, ...more, path, "^Cap", "/proc/self/status"]);
        const mask = (key: string): bigint =>
          BigInt(`0x${new RegExp(`${key}:\\s+(\\w+)`).exec(status)![1]}`);
        expect([text, mask("CapPrm")]).toEqual([text, setOf(...outcome.permitted)]);
        expect([text, mask("CapEff")]).toEqual([text, setOf(...outcome.effective)]);
      }
    }
  });

  test("a bounding set that lacks what the effective bit promises makes exec fail, as it says", () => {
    const path = putFile(top, "promised");
    const { outcomes } = change("set", path, "net_raw");
    expect(outcomes.find(({ who }) => who === "trimmed")).toMatchObject({ refused: true });
    const trimmed = Bun.spawnSync(["setpriv", "--bounding-set=-net_raw", ...NOBODY, path]);
    expect(trimmed.stderr.toString()).toContain("Operation not permitted");
  });

  test("symbolic links are not followed, on request nowhere in the path", () => {
    const path = putFile(top, "real/target");
    symlinkSync(path, join(top, "link"));
    symlinkSync(join(top, "real"), join(top, "directory"));
    const refused = set(join(top, "link"), "net_raw");
    expect([refused.status, refused.stderr]).toEqual([
      3,
      expect.stringContaining("is a symbolic link"),
    ]);
    const through = join(top, "directory/target");
    expect(set("--no-symlinks", through, "net_raw").status).toBe(3);
    expect(getcap(path)).toBe("");
    expect(set(through, "net_raw").status).toBe(0);
    expect(set("--no-symlinks", path, "chown").status).toBe(0);
    expect(getcap(path)).toBe("cap_chown=ep");
  });

  test.each(["/dev/null", "/proc/self/fd/0", "/tmp", "/etc/none"])("%s is refused", (path) => {
    const { status, stdout } = set(path, "net_raw");
    expect([status, stdout]).toEqual([3, ""]);
  });

  test("a file that was written to, or replaced, between look and change is left alone", async () => {
    const written = putFile(top, "written");
    {
      using file = await CapabilityFile.open(written, false);
      appendFileSync(written, "x");
      expect(() => file.change(NET_RAW)).toThrow(/changed it meanwhile/);
    }
    const replaced = putFile(top, "replaced");
    {
      using file = await CapabilityFile.open(replaced, false);
      renameSync(putFile(top, "other"), replaced);
      expect(() => file.change(NET_RAW)).toThrow(/another file is in its place/);
    }
    const mode = putFile(top, "mode");
    {
      using file = await CapabilityFile.open(mode, false);
      chmodSync(mode, 0o777);
      expect(() => file.change(NET_RAW)).toThrow(/changed it meanwhile/);
    }
    expect([getcap(written), getcap(replaced), getcap(mode)]).toEqual(["", "", ""]);
  });

  test("it says that a script, a second name or a writable file change the picture", () => {
    const script = putFile(top, "script", 0o777, "#!/bin/sh\n");
    linkSync(script, join(top, "second"));
    const notes = change("set", script, "net_raw").notes.join("\n");
    expect(notes).toContain("it is a script");
    expect(notes).toContain("2 names");
    expect(notes).toContain("others may write it");
    writeFileSync(script, "");
    expect(getcap(script)).toBe("");
  });

  test("without CAP_SETFCAP it is refused, with what helps", () => {
    const path = putFile(top, "unprivileged");
    const { status, stderr } = runCapscope(["files", "set", path, "net_raw"], {
      prefix: ["setpriv", "--bounding-set=-setfcap"],
    });
    expect([status, stderr]).toEqual([3, expect.stringContaining("CAP_SETFCAP")]);
    expect(getcap(path)).toBe("");
  });

  test.each([
    [["set"], /argument/],
    [["set", "/bin/true"], /argument/],
    [["set", "/bin/true", "nonsense"], /no capabilities: nonsense/],
    [["set", "/bin/true", "cap_net_raw=ep", "cap_chown=p"], /one effective bit/],
    [["set", "/bin/true", "cap_net_raw="], /no capabilities to set/],
    [["set", "--root-id", "x", "/bin/true", "net_raw"], /user id/],
    [["remove", "/bin/true", "more"], /argument/],
  ])("%p is wrong usage", (words, message) => {
    const { status, stdout, stderr } = runCapscope(["files", ...words]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});
