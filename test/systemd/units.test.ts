// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { type Boot, bootContainer, type Container } from "./container/container.ts";

const boot: Boot = await bootContainer();

if (boot.kind === "impossible") {
  const title = "units of a real systemd";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  describe("units of a real systemd", () => testUnits(boot.container));
}

interface Answer {
  readonly message?: string;
  readonly hint?: string;
  readonly unit: { readonly unit: string; readonly mainPid: number; readonly activeState: string };
  readonly place: { readonly parent: string; readonly name: string; readonly path: string };
  readonly group: { readonly path: string; readonly id: string };
}

function testUnits(container: Container): void {
  const script = fileURLToPath(new URL("container/unit-state.ts", import.meta.url));
  const ask = (...words: readonly string[]): Answer =>
    JSON.parse(container.run(process.execPath, script, ...words)) as Answer;
  const write = (name: string, text: string): void => {
    container.run("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, `/etc/systemd/system/${name}`);
  };

  beforeAll(() => {
    write(
      "idle.service",
      "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep infinity\n",
    );
    write(
      "idle@.service",
      "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep %i\nSlice=test-inner.slice\n",
    );
    write(
      "broken.service",
      "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/nonexistent/x\n",
    );
    write("bad.service", "[Service]\nUser=-1\n");
    container.run("ln", "-sf", "/dev/null", "/etc/systemd/system/masked.service");
    container.run("systemctl", "daemon-reload");
    container.run("systemctl", "start", "idle.service", "idle@99.service");
  });
  afterAll(() => container.stop());

  test("an active one has a control group with the id that the kernel gives it", () => {
    const { unit, group, place } = ask("idle");
    expect(unit).toMatchObject({ unit: "idle.service", activeState: "active" });
    expect(group.path).toBe("/system.slice/idle.service");
    expect(container.run("stat", "-c", "%i", `/sys/fs/cgroup${group.path}`).trim()).toBe(group.id);
    expect(place).toEqual({ parent: "/system.slice", name: "idle.service", path: group.path });
    expect(container.run("cat", `/proc/${unit.mainPid}/cgroup`)).toContain(group.path);
  });

  test("an instance in a slice of its own is where systemd puts it", () => {
    const { unit, group, place } = ask("idle@99");
    expect(unit.unit).toBe("idle@99.service");
    expect(group.path).toBe("/test.slice/test-inner.slice/idle@99.service");
    expect(place).toMatchObject({
      parent: "/test.slice/test-inner.slice",
      name: "idle@99.service",
    });
  });

  test("a restart gives it another process and another group, in the same place", () => {
    const before = ask("idle");
    const after = ask("idle", "restart");
    expect(after.unit.mainPid).not.toBe(before.unit.mainPid);
    expect(after.group.id).not.toBe(before.group.id);
    expect(after.place).toEqual(before.place);
  });

  test("a restart that fails says what systemctl says", () => {
    expect(ask("none", "restart").message).toContain("Unit none.service not found");
    expect(ask("masked", "restart").message).toContain("masked");
  });

  test("one that does not run has a place already, and a hint", () => {
    container.run("systemctl", "stop", "idle.service");
    expect(ask("idle", "place").place.path).toBe("/system.slice/idle.service");
    const { message, hint } = ask("idle");
    expect(message).toBe("idle.service has no processes: it is inactive");
    expect(hint).toContain("--restart");
  });

  test.each([
    ["none", "no such unit: none.service"],
    ["masked", "masked.service is masked"],
    ["bad", "bad.service cannot be loaded: "],
  ])("%s cannot be followed, and why", (name, message) => {
    expect(ask(name).message).toStartWith(message);
  });
}
