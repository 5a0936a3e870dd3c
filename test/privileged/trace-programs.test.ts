// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { chownSync, copyFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { AS_NOBODY, judged, needed, NO_TRACE, python, trace } from "./harness/traced.ts";
import { SEEING_ENDS } from "./harness/kernel-version.ts";

const traced = (title: string, body: () => void): void => testUnless(NO_TRACE, title, body);

describe("a program", () => {
  traced("is labelled by its own path, not by that of the shell that starts it", () => {
    const { run } = trace(["sh", "-c", "exec sleep 0.01"]);
    expect(run.images.map(({ exe }) => exe.split("/").pop())).toEqual(["sh", "sleep"]);
    expect(run.images.every(({ pid }) => pid === run.images[0]?.pid)).toBeTrue();
    expect(run.subject).toMatchObject({ kind: "command", argv: ["sh", "-c", "exec sleep 0.01"] });
  });

  traced("in another mount namespace, deleted or gone, does not end the trace", () => {
    const folder = openTemporaryDirectory();
    const script = `cp /bin/sleep ${folder.path}/own && ${folder.path}/own 0.2 & sleep 0.1; rm ${folder.path}/own; wait`;
    const { run, status } = trace(["unshare", "--mount", "sh", "-c", script]);
    folder.close();
    expect(status).toBe(0);
    expect(run.images.map(({ exe }) => exe)).toContain(`${folder.path}/own`);
  });

  traced("of a script is the interpreter, with the script among its arguments", () => {
    const { run } = trace(["sh", "-c", "exec /usr/bin/ldd /bin/true >/dev/null"]);
    const [, script] = run.images;
    expect(script?.exe).toBe("/usr/bin/ldd");
    expect(script?.argv?.slice(-2)).toEqual(["/usr/bin/ldd", "/bin/true"]);
  });

  traced("knows when it asked: before or after it gave up root", () => {
    const drop = python(
      "import os",
      "os.setgroups([]); os.setgid(65534); os.setuid(65534)",
      "try: os.chroot('/')",
      "except PermissionError: pass",
    );
    const { findings } = trace(drop, { options: SEEING_ENDS });
    expect(findings.get("setuid")?.phases).toEqual(["start-up"]);
    expect(findings.get("sys_chroot")?.phases).toEqual(["after-drop"]);
    expect(findings.get("sys_chroot")).toMatchObject({ verdict: "denied", denial: "failing" });
    expect(findings.get("sys_chroot")?.uses[0]?.outcomes).toEqual([
      { syscall: "chroot", errno: "EPERM", count: 1 },
    ]);
  });

  traced("that drops from its bounding set confines itself", () => {
    const drop = ["setpriv", "--bounding-set=-sys_time", "true"];
    const result = trace(drop);
    expect(judged(result, "self-confinement")).toEqual(["setpcap"]);
    expect(needed(result)).toEqual([]);
  });

  traced("that calls capset without a change is under no constraint", () => {
    const same = python(
      "import ctypes",
      "libc = ctypes.CDLL(None)",
      "header = (ctypes.c_uint32 * 2)(0x20080522, 0)",
      "data = (ctypes.c_uint32 * 6)()",
      "assert libc.capget(header, data) == 0",
      "assert libc.capset(header, data) == 0",
    );
    const result = trace(same);
    expect(judged(result, "capset-only")).toEqual([]);
    // Compilers inline the look at one's own set: only a tracepoint sees it everywhere.
    const verdict = result.findings.get("setpcap")?.verdict;
    expect(verdict ?? "opportunistic").toBe("opportunistic");
    if (result.run.wayIn === "tp_btf") expect(verdict).toBeDefined();
    expect(needed(result)).toEqual([]);
  });

  traced("that keeps a capability which it never uses has it as capset-only", () => {
    const keep = python(
      "import ctypes",
      "libc = ctypes.CDLL(None)",
      "header = (ctypes.c_uint32 * 2)(0x20080522, 0)",
      "data = (ctypes.c_uint32 * 6)(1 << 13, 1 << 13, 0, 0, 0, 0)",
      "assert libc.capset(header, data) == 0",
    );
    const result = trace(keep);
    expect(judged(result, "capset-only")).toEqual(["net_raw"]);
  });

  traced("on a file system that checks its mounter's credentials is not charged for it", () => {
    const folder = openTemporaryDirectory();
    const setUp = [
      `mount -t tmpfs none ${folder.path}`,
      `mkdir ${folder.path}/lower ${folder.path}/upper ${folder.path}/work ${folder.path}/merged`,
      `echo x > ${folder.path}/lower/file`,
      `mount -t overlay -o lowerdir=${folder.path}/lower,upperdir=${folder.path}/upper,workdir=${folder.path}/work none ${folder.path}/merged`,
      `exec ${AS_NOBODY.join(" ")} cat ${folder.path}/merged/file`,
    ];
    const result = trace(["unshare", "--mount", "sh", "-ec", setUp.join("; ")]);
    folder.close();
    expect(result.status).toBe(0);
    const cat = result.run.images.find(({ exe }) => exe.endsWith("/cat"))!;
    const charged = result.run.observations.filter(({ image }) => image === cat.id);
    expect(charged.some(({ verdict }) => verdict === "required")).toBeFalse();
    expect(charged.some(({ verdict }) => verdict === "borrowed")).toBeTrue();
  });

  traced("may be 32-bit, or make system calls of another table", () => {
    // int $0x80 is the 32-bit way in: getuid is 24 there, and setgroups32 is 206.
    if (process.arch !== "x64") return;
    const code = python(
      "import ctypes, mmap",
      "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
      "page.write(bytes.fromhex('53b8ce00000031db31c9cd805bc3'))",
      "address = ctypes.addressof(ctypes.c_char.from_buffer(page))",
      "assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 0",
      "import time; time.sleep(0.3)",
    );
    const result = trace(code);
    const use = result.findings.get("setgid")?.uses[0];
    expect(result.status).toBe(0);
    expect(use).toMatchObject({ granted: 1, syscall: null });
    expect(use?.gate).toContain("setgroups");
    expect(use?.userStack[0]?.name).toBe("[jit]");
  });
});

