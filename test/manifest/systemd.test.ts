// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { capabilityNames, EVERYTHING, setOf } from "../../src/capabilities/set.ts";
import { detectKind, hasKnownName } from "../../src/manifest/detect.ts";
import { readManifest } from "../../src/manifest/read.ts";
import { declaredCredentials } from "../../src/manifest/systemd/credentials.ts";

const unitOf = (text: string, name = "/etc/systemd/system/web.service") => {
  const [unit] = readManifest(text, "systemd", name).units;
  if (unit === undefined) throw new Error("no unit");
  return unit;
};

test("words of a value have their places, across continued lines and comments", () => {
  const text =
    "[Service]\nCapabilityBoundingSet = CAP_CHOWN \\\n# why\n  CAP_KILL 'CAP_SETUID'\nUser=web\n";
  const [assignment] = unitOf(text).assignments;
  expect(assignment?.section).toBe("Service");
  const words = assignment!.words.map(({ text: word, start, end }) => [
    word,
    text.slice(start, end),
  ]);
  expect(words).toEqual([
    ["CAP_CHOWN", "CAP_CHOWN"],
    ["CAP_KILL", "CAP_KILL"],
    ["CAP_SETUID", "'CAP_SETUID'"],
  ]);
  expect(text.slice(assignment!.keySpan.start, assignment!.keySpan.end)).toBe(
    "CapabilityBoundingSet",
  );
});

test("the manager and whether a file is the whole unit follow from its path", () => {
  const read = (name: string) => {
    const { manager, isWhole } = unitOf("[Service]\n", name);
    return [manager, isWhole];
  };
  expect(read("/etc/systemd/system/web.service")).toEqual(["system", true]);
  expect(read("/etc/systemd/system/web.service.d/caps.conf")).toEqual(["system", false]);
  expect(read("/home/u/.config/systemd/user/web.service")).toEqual(["user", true]);
  expect(read("web.service")).toEqual(["unknown", true]);
});

test("a unit and its drop-ins add up as systemd adds them up", () => {
  const fragment = unitOf("[Service]\nCapabilityBoundingSet=CAP_CHOWN\nUser=web\n");
  const dropIn = unitOf(
    "[Service]\nCapabilityBoundingSet=CAP_KILL\nAmbientCapabilities=CAP_KILL\n",
  );
  const { bounding, ambient, isRoot } = declaredCredentials([fragment, dropIn]);
  expect(capabilityNames(bounding)).toEqual(["chown", "kill"]);
  expect(capabilityNames(ambient)).toEqual(["kill"]);
  expect(isRoot).toBe(false);
});

test.each([
  ["CapabilityBoundingSet=~CAP_SYS_ADMIN", EVERYTHING & ~setOf("sys_admin")],
  ["CapabilityBoundingSet=", 0n],
  ["CapabilityBoundingSet=cap_chown\nCapabilityBoundingSet=~CAP_CHOWN", 0n],
  ["CapabilityBoundingSet=net_admin", 0n],
  ["PrivateDevices=yes", EVERYTHING & ~setOf("mknod", "sys_rawio")],
])("%s gives the bounding set that systemd gives", (line, expected) => {
  expect(declaredCredentials([unitOf(`[Service]\n${line}\n`)]).bounding).toBe(expected);
});

test("sandboxing implies no_new_privs for a user, and not for root", () => {
  const of = (line: string) => declaredCredentials([unitOf(`[Service]\n${line}\n`)]);
  expect(of("User=web\nPrivateDevices=yes")).toMatchObject({
    noNewPrivileges: true,
    impliedBy: "PrivateDevices",
  });
  expect(of("PrivateDevices=yes").noNewPrivileges).toBe(false);
  expect(of("DynamicUser=yes").noNewPrivileges).toBe(true);
});

test("a unit, a drop-in and a Quadlet are known by name or by look", () => {
  expect(detectKind("x.service", "")).toBe("systemd");
  expect(detectKind("x.service.d/a.conf", "[Service]\nUser=x\n")).toBe("systemd");
  expect(detectKind("x.container", "")).toBe("quadlet");
  expect(detectKind("nginx.conf", "user www-data;\n")).toBeNull();
});

test("a program that has a manifest in it is no manifest", () => {
  expect(detectKind("deploy.py", "apiVersion: v1\nkind: Pod\n")).toBeNull();
  expect(hasKnownName("deploy.py")).toBe(false);
  expect(detectKind("web.service.in", "")).toBe("systemd");
  expect(hasKnownName("etc/audit/rules.d/x.rules")).toBe(true);
  expect(detectKind("-", "[Service]\n")).toBe("systemd");
});
