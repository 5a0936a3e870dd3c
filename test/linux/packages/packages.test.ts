// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askDpkg } from "../../../src/linux/packages/dpkg.ts";
import { parseRpmAnswer } from "../../../src/linux/packages/rpm.ts";

const database = mkdtempSync(join(tmpdir(), "capscope-test-"));
afterAll(() => rmSync(database, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(join(database, "info"), { recursive: true });
  writeFileSync(join(database, name), text);
}

test("dpkg's lists name the package, also where /bin is a link to /usr/bin", () => {
  put("info/iputils-ping.list", "/.\n/bin\n/bin/ping\n");
  put("info/iputils-ping.md5sums", "0123456789abcdef0123456789abcdef  bin/ping\n");
  put("info/libc6:amd64.list", "/.\n/usr/lib/x\n");
  put("info/vim.list", "/.\n/usr/bin/vi\n");
  put("info/nvi.list", "/.\n/usr/bin/vi\n");
  put("diversions", "/usr/bin/vi\n/usr/bin/vi.real\nnvi\n");
  put("statoverride", "root adm 2755 /usr/lib/x\n");
  const paths = ["/usr/bin/ping", "/usr/lib/x", "/usr/bin/vi", "/opt/none"];
  const { managers, files, failures } = askDpkg(paths, database);
  expect([managers, failures]).toEqual([["dpkg"], []]);
  expect(files.get("/usr/bin/ping")).toEqual({
    manager: "dpkg",
    name: "iputils-ping",
    mode: null,
    capabilities: null,
    digest: { algorithm: "md5", hex: "0123456789abcdef0123456789abcdef" },
  });
  expect(files.get("/usr/lib/x")).toMatchObject({ name: "libc6", mode: 0o2755, digest: null });
  expect(files.get("/usr/bin/vi")).toMatchObject({ name: "nvi" });
  expect(files.has("/opt/none")).toBe(false);
});

test("many files at once are found alike", () => {
  const many = Array.from({ length: 40 }, (_, index) => `/opt/none/${index}`);
  const { files } = askDpkg([...many, "/usr/bin/ping", "/usr/bin/vi"], database);
  expect([...files.keys()].toSorted()).toEqual(["/usr/bin/ping", "/usr/bin/vi"]);
});

test("a machine without dpkg has no answer", () => {
  expect(askDpkg(["/x"], join(database, "none")).managers).toEqual([]);
});

test("rpm's answer is that of the files asked for", () => {
  const sum = "a".repeat(64);
  const answer = [
    `iputils\t/usr/bin/ping\t0100755\tcap_net_raw=ep\t8\t${sum}`,
    `iputils\t/usr/bin/tracepath\t0100755\t(none)\t8\t${sum}`,
    `shadow-utils\t/usr/bin/chage\t0104755\t\t8\t${sum}`,
    "file /opt/none is not owned by any package",
    "",
  ].join("\n");
  const files = parseRpmAnswer(answer, ["/usr/bin/ping", "/usr/bin/chage", "/opt/none"]);
  expect([...files.keys()]).toEqual(["/usr/bin/ping", "/usr/bin/chage"]);
  expect(files.get("/usr/bin/ping")).toEqual({
    manager: "rpm",
    name: "iputils",
    mode: 0o755,
    capabilities: "cap_net_raw=ep",
    digest: { algorithm: "sha256", hex: sum },
  });
  expect(files.get("/usr/bin/chage")).toMatchObject({ mode: 0o4755, capabilities: "" });
});
