// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { SystemError } from "../../../src/errors.ts";
import type { WayIn } from "../../../src/linux/bpf/observation.ts";
import { unsupported } from "../../../src/linux/bpf/program-access.ts";

function hintOf(codes: Readonly<Record<WayIn, string>>): string {
  const refusals = Object.entries(codes).map(([wayIn, code]) => ({
    wayIn: wayIn as WayIn,
    error: new SystemError("loading", code),
  }));
  return unsupported(refusals).hint ?? "";
}

const VERSIONS = /^tp_btf needs Linux 6\.14/;

test("what is refused is not explained by what an older kernel does not have", () => {
  const refused = hintOf({ tp_btf: "EPERM", fexit: "EPERM", kprobe: "EPERM" });
  expect(refused).not.toMatch(VERSIONS);
  expect(hintOf({ tp_btf: "ESRCH", fexit: "EPERM", kprobe: "EPERM" })).toBe(refused);
  expect(hintOf({ tp_btf: "ESRCH", fexit: "EPERM", kprobe: "ENOENT" })).toBe(refused);
});

test("where the kernel has no way in, or one fails otherwise, the versions are named", () => {
  expect(hintOf({ tp_btf: "ESRCH", fexit: "ESRCH", kprobe: "ENOENT" })).toMatch(VERSIONS);
  expect(hintOf({ tp_btf: "ESRCH", fexit: "EINVAL", kprobe: "EPERM" })).toMatch(VERSIONS);
});

test("a kernel that leaves kprobes to CAP_SYS_ADMIN is named", () => {
  const hint = hintOf({ tp_btf: "ESRCH", fexit: "EPERM", kprobe: "EACCES" });
  expect(hint).toContain("kernel.perf_event_paranoid");
});