describe("a program's rights", () => {
  traced("that an exec gives are told, and what its file insists on", () => {
    const folder = openTemporaryDirectory();
    const own = join(folder.path, "sleep");
    copyFileSync("/bin/sleep", own);
    Bun.spawnSync(["setcap", "cap_net_raw,cap_chown+ep", own]);
    const { run, findings } = trace([...AS_NOBODY, "sh", "-c", `${own} 0; true`]);
    folder.close();
    const image = run.images.find(({ exe }) => exe === own)!;
    const row = run.credentials.find((each) => each.image === image.id)!;
    const before = run.credentials.find(({ id }) => id === row.previous);
    expect([before?.permitted, row.permitted]).toEqual([[], ["chown", "net_raw"]]);
    expect(image.fileCapabilities).toEqual(["chown", "net_raw"]);
    expect(findings.get("net_raw")).toMatchObject({
      verdict: "capset-only",
      installedIn: ["file"],
    });
  });

  traced("are used by the workers of the kernel that act for it", () => {
    const folder = openTemporaryDirectory();
    const actor = join(folder.path, "io_uring");
    const secret = join(folder.path, "secret");
    const source = join(import.meta.dir, "actors/io_uring.c");
    expect(Bun.spawnSync(["clang", "-O1", "-o", actor, source]).exitCode).toBe(0);
    writeFileSync(secret, "", { mode: 0o000 });
    chownSync(secret, 65534, 65534);
    const result = trace([actor, secret]);
    folder.close();
    if (result.status === 77) {
      console.warn("skipped: io_uring workers: io_uring is not in this kernel or not allowed");
      return;
    }
    expect(result.status).toBe(0);
    expect(needed(result)).toEqual(["dac_read_search"]);
    const use = result.findings.get("dac_read_search")!.uses[0]!;
    expect(use).toMatchObject({ program: actor, syscall: null, gate: "generic_permission" });
  });
});

describe("another process", () => {
  traced("that takes over the pid of one that was followed is not followed", () => {
    const reuse = [
      "sh",
      "-c",
      // In a PID namespace, so that the next pid can be chosen.
      `/bin/true & pid=$!; wait; echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid; exec sleep 0.3`,
    ];
    const { run } = trace(["unshare", "--pid", "--fork", "--mount-proc", ...reuse]);
    const ids = run.images.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(readlinkSync("/proc/self")).toBe(String(process.pid));
  });
});
