// SPDX-License-Identifier: Apache-2.0
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { setOf } from "../../src/capabilities/set.ts";
import type { CredentialsRecord } from "../../src/linux/bpf/observation.ts";
import { type Trace, traceCommand, traced } from "./harness/followed-command.ts";

const PYTHON = "/usr/bin/python3";
const isX64 = process.arch === "x64";
const CHOWN = isX64 ? 92 : 54;
const EPERM = 1;
const LIBC = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
`;

function asNobody(...command: string[]): string[] {
  return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...command];
}

function python(...lines: string[]): string[] {
  return [PYTHON, "-c", lines.join("\n")];
}

/** The credentials of the one image of python, in the order in which they were seen. */
function credentialsOf(trace: Trace): CredentialsRecord[] {
  const image = trace.images.find(({ exe }) => exe === PYTHON);
  return trace.credentials.filter((row) => row.image === image?.id);
}

traced("a change of user ends the row of root's credentials", async () => {
  const trace = await traceCommand(
    python(
      "import os",
      "os.setgroups([])",
      "os.setgid(65534)",
      "os.setuid(65534)",
      "os.getpriority(0, 0)",
      "try: os.chown('/etc/passwd', 0, 0)",
      "except PermissionError: pass",
    ),
  );
  const rows = credentialsOf(trace);
  expect(rows.map(({ uid, permitted }) => [uid, permitted === 0n])).toEqual([
    [0, false],
    [65534, true],
  ]);
  expect(rows[1]?.previous).toBe(rows[0]!.id);
  const asked = trace.checks.filter(({ syscall }) => syscall === CHOWN);
  expect(asked.map(({ credentials }) => credentials)).toEqual([rows[1]!.id]);
});

traced("a process that drops without asking for anything after it is seen at its end", async () => {
  const trace = await traceCommand(python("import os", "os.setuid(65534)", "os._exit(0)"));
  expect(credentialsOf(trace).map(({ uid }) => uid)).toEqual([0, 65534]);
});

traced("a capset that changes nothing makes no row", async () => {
  // The header of version 3 for this process; capget() into the data, capset() of the same.
  const trace = await traceCommand(
    python(
      LIBC,
      "header = (ctypes.c_uint32 * 2)(0x20080522, 0)",
      "data = (ctypes.c_uint32 * 6)()",
      "assert libc.capget(header, data) == 0",
      "assert libc.capset(header, data) == 0",
    ),
  );
  expect(credentialsOf(trace)).toHaveLength(1);
});

traced("a capset that gives something up makes a row with the sets that are left", async () => {
  const trace = await traceCommand(
    python(
      LIBC,
      "header = (ctypes.c_uint32 * 2)(0x20080522, 0)",
      "data = (ctypes.c_uint32 * 6)(1 << 13, 1 << 13 | 1 << 10, 0, 0, 0, 0)",
      "assert libc.capset(header, data) == 0",
    ),
  );
  expect(credentialsOf(trace).at(-1)).toMatchObject({
    effective: setOf("net_raw"),
    permitted: setOf("net_raw", "net_bind_service"),
    inheritable: 0n,
  });
});

traced("no-new-privileges, the bounding set and secure bits are seen", async () => {
  const words = ["setpriv", "--no-new-privs", "--bounding-set=-sys_time", "--securebits=+noroot"];
  const trace = await traceCommand([...words, ...python("pass")]);
  const row = credentialsOf(trace)[0]!;
  expect(row.noNewPrivileges).toBeTrue();
  expect(row.bounding & setOf("sys_time")).toBe(0n);
  expect(row.securebits & 1).toBe(1);
});

traced("what an exec gives is a row of the new image that names the one before", async () => {
  const trace = await traceCommand(asNobody(...python("pass")));
  const [first] = credentialsOf(trace);
  const before = trace.credentials.find(({ id }) => id === first?.previous);
  const image = trace.images.find(({ id }) => id === before?.image);
  expect([image?.exe, before?.uid, first?.permitted]).toEqual(["/usr/bin/setpriv", 65534, 0n]);
});

const DENIED = asNobody(
  ...python(
    "import os",
    "for _ in range(3):",
    "  try: os.chown('/etc/passwd', 0, 0)",
    "  except PermissionError: pass",
  ),
);

for (const watchesExits of [false, true]) {
  const way = watchesExits ? "at the end of every system call" : "by the task that was denied";
  traced(`how a system call with a denied check ended is reported ${way}`, async () => {
    const trace = await traceCommand(DENIED, { watchesExits });
    const ends = trace.outcomes.filter(({ syscall }) => syscall === CHOWN);
    const expected = [{ denied: setOf("chown"), errno: EPERM, count: 3 }];
    expect(ends).toMatchObject(trace.seesOutcomes ? expected : []);
  });
}

traced("a system call that succeeds all the same is told from one that fails", async () => {
  // Nobody may not raise the priority, and mapping memory does not depend on the answer.
  const script = python("import mmap", "mmap.mmap(-1, 1 << 20)");
  const trace = await traceCommand(asNobody(...script));
  const ends = trace.outcomes.filter(({ denied }) => denied === setOf("sys_admin"));
  expect(ends.length > 0).toBe(trace.seesOutcomes && trace.wayIn === "tp_btf");
  expect(ends.every(({ errno }) => errno === 0)).toBeTrue();
});

traced("a call that fails though the capability was granted is told", async () => {
  // In a user namespace whose maps were written without privileges, setgroups(2) is forbidden.
  const ask = python("import os", "try: os.setgroups([])", "except PermissionError: pass");
  const trace = await traceCommand(["unshare", "--user", "--map-root-user", ...ask]);
  const row = trace.checks.find(({ capability, ownNamespace }) => capability === 6 && ownNamespace);
  const refused = trace.outcomes.filter(({ granted }) => granted !== 0n);
  expect(row?.granted).toBeTrue();
  const expected = [{ syscall: row?.syscall, granted: setOf("setgid"), errno: EPERM, count: 1 }];
  expect(refused).toMatchObject(trace.seesOutcomes ? expected : []);
});

traced("a check has the place in the program that led to it", async () => {
  const trace = await traceCommand(DENIED);
  const row = trace.checks.find(({ syscall }) => syscall === CHOWN);
  const [frame] = row?.userStacks[0]?.frames ?? [];
  expect(frame?.kind).toBe("file");
  const maps = readFileSync("/proc/self/maps", "utf8");
  const libc = maps
    .split("\n")
    .find((line) => line.includes("libc.so.6"))!
    .split(/\s+/)[5]!;
  const buildId = frame?.kind === "file" ? Buffer.from(frame.buildId, "hex") : Buffer.alloc(0);
  // The library that makes the system call has the identity that the kernel read.
  expect(readFileSync(libc).subarray(0, 4096).includes(buildId)).toBeTrue();
});

traced(
  "a call that sets what is set already, or a mode without the bit, is told by its arguments",
  async () => {
    const trace = await traceCommand(
      python(
        "import os, tempfile",
        "directory = tempfile.mkdtemp()",
        "os.chown(directory, 0, 5)",
        "os.chmod(directory, 0o755)",
        "os.chmod(directory, 0o2755)",
        "fd = os.open(directory, os.O_RDONLY)",
        "os.fchmod(fd, 0o700)",
        "os.fchmod(fd, 0o2700)",
        "os.rmdir(directory)",
        "for change in os.setgid, os.setuid: change(0)",
        "for change in os.setgid, os.setuid: change(65534)",
      ),
    );
    const image = trace.images.find(({ exe }) => exe === PYTHON)!;
    const asked = trace.checks.filter((check) => check.image === image.id && check.capability < 8);
    const countsOf = (name: string): readonly string[] =>
      asked
        .filter(({ capability }) => setOf(name) === 1n << BigInt(capability))
        .map(({ moot, count }) => `${count} ${moot ? "moot" : "real"}`)
        .toSorted();
    expect(countsOf("setgid")).toEqual(["1 moot", "1 real"]);
    expect(countsOf("setuid")).toEqual(["1 moot", "1 real"]);
    // Asked in chmod(2) and in fchmod(2), by one or two functions.
    const fsetid = countsOf("fsetid");
    expect(fsetid.length % 2).toBe(0);
    expect(fsetid.filter((text) => text.endsWith("moot")).length).toBe(fsetid.length / 2);
  },
);
