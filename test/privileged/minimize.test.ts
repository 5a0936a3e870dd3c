// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capabilityNames } from "../../src/capabilities/set.ts";
import { parseStatus } from "../../src/linux/procfs/status.ts";
import { testUnless } from "../skip.ts";
import { runCapscope } from "./harness/capscope.ts";
import { SEEING_ENDS } from "./harness/kernel-version.ts";
import { minimize, proven } from "./harness/minimized.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { NO_TRACE, python, PYTHON } from "./harness/traced.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);
const here = (name: string): string => join(scratch.path, name);

// Others may use the same port meanwhile.
let namespace: NetworkNamespace;
beforeAll(async () => {
  if (NO_TRACE === null) namespace = await openNetworkNamespace();
});
afterAll(() => namespace?.close());

const BIND = python("import socket", "socket.socket().bind(('127.0.0.1', 81))", "print('bound')");

/** A file of another user that nobody may read. */
function makeClosedFile(name: string): string {
  writeFileSync(here(name), "secret\n");
  chmodSync(here(name), 0);
  chownSync(here(name), 65_534, 65_534);
  return here(name);
}

describe("capscope minimize proves that", () => {
  testUnless(NO_TRACE, "a program that binds port 81 needs just that, and tells why", () => {
    const result = minimize(BIND, [], { namespace });
    expect(result.status).toBe(0);
    expect(result.proof.minimalSets).toEqual([["net_bind_service"]]);
    expect(result.profile.proven).toEqual(["net_bind_service"]);
    expect(proven(result, "needed")).toEqual(["net_bind_service"]);
    const { failure, refused } = result.capabilities.get("net_bind_service")!;
    expect(failure).toBe("ended with status 1, not 0");
    expect(refused).toMatchObject([
      { program: PYTHON, syscall: "bind", end: "failed", errno: "EACCES" },
    ]);
    expect(refused[0]!.userStack.map(({ name }) => name)).toContain("bind");
    // What the kernel asks for with a fallback was granted, and is not needed.
    expect(result.capabilities.get("sys_admin")).toMatchObject({ proof: "droppable" });
    // The output of the first run, and of no other.
    expect(result.stdout).toBe("bound\n");
    expect(result.proof.runs).toBe(6);
  });

  testUnless(NO_TRACE, "a command of root that does nothing needs no capability", () => {
    const result = minimize(["/bin/sleep", "0.05"]);
    expect(result.status).toBe(0);
    expect(result.proof.minimalSets).toEqual([[]]);
    expect(proven(result, "needed")).toEqual([]);
    expect(result.proof.runs).toBe(4);
  });

  testUnless(NO_TRACE, "a user who binds port 81 needs it as an ambient capability", () => {
    const result = minimize(BIND, ["--user", "65534:65534"], { namespace });
    expect(result.proof).toMatchObject({
      method: "user",
      uid: 65_534,
      minimalSets: [["net_bind_service"]],
    });
    const { refused } = result.capabilities.get("net_bind_service")!;
    expect(refused).toMatchObject([{ syscall: "bind", errno: "EACCES" }]);
  });

  testUnless(NO_TRACE, "either of two capabilities lets root read a closed file", () => {
    const { status, proof } = minimize(["/bin/cat", makeClosedFile("closed")]);
    expect(status).toBe(0);
    expect(proof.minimalSets).toEqual([["dac_read_search"], ["dac_override"]]);
  });

  testUnless(NO_TRACE, "what a check alone notices is needed as well", () => {
    const [file, copy] = [makeClosedFile("original"), here("copy")];
    const argv = ["/bin/sh", "-c", `cat ${file} >${copy}; chown 4242 ${copy} 2>/dev/null; true`];
    const blind = minimize(argv);
    expect(blind.proof.minimalSets).toEqual([[]]);
    // Droppable, and yet calls failed: whoever reads it can tell.
    expect(blind.capabilities.get("chown")).toMatchObject({
      proof: "droppable",
      refused: [{ syscall: "fchownat", errno: "EPERM" }],
    });
    const check = `test "$(stat -c %u ${copy})" = 4242 && grep -q secret ${copy}`;
    const prepare = `rm -f ${copy}`;
    const checked = minimize(argv, ["--check", check, "--prepare", prepare]);
    expect(checked.proof.minimalSets[0]).toEqual(["chown", "dac_read_search"]);
    expect(checked.capabilities.get("chown")?.failure).toBe("the check ended with status 1");
    const strict = minimize(argv, ["--strict", "--prepare", prepare]);
    expect(strict.proof.minimalSets[0]).toEqual(["chown", "dac_read_search"]);
    expect(strict.capabilities.get("chown")?.failure).toBe("fchownat was refused chown");
  });

  testUnless(NO_TRACE, "tar needs what it takes to give files to their owners", () => {
    mkdirSync(here("from/closed"), { recursive: true });
    writeFileSync(here("from/closed/secret"), "secret\n");
    writeFileSync(here("from/set-id"), "");
    const run = (line: string): void => {
      const { exitCode, stderr } = Bun.spawnSync(["/bin/sh", "-ec", line], { cwd: scratch.path });
      if (exitCode !== 0) throw new Error(stderr.toString());
    };
    run(`mknod from/null c 1 3; chown -R 65534:65534 from; chmod 700 from/closed
      chmod 6755 from/set-id; tar -cf archive.tar -C from .`);
    const list = (directory: string): string =>
      ` (cd ${here(directory)}; find . -printf '%p %U %m %y\\n' | sort)`;
    const result = minimize(
      ["/usr/bin/tar", "-xpf", here("archive.tar"), "-C", here("to")],
      [
        "--prepare",
        `rm -rf ${here("to")} && mkdir ${here("to")}`,
        "--check",
        `test "$(${list("from")})" = "$(${list("to")})"`,
      ],
    );
    expect(result.proof.minimalSets[0]).toEqual(["chown", "fowner", "fsetid", "mknod"]);
    expect(result.capabilities.get("mknod")).toMatchObject({
      failure: "ended with status 2, not 0",
      refused: [{ syscall: "mknodat", errno: "EPERM" }],
    });
    // chmod(2) drops the bit in silence: only the check has noticed.
    expect(result.capabilities.get("fsetid")).toMatchObject({
      failure: "the check ended with status 1",
      refused: [
        { end: "succeeded", errno: null },
        ...result.capabilities.get("fsetid")!.refused.slice(1),
      ],
    });
  });
});

