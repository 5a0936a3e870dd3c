// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Endpoint, ExposureReport } from "../../src/exposure/model.ts";
import { parseReport, runCapscope } from "../privileged/harness/capscope.ts";
import { type Boot, bootContainer, type Container } from "./container/container.ts";

const USER = 4242;
const boot: Boot = await bootContainer();

if (boot.kind === "impossible") {
  const title = "socket units under a real systemd";
  console.warn(`skipped: ${title}: ${boot.reason}`);
  describe.skip(`${title} (${boot.reason})`, () => {});
} else {
  describe("socket units under a real systemd", () => testSocketUnits(boot.container));
}

function testSocketUnits(container: Container): void {
  let report: ExposureReport;
  const endpoint = (id: string): Endpoint => findEndpoint(report, id);

  beforeAll(() => {
    report = readReport(container);
  });
  afterAll(() => container.stop());

  test.each([
    ["TCP on both families", "tcp:[::]:8080"],
    ["TCP on IPv4", "tcp:127.0.0.1:8081"],
    ["UDP on IPv6", "udp:[::1]:8082"],
  ])("%s names its socket unit and the service", (_, id) => {
    expect(endpoint(id).socketUnit).toEqual({ unit: "web.socket", activates: "web.service" });
    expect(endpoint(id).owners.map((owner) => owner.pid)).toContain(1);
  });

  test.each(["capscope-abstract", "/run/with space.sock"])("UNIX %s names its unit", (name) => {
    const found = report.endpoints.find((each) => each.unix?.name === name);
    expect(found?.socketUnit).toEqual({ unit: "web.socket", activates: "web.service" });
  });

  test("a unit that starts one instance for each connection names the template", () => {
    const { socketUnit, bind } = endpoint("tcp:0.0.0.0%lo:7");
    expect(bind.device).toBe("lo");
    expect(socketUnit).toEqual({ unit: "echo.socket", activates: "echo@.service" });
  });

  test("a socket of a user manager names the unit of that manager", () => {
    const { socketUnit, owners } = endpoint("tcp:127.0.0.1:9000");
    expect(socketUnit).toEqual({ unit: "api.socket", activates: "worker.service" });
    const manager = report.processes.find((each) => each.pid === owners[0]?.pid);
    expect(manager?.uids.effective).toBe(USER);
    expect(manager?.userUnitOf).toBe(USER);
  });

  test("sockets that systemd made for itself have no unit", () => {
    for (const path of ["/run/systemd/private", `/run/user/${USER}/systemd/private`]) {
      const found = report.endpoints.find((each) => each.unix?.name === path);
      expect(found?.socketUnit).toBeNull();
    }
  });

  test("once the service runs it owns the socket too, and the unit is still named", () => {
    container.run("systemctl", "start", "web.service");
    const now = readReport(container);
    const { owners, socketUnit } = findEndpoint(now, "tcp:127.0.0.1:8081");
    expect(socketUnit).toEqual({ unit: "web.socket", activates: "web.service" });
    const units = owners.map(({ pid }) => now.processes.find((each) => each.pid === pid)?.unit);
    expect(units.toSorted()).toEqual(["init.scope", "web.service"]);
  });

  test("another user sees the endpoints without unit, and is told so", () => {
    const setpriv = ["setpriv", `--reuid=${USER}`, "--regid=4243", "--clear-groups"];
    const now = readReport(container, setpriv);
    expect(findEndpoint(now, "tcp:[::]:8080").socketUnit).toBeNull();
    expect(now.coverage.complete).toBe(false);
  });
}

function readReport(container: Container, prefix: readonly string[] = []): ExposureReport {
  const command = ["exposure", "--json", "--unix", "--allow-partial"];
  const run = runCapscope(command, { prefix: [...container.prefix, ...prefix] });
  if (run.status !== 0) throw new Error(`exit ${run.status}: ${run.stderr}`);
  return parseReport(run.stdout);
}

function findEndpoint(report: ExposureReport, id: string): Endpoint {
  const found = report.endpoints.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`no ${id} among ${report.endpoints.map((each) => each.id).join(", ")}`);
  }
  return found;
}
