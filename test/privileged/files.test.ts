// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, chownSync, linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { FilesReport, ListedFile } from "../../src/inventory/model.ts";
import { runCapscope } from "./harness/capscope.ts";
import { after, lines, listFiles, putFile } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

describePrivileged("files", () => {
  let temporary: TemporaryDirectory;
  let top: string;
  let report: FilesReport;

  const put = (path: string, mode?: number, content?: string): string =>
    putFile(top, path, mode, content);
  const withCaps = (text: string, path: string, mode = 0o755): void => {
    run(["setcap", text, put(path, mode)]);
  };
  const find = (path: string, given = report): ListedFile => {
    const found = given.files.find((file) => file.path === join(top, path));
    if (found === undefined) throw new Error(`${path} is not in the report`);
    return found;
  };

  beforeAll(() => {
    temporary = openTemporaryDirectory();
    top = temporary.path;
    put("plain");
    withCaps("cap_net_raw=ep", "bin/ping");
    withCaps("cap_net_raw,cap_net_admin=p cap_chown=i", "bin/several");
    withCaps("cap_net_raw=i", "bin/inheritable");
    withCaps("cap_setuid=ep", "bin/python3.11");
    withCaps("cap_sys_admin=ep", "bin/private", 0o700);
    withCaps("cap_net_raw=ep", "data/notes.txt", 0o644);
    run(["setcap", "cap_net_raw=ep", put("bin/script", 0o755, "#!/bin/sh\n")]);
    run(["setcap", "-n", "1000", "cap_net_raw=ep", put("bin/namespaced")]);
    chmodSync(put("bin/setuid"), 0o4755);
    chmodSync(put("bin/setgid"), 0o2755);
    chmodSync(put("bin/locking"), 0o2644);
    chmodSync(put("bin/shared"), 0o4777);
    chmodSync(put("open/tool"), 0o4755);
    chmodSync(join(top, "open"), 0o777);
    chmodSync(put("sticky/tool"), 0o4755);
    chmodSync(join(top, "sticky"), 0o1777);
    chmodSync(put("home/tool"), 0o4755);
    chownSync(join(top, "home"), 4321, 4321);
    linkSync(join(top, "bin/setuid"), join(top, "bin/another-name"));
    symlinkSync(join(top, "bin/setuid"), join(top, "link-to-file"));
    symlinkSync("/usr/bin", join(top, "link-to-directory"));
    put("a/b/c/d/e/f/deep", 0o4755);
    report = listFiles([top]);
  });

  afterAll(() => temporary?.close());

  test("finds what getcap -r and find -perm find, and nothing else", () => {
    const capabilities = report.files.filter((file) => file.capabilities !== null);
    const theirs = lines(["getcap", "-r", "-n", top]).map((line) => line.replace(/ \[.*$/, ""));
    const ours = capabilities.map((file) => `${file.path} ${file.capabilities!.text}`);
    expect(ours.toSorted()).toEqual(theirs.toSorted());
    const bits = report.files.filter(
      (file) => file.setuid || (Number.parseInt(file.mode, 8) & 0o2000) !== 0,
    );
    const names = bits.flatMap(({ path, otherPaths }) => [path, ...otherPaths]);
    expect(names.toSorted()).toEqual(
      lines(["find", top, "-type", "f", "-perm", "/6000"]).toSorted(),
    );
    expect(report.coverage.filesSeen).toBe(lines(["find", top, "-type", "f"]).length);
  });

  test("a file with two names is one file", () => {
    expect(find("bin/another-name").otherPaths).toEqual([join(top, "bin/setuid")]);
  });

  test("sets, effective bit and root id are told apart", () => {
    expect(find("bin/several").capabilities).toMatchObject({
      permitted: ["net_admin", "net_raw"],
      inheritable: ["chown"],
      effective: false,
      rootUid: null,
    });
    expect(find("bin/namespaced").capabilities).toMatchObject({
      text: "cap_net_raw=ep",
      rootUid: 1000,
    });
    expect(find("bin/locking")).toMatchObject({ setuid: false, setgid: false, mode: "2644" });
  });

  test.each([
    ["bin/ping", []],
    ["bin/python3.11", ["gives-root", "interpreter"]],
    ["bin/private", []],
    ["bin/inheritable", ["inheritable-only"]],
    ["bin/several", ["permitted-only"]],
    ["bin/script", ["script"]],
    ["bin/namespaced", ["root-id"]],
    ["data/notes.txt", ["not-executable"]],
    ["bin/shared", ["writable-by-others"]],
    ["open/tool", ["in-writable-directory"]],
    ["sticky/tool", []],
    ["home/tool", ["in-writable-directory"]],
  ] as const)("%s has the flags that it deserves", (path, flags) => {
    const own = find(path).flags.filter((flag) => flag !== "not-from-package");
    expect(own).toEqual([...flags]);
  });

  test("files of no package say so, where there is a package manager", () => {
    const expected = report.packageManagers.length > 0;
    expect(find("bin/ping").flags.includes("not-from-package")).toBe(expected);
  });

  test("a packaged file is known by its package, and is as it was installed", () => {
    const { files, packageManagers } = listFiles(["/bin/su"]);
    if (!packageManagers.includes("dpkg")) return;
    const [owner] = lines(["dpkg-query", "-S", "/bin/su"])[0]!.split(":");
    expect(files).toMatchObject([
      { path: "/usr/bin/su", package: { manager: "dpkg", name: owner, contentMatches: true } },
    ]);
  });

  test("a packaged file with another content is not what was installed", () => {
    const script =
      "cp /bin/su /mnt/su && chmod 4755 /mnt/su && echo >> /mnt/su && mount --bind /mnt/su /usr/bin/su";
    const { files, packageManagers } = listFiles(["/usr/bin/su"], {
      prefix: after(`mount -t tmpfs none /mnt && ${script}`),
    });
    if (!packageManagers.includes("dpkg")) return;
    // Writing took the bit away, which cp had kept: chmod alone would not show here.
    expect(files.length === 0 || files[0]!.flags.includes("differs-from-package")).toBe(true);
  });

  test("--caps and --flag keep those that have it", () => {
    expect(listFiles(["--caps", top]).files.every((file) => file.capabilities !== null)).toBe(true);
    const flagged = listFiles(["--flag", "gives-root,script", top]).files;
    expect(flagged.map(({ path }) => path)).toEqual([
      join(top, "bin/python3.11"),
      join(top, "bin/script"),
    ]);
    expect(runCapscope(["files", "--flag", "nonsense", top]).status).toBe(2);
  });
  test("nothing on the machine's search path escapes it that filecap finds", () => {
    const theirs = lines(["filecap", "/usr/bin"]).slice(1);
    const ours = new Set(listFiles(["--caps", "/usr/bin"]).files.map(({ path }) => path));
    const missing = theirs
      .map((line) => /\s(\/\S+)/.exec(line)![1]!)
      .filter((path) => !ours.has(path));
    expect(missing).toEqual([]);
  });
});
