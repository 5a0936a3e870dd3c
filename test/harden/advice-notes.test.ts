// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { adviseOn } from "../../src/harden/advise.ts";
import type { Profile } from "../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "../report/trace/build-profile.ts";
import { DENIED, DROPPING_DAEMON, MERGED } from "../report/trace/scenarios.ts";

describe("the notes", () => {
  const notes = (facts: Partial<Profile>): string => adviseOn(profile(facts)).notes.join("\n");

  test("tell start-up from what is needed after the drop", () => {
    expect(adviseOn(DROPPING_DAEMON).notes.join("\n")).toContain(
      "until the program gave privileges up: CAP_SETGID, CAP_SETUID and CAP_NET_BIND_SERVICE; " +
        "needed after it, or by programs that keep theirs: CAP_SYS_NICE",
    );
  });

  test("name what was denied and is not granted", () => {
    const text = adviseOn(DENIED).notes.join("\n");
    expect(text).toContain("calls failed: CAP_KILL.");
    expect(text).toContain(
      "Denied and not granted: CAP_NET_ADMIN, CAP_SYS_PTRACE and CAP_SYS_NICE.",
    );
  });

  test("give both choices about self-confinement", () => {
    const text = notes({ findings: [finding("setpcap", "self-confinement", [{}])] });
    expect(text).toContain("CAP_SETPCAP. Granted, because some programs stop when that fails");
    expect(text).toContain("capscope minimize tells");
  });

  test("say why a capability is there that was never asked for", () => {
    const text = notes({ findings: [finding("chown", "capset-only", [])] });
    expect(text).toContain("CAP_CHOWN. They are granted because the program's own capset(2)");
  });

  test("name the setting that makes a capability needed", () => {
    expect(adviseOn(MERGED).notes.join("\n")).toContain("(kernel.dmesg_restrict = 1)");
  });

  test("name what would do in place of a broader capability", () => {
    const alternatives = ["perfmon", "bpf"];
    expect(
      notes({ findings: [finding("sys_admin", "required", [{}], { alternatives })] }),
    ).toContain("In place of CAP_SYS_ADMIN the narrower CAP_PERFMON and CAP_BPF would do");
  });

  test("name what the unit had and did not ask for", () => {
    const limited = run({
      subject: { kind: "unit", unit: "a.service" },
      credentials: [credentials({ bounding: ["kill", "net_raw"] })],
    });
    const text = notes({ runs: [limited], findings: [finding("net_raw", "required", [{}])] });
    expect(text).toContain("bounding set so far, and not needed in what was seen: CAP_KILL.");
  });

  test("say that a start was not seen when all programs ran before", () => {
    expect(notes({ runs: [run({ images: [image({ attached: true })] })] })).toContain(
      "what they need to start was not seen",
    );
  });

  test("keep a number that has no name, and say so", () => {
    const systemd = adviseOn(MERGED).recommendations.find(({ target }) => target === "systemd");
    expect(systemd?.text).toContain("CapabilityBoundingSet=CAP_NET_RAW CAP_SYSLOG 41\n");
    expect(adviseOn(MERGED).notes.join("\n")).toContain("CAP_41: newer than the names");
  });
});