describe("each run of capscope minimize", () => {
  testUnless(NO_TRACE, "has the sets that it is said to have, by the kernel's own account", () => {
    for (const user of [[], ["--user", "65534:65534"]]) {
      const file = here(`status-${user.length}`);
      writeFileSync(file, "");
      chmodSync(file, 0o666);
      const argv = python(
        "import socket",
        `print(open('/proc/self/status').read(), file=open('${file}', 'a'), end='===')`,
        "socket.socket().bind(('127.0.0.1', 81))",
      );
      const { proof } = minimize(argv, user, { namespace });
      expect(proof.minimalSets).toEqual([["net_bind_service"]]);
      const runs = readFileSync(file, "utf8").split("===").slice(0, -1).map(parseStatus);
      const bounding = runs.map((each) => capabilityNames(each.bounding));
      expect(bounding[0]!.length).toBeGreaterThan(30);
      expect(bounding.slice(2)).toEqual([["net_bind_service"], ["net_bind_service"], [], []]);
      for (const each of runs) {
        expect(each.permitted).toBe(each.bounding);
        expect(each.effective).toBe(each.bounding);
        expect(each.ambient).toBe(user.length === 0 ? 0n : each.bounding);
        expect(each.uids).toEqual(
          user.length === 0 ? [0, 0, 0, 0] : [65_534, 65_534, 65_534, 65_534],
        );
      }
    }
  });

  testUnless(NO_TRACE, "gets standard input from its beginning where that is a file", () => {
    const input = here("input");
    writeFileSync(input, "line\n");
    const script = `read -r line && test "$line" = line`;
    const words = ["minimize", "--format", "caps", "--", "/bin/sh", "-c", script];
    const prefix = ["/bin/sh", "-c", `exec "$@" <${input}`, "sh"];
    expect(runCapscope(words, { prefix })).toMatchObject({ status: 0 });
  });
});

describe("the report of capscope minimize", () => {
  testUnless(NO_TRACE, "is the proven set alone with --format caps", () => {
    const { status, stderr, stdout } = runCapscope(
      ["minimize", "--format", "caps", "--", ...BIND],
      { namespace },
    );
    expect([status, stdout]).toEqual([0, "bound\n"]);
    expect(stderr.split("\n").filter((line) => !line.startsWith("capscope: "))).toEqual([
      "CAP_NET_BIND_SERVICE",
      "",
    ]);
  });

  testUnless(NO_TRACE, "says on standard error what each run showed, and what is proven", () => {
    const { stderr } = runCapscope(["minimize", ...SEEING_ENDS, "--", ...BIND], { namespace });
    expect(stderr).toMatch(/^capscope: runs the command again and again.*: \/usr\/bin\/python3/);
    expect(stderr).toContain(
      "capscope: run 5 of about 6: without CAP_NET_BIND_SERVICE: fails: ended with status 1, not 0\n",
    );
    expect(stderr).toContain("\nProven: CAP_NET_BIND_SERVICE\n");
    expect(stderr).toContain("bind failed with EACCES in /usr/bin/python3");
    expect(stderr).toContain("Proven by re-runs without the others");
    expect(stderr).not.toContain("not proven");
  });

  testUnless(NO_TRACE, "is a profile that the other commands read", () => {
    const file = here("profile.json");
    runCapscope(["minimize", "--json", "-o", file, "--", "/bin/cat", makeClosedFile("other")]);
    const shown = runCapscope(["profile", "show", file]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain("Proven by re-runs: it works with CAP_DAC_READ_SEARCH.");
    expect(shown.stdout).toContain("works as well, with CAP_DAC_OVERRIDE alone");
    expect(runCapscope(["profile", "show", "--format", "caps", file]).stdout).toBe(
      "CAP_DAC_READ_SEARCH\n",
    );
  });
});
