// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../skip.ts";
import { runCapscope } from "./harness/capscope.ts";
import { undoLater } from "./harness/cleanup.ts";
import { minimize } from "./harness/minimized.ts";
import { type NetworkNamespace, openNetworkNamespace } from "./harness/network-namespace.ts";
import { processesWith } from "./harness/processes-with.ts";
import { openTemporaryDirectory } from "./harness/temporary-directory.ts";
import { NO_TRACE, python, PYTHON } from "./harness/traced.ts";

const scratch = openTemporaryDirectory();
afterAll(scratch.close);
const here = (name: string): string => join(scratch.path, name);

describe("capscope minimize, of a daemon", () => {
  let namespace: NetworkNamespace;
  beforeAll(async () => {
    if (NO_TRACE === null) namespace = await openNetworkNamespace();
  });
  afterAll(() => namespace?.close());

  testUnless(NO_TRACE, "waits for its port, checks it and stops it, each time", () => {
    writeFileSync(here("page"), "hello\n");
    const words = ["-m", "http.server", "82", "--bind", "127.0.0.1", "--directory", scratch.path];
    const fetch = "import urllib.request as u; u.urlopen('http://127.0.0.1:82/page', timeout=5)";
    const check = `${PYTHON} -c "${fetch}"`;
    const options = ["--ready", "port:82", "--check", check];
    const result = minimize([PYTHON, ...words], options, { namespace });
    expect(result.proof).toMatchObject({
      criterion: { status: null, ready: "port:82", check },
      minimalSets: [["net_bind_service"]],
    });
    expect(result.capabilities.get("net_bind_service")).toMatchObject({
      failure: "ended with status 1 before it was ready",
      refused: [{ syscall: "bind", errno: "EACCES" }],
    });
    expect(processesWith(scratch.path)).toEqual([]);
  });

  testUnless(NO_TRACE, "refuses one whose port answers already", () => {
    const server = python(
      "import socket, time",
      "s = socket.create_server(('127.0.0.1', 82)); print('ready', flush=True); time.sleep(30)",
    );
    const other = Bun.spawn(namespace.inside(server), { stdout: "pipe" });
    const end = undoLater(() => other.kill("SIGKILL"));
    const words = ["minimize", "--ready", "port:127.0.0.1:82", "--", "/bin/sleep", "5"];
    Bun.sleepSync(300);
    const { status, stderr } = runCapscope(words, { namespace });
    end();
    expect(stderr).toContain("the port answers before the command runs");
    expect(status).toBe(3);
  });

  testUnless(NO_TRACE, "takes READY=1 for a sign, also of a user and behind a fork", () => {
    const argv = python(
      "import os, socket, time",
      "socket.socket().bind(('127.0.0.1', 83))",
      "if os.fork(): os._exit(0)",
      "os.setsid()",
      "name = os.environ['NOTIFY_SOCKET'].replace('@', '\\0')",
      "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'STATUS=x\\nREADY=1\\n', name)",
      "time.sleep(60)",
    );
    const options = ["--ready", "notify", "--user", "65534:65534"];
    const { status, proof } = minimize(argv, options, { namespace });
    expect([status, proof.minimalSets]).toEqual([0, [["net_bind_service"]]]);
  });

  testUnless(NO_TRACE, "takes a file that is made anew for a sign", () => {
    const file = here("pid");
    writeFileSync(file, "of an earlier start");
    const script = `chown 4242 ${here("page")} && echo $$ >${file} && exec sleep 60`;
    const { proof } = minimize(["/bin/sh", "-c", script], ["--ready", `file:${file}`]);
    expect(proof.minimalSets[0]).toEqual(["chown"]);
  });

  testUnless(NO_TRACE, "ends one that does not get ready in time", () => {
    const argv = python(
      "import socket, time",
      "while True:",
      "  try: s = socket.create_server(('127.0.0.1', 84)); break",
      "  except OSError: time.sleep(0.05)",
      "time.sleep(60)",
    );
    const options = ["--ready", "port:84", "--timeout", "1", "--runs", "1"];
    const { capabilities } = minimize(argv, options, { namespace });
    expect(capabilities.get("net_bind_service")).toMatchObject({
      proof: "needed",
      failure: "was not ready in time",
    });
  });
});
