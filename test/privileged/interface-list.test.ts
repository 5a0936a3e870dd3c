// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExposureReport, Interface } from "../../src/exposure/model.ts";
import { readReport, runCapscope } from "./harness/capscope.ts";
import { readKernelInterfaces } from "./harness/kernel.ts";
import {
  connect,
  type NetworkNamespace,
  openNetworkNamespace,
} from "./harness/network-namespace.ts";
import { until } from "./harness/until.ts";
import { describePrivileged } from "./harness/privileged.ts";

describePrivileged("3. every interface is listed as what it is", () => {
  let here: NetworkNamespace;
  let report: ExposureReport;

  beforeAll(async () => {
    here = await openNetworkNamespace();
    connect(here, "front", here, "bare");
    connect(here, "dead", here, "peer-of-dead");
    connect(here, "unplugged", here, "other-end");
    here.ip(
      "link set bare addrgenmode none",
      "address flush dev bare",
      "link set dead down",
      "link set other-end down",
      "address add 10.7.0.1/24 dev dead",
      "link add bridge0 type bridge",
      "link set bridge0 up",
      "address add 10.6.0.1/24 dev bridge0",
      "link add link front name upper type macvlan mode bridge",
      "link add tunnel0 type vxlan id 5 dstport 4789 dev front",
      // A label is another name of an address, not an interface.
      "address add 10.9.0.1/24 dev front label front:web",
      "address add fd00:9::1/64 dev front nodad",
      "address add 9.9.9.9/32 dev lo",
    );
    // The kernel takes note of a lost carrier a moment later.
    await until(() => kernelFlags("unplugged").includes("NO-CARRIER"));
    report = readReport(here);
  });

  afterAll(() => here?.close());

  const kernelFlags = (name: string): readonly string[] =>
    readKernelInterfaces(here).find((each) => each.name === name)!.flags;
  const stateOf = (name: string): string | undefined =>
    report.interfaces.find((each) => each.name === name)?.state;

  test("the interfaces, states, kinds and addresses are those of rtnetlink", () => {
    const expected = readKernelInterfaces(here).map((each) => ({
      index: each.index,
      name: each.name,
      state: stateFromFlags(each.flags),
      loopback: each.flags.includes("LOOPBACK"),
      kind: each.kind,
      addresses: each.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    }));
    const reported = report.interfaces.map(({ addresses, ...rest }) => ({
      ...rest,
      addresses: addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    }));
    const byIndex = (a: { index: number }, b: { index: number }): number => a.index - b.index;
    expect(normalised(reported)).toEqual(normalised(expected.sort(byIndex)));
    expect(stateOf("dead")).toBe("down");
    expect(stateOf("unplugged")).toBe("no-carrier");
    expect(stateOf("front")).toBe("up");
    expect(report.interfaces.find((each) => each.name === "bare")?.addresses).toEqual([]);
  });

  test("the network namespace is the one that the report was made in", () => {
    expect(report.networkNamespace).toBe(here.inode);
  });

  test("--list-interfaces names every interface, also those without an address", () => {
    const run = runCapscope(["exposure", "--list-interfaces", "--no-color"], { namespace: here });
    expect(run.status).toBe(0);
    const names = run.stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/)[0]);
    expect(names.sort()).toEqual(
      readKernelInterfaces(here)
        .map((each) => each.name)
        .sort(),
    );
    expect(names).toContain("bare");
  });
});

function stateFromFlags(flags: readonly string[]): Interface["state"] {
  if (!flags.includes("UP")) return "down";
  return flags.includes("NO-CARRIER") ? "no-carrier" : "up";
}

function normalised<T extends { addresses: string[] }>(interfaces: T[]): T[] {
  return interfaces.map((each) => ({ ...each, addresses: [...each.addresses].sort() }));
}
