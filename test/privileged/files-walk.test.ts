// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runCapscope } from "./harness/capscope.ts";
import { after, listFiles, NOBODY, putFile } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

describePrivileged("the walk of files", () => {
  let temporary: TemporaryDirectory;
  let top: string;
  const put = (path: string, mode?: number): string => putFile(top, path, mode);

  beforeAll(() => {
    temporary = openTemporaryDirectory();
    top = temporary.path;
    for (let index = 0; index < 12; index++) put(`bin/tool-${index}`, 0o4755);
    symlinkSync("/usr/bin", join(top, "link-to-directory"));
  });

  afterAll(() => temporary?.close());

  test("names that are not text come out as they are", () => {
    const name = Buffer.concat([Buffer.from(`${top}/odd/`), Buffer.from([0xe9, 0x0a, 0x20])]);
    mkdirSync(join(top, "odd"));
    copyFileSync("/bin/true", name);
    chmodSync(name, 0o4755);
    const { files } = listFiles([join(top, "odd")]);
    expect(files.map(({ path }) => path)).toEqual([`${top}/odd/\\xe9\n `]);
    const { stdout } = runCapscope(["files", join(top, "odd")]);
    expect(stdout).toContain(`${top}/odd/\\xe9\\x0a\\x20 `);
  });

  test("a path that is a symbolic link is resolved, one inside the tree is not followed", () => {
    symlinkSync(top, `${top}-link`);
    try {
      const through = listFiles([`${top}-link`]);
      expect(through.roots).toEqual([top]);
      expect(through.files.length).toBeGreaterThan(10);
      expect(through.files.every(({ path }) => !path.startsWith("/usr"))).toBe(true);
    } finally {
      run(["rm", `${top}-link`]);
    }
  });

  test("a directory given twice, or inside another, is walked once", () => {
    const twice = listFiles([top, `${top}/bin`, `${top}/../${top.split("/").at(-1)}`]);
    expect(twice.roots).toEqual([top]);
    expect(twice.coverage.filesSeen).toBe(listFiles([top]).coverage.filesSeen);
  });

  test("--search-path is what $PATH leads to, through links and without what is missing", () => {
    const env = { PATH: `${top}/link-to-directory:${top}/none:${top}/bin:${top}/bin` };
    const found = listFiles(["--search-path"], { env });
    expect(found.roots).toEqual(["/usr/bin", join(top, "bin")]);
  });

  test("mounts of the kernel and of the network are not entered, others are", () => {
    const script = `mkdir -p ${top}/m/proc ${top}/m/tmp &&
      mount -t proc proc ${top}/m/proc && mount -t tmpfs -o nosuid none ${top}/m/tmp &&
      cp /bin/true ${top}/m/tmp/x && chmod 4755 ${top}/m/tmp/x`;
    const options = { prefix: after(script) };
    const local = listFiles([`${top}/m`], options);
    expect(local.skippedMounts).toEqual([
      { path: `${top}/m/proc`, type: "proc", reason: "kernel" },
    ]);
    expect(local.files).toMatchObject([{ path: `${top}/m/tmp/x` }]);
    expect(local.files[0]!.flags).toContain("nosuid-mount");
    const one = listFiles(["--one-file-system", `${top}/m`], options);
    expect([one.files, one.skippedMounts.length]).toEqual([[], 2]);
    const all = listFiles(["--all-file-systems", `${top}/m`], options);
    expect(all.skippedMounts).toEqual([]);
    expect(all.coverage.filesSeen).toBeGreaterThan(1000);
  });

  test("a directory that cannot be listed is counted, and exit 4", () => {
    const closed = join(top, "closed");
    put("closed/tool", 0o4755);
    chmodSync(closed, 0o700);
    const options = { prefix: NOBODY, asOtherUser: true };
    const { status, stdout } = runCapscope(["files", top], options);
    expect([status, stdout]).toEqual([4, expect.stringContaining("could not be read (EACCES)")]);
    const partial = listFiles([top], options);
    expect(partial.coverage).toMatchObject({ complete: false, unreadable: 1 });
    expect(runCapscope(["files", top]).status).toBe(0);
  });

  test("a path that is not there is an error that names it", () => {
    const missing = runCapscope(["files", `${top}/none`]);
    expect(missing).toMatchObject({ status: 3, stdout: "" });
    expect(missing.stderr).toContain(`looking at ${top}/none: no such file or directory`);
  });

  test("a file can be named itself; what is no regular file has nothing", () => {
    expect(listFiles([`${top}/bin/tool-1`]).files).toMatchObject([{ path: `${top}/bin/tool-1` }]);
    expect(listFiles(["/dev/null"]).files).toEqual([]);
  });

  test("a directory deeper than paths can be long does not end the walk", () => {
    const script = `import os, sys
os.chdir(sys.argv[1])
for _ in range(60):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)`;
    mkdirSync(join(top, "deep"));
    run(["/usr/bin/python3", "-c", script, join(top, "deep")]);
    const deep = listFiles([join(top, "deep")]);
    expect(deep.coverage.complete).toBe(false);
    expect(deep.coverage.gaps[0]!.message).toContain("ENAMETOOLONG");
    run(["rm", "-rf", join(top, "deep")]);
  });

  test("a large tree is walked by several threads, which find the same", () => {
    const script = `import os, sys
for directory in range(400):
    path = f"{sys.argv[1]}/{directory % 20}/{directory}"
    os.makedirs(path)
    for file in range(100):
        os.close(os.open(f"{path}/{file}", os.O_CREAT | os.O_WRONLY, 0o644))
    os.chmod(f"{path}/7", 0o4755)`;
    const large = join(top, "large");
    mkdirSync(large);
    const expected = join(top, "expected");
    // In memory, and in a mount namespace that takes it away.
    const make = `mount -t tmpfs none ${large} && /usr/bin/python3 -c '${script}' ${large} &&
      find ${large} -perm /6000 > ${expected}`;
    const found = listFiles([large], { prefix: after(make) });
    expect(found.coverage).toMatchObject({ filesSeen: 40_000, directoriesSeen: 421 });
    expect(found.files.map(({ path }) => path)).toEqual(
      readFileSync(expected, "utf8").trim().split("\n").toSorted(),
    );
  });
});
