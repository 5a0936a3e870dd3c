// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Actor, startActor } from "./harness/actor.ts";
import { endpointOf, readReport, runCapscope } from "./harness/capscope.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

describePrivileged("9. UNIX sockets are a plane of their own, behind --unix", () => {
  let here: NetworkNamespace;
  let temporary: TemporaryDirectory;
  let actor: Actor;
  let path: string;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    temporary = openTemporaryDirectory();
    const directory = temporary.path;
    path = join(directory, "service.sock");
    actor = await startActor(here, {
      sockets: [
        { family: "unix", type: "stream", bind: path },
        { family: "unix", type: "seqpacket", bind: "@capscope-test" },
        { family: "unix", type: "dgram", bind: `${path}.log` },
        { family: "unix", type: "stream", bind: `${path}.quiet`, listen: false },
      ],
    });
    chmodSync(path, 0o660);
  });

  afterAll(() => {
    actor?.stop();
    here?.close();
    temporary?.close();
  });

  test("a listener on a path has the mode and owner of the file", () => {
    const endpoint = endpointOf(readReport(here, ["--unix"]), actor.inodes[0]);
    const { mode, uid, gid } = statSync(path);
    const text = `0${(mode & 0o7777).toString(8)}`;
    expect(endpoint).toMatchObject({
      protocol: "unix",
      type: "stream",
      unix: { name: path, abstract: false, mode: text, uid, gid },
      owners: [{ pid: actor.pid }],
      reach: [{ plane: "local", interface: null }],
    });
    const { stdout } = runCapscope(["exposure", "--unix", "--no-color"], { namespace: here });
    expect(stdout.replaceAll(/\n[│ ]*/g, " ")).toContain(`${path} (mode=${text} uid=${uid}`);
  });

  test("an abstract name has neither", () => {
    const endpoint = endpointOf(readReport(here, ["--unix"]), actor.inodes[1]);
    expect(endpoint).toMatchObject({
      protocol: "unix",
      type: "seqpacket",
      unix: { name: "capscope-test", abstract: true, mode: null, uid: null, gid: null },
    });
  });

  test("the sockets are those that the kernel lists as taking traffic, by inode", () => {
    const inodes = readReport(here, ["--unix"]).endpoints.flatMap((each) =>
      each.sockets.map((socket) => socket.inode),
    );
    const listed = here
      .run("ss", "-Hlx")
      .split("\n")
      .map((line) => line.split(/\s+/));
    const stateOf = (name: string): string | undefined =>
      listed.find(([, , , , local]) => local === name)?.[1];
    expect(stateOf(path)).toBe("LISTEN");
    expect(stateOf(`${path}.quiet`)).toBe("UNCONN");
    expect(inodes).toContain(actor.inodes[0]!);
    expect(inodes).toContain(actor.inodes[1]!);
    expect(inodes).toContain(actor.inodes[2]!);
    expect(inodes).not.toContain(actor.inodes[3]!);
  });

  test("without --unix there are none", () => {
    expect(readReport(here).endpoints.filter((each) => each.protocol === "unix")).toEqual([]);
  });
});
