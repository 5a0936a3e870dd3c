// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { adviseOn } from "../../src/harden/advise.ts";
import type { Advice, HardenTarget } from "../../src/harden/model.ts";
import { HARDEN_TARGETS } from "../../src/harden/model.ts";
import type { Profile } from "../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "../report/trace/build-profile.ts";
import {
  DENIED,
  DROPPING_DAEMON,
  INCONCLUSIVE,
  MERGED,
  NOTHING,
} from "../report/trace/scenarios.ts";
import { ROOT } from "../report/trace/systems.ts";

function textOf(advice: Advice, target: HardenTarget): string {
  return advice.recommendations.find((each) => each.target === target)?.text ?? "(none)";
}

function notesOf(advice: Advice, target: HardenTarget): string {
  const notes = advice.recommendations.find((each) => each.target === target)?.notes ?? [];
  return notes.join("\n");
}

function linesOf(traced: Profile, target: HardenTarget): readonly string[] {
  return textOf(adviseOn(traced), target).split("\n");
}

describe("what is granted", () => {
  test("is what was required, conditional, put into a set or for self-confinement, and nothing else", () => {
    const all = profile({
      findings: [
        finding("net_raw", "required", [{}]),
        finding("syslog", "conditional", [{}]),
        finding("chown", "capset-only", [], { installedIn: ["permitted"] }),
        finding("setpcap", "self-confinement", [{}]),
        finding("kill", "denied", [{ granted: 0, denied: 1 }], { denial: "failing" }),
        finding("sys_admin", "opportunistic", [{}]),
        finding("sys_time", "namespaced", [{}]),
        finding("mknod", "borrowed", [{}]),
      ],
    });
    const names = "CAP_CHOWN CAP_SETPCAP CAP_NET_RAW CAP_SYSLOG";
    expect(linesOf(all, "systemd")).toContain(`CapabilityBoundingSet=${names}`);
    expect(linesOf(all, "systemd")).toContain(`AmbientCapabilities=${names}`);
    for (const target of HARDEN_TARGETS) {
      expect(textOf(adviseOn(all), target)).not.toMatch(/kill|sys_admin|sys_time|mknod/i);
    }
  });

  test("is nothing, and says why, when the trace is inconclusive", () => {
    const { notes, recommendations } = adviseOn(INCONCLUSIVE);
    expect(recommendations).toEqual([]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toStartWith("Nothing is recommended:");
  });

  test("is nothing when no need was seen and checks were lost", () => {
    const lossy = profile({
      coverage: { complete: false, lost: { checks: 1, stacks: 0, images: 0 }, gaps: [] },
    });
    expect(adviseOn(lossy).recommendations).toEqual([]);
    expect(adviseOn(profile()).recommendations).not.toEqual([]);
  });

  test("is nothing when what was needed has no name", () => {
    const strange = profile({ findings: [finding("a b", "required", [{}])] });
    expect(adviseOn(strange).recommendations).toEqual([]);
  });

  test("is the empty set when nothing was needed", () => {
    expect(linesOf(NOTHING, "systemd")).toContain("CapabilityBoundingSet=");
    expect(textOf(adviseOn(NOTHING), "docker")).toContain("--user=UID:GID");
    expect(textOf(adviseOn(NOTHING), "docker")).not.toContain("--cap-add");
    expect(textOf(adviseOn(NOTHING), "kubernetes")).toContain("runAsNonRoot: true");
    expect(textOf(adviseOn(NOTHING), "file")).toBe("(none)");
    expect(textOf(adviseOn(NOTHING), "c")).toBe("(none)");
    expect(adviseOn(NOTHING).notes.join("\n")).toContain("a user without privileges");
  });

  test("is called evidence, not proof, in every text", () => {
    for (const scenario of [DROPPING_DAEMON, MERGED, NOTHING, DENIED]) {
      const { notes, recommendations } = adviseOn(scenario);
      expect(notes[0]).toContain("not proven");
      for (const { text } of recommendations) {
        if (text !== "") expect(text).toContain("not proven");
      }
    }
  });
});

describe("a root service", () => {
  test("gets a bounding set in a drop-in of its own, and no ambient set", () => {
    const lines = linesOf(DROPPING_DAEMON, "systemd");
    expect(lines[0]).toBe("# /etc/systemd/system/nginx.service.d/50-capabilities.conf");
    expect(lines.filter((line) => /^Ambient|^User/.test(line))).toEqual([]);
    expect(notesOf(adviseOn(DROPPING_DAEMON), "systemd")).toContain("unless AmbientCapabilities=");
  });

  test.each(["a\nb.service", "../../x.service", "a b.service", "session-1.scope"])(
    "named %j gets no path",
    (unit) => {
      const odd = profile({
        runs: [run({ subject: { kind: "unit", unit } })],
        findings: [finding("net_raw", "required", [{}])],
      });
      expect(textOf(adviseOn(odd), "systemd")).not.toContain("/etc/systemd");
    },
  );
});

describe("containers and pods", () => {
  test("are told what becomes of a user other than root", () => {
    const advice = adviseOn(DROPPING_DAEMON);
    expect(notesOf(advice, "docker")).toContain("Docker sets no ambient capabilities");
    expect(notesOf(advice, "podman")).toContain("as ambient capabilities");
    expect(notesOf(advice, "kubernetes")).toContain("KEP-2763");
  });

  test("may gain privileges at an exec when the trace shows such an exec", () => {
    const gaining = profile({
      runs: [
        run({
          images: [image(), image({ id: 2 })],
          credentials: [
            credentials(),
            credentials({ id: 2, image: 2, previous: 1, permitted: ["net_raw"] }),
          ],
        }),
      ],
      findings: [finding("net_raw", "required", [{}])],
    });
    expect(textOf(adviseOn(gaining), "kubernetes")).not.toContain("allowPrivilegeEscalation");
    expect(textOf(adviseOn(gaining), "docker")).not.toContain("no-new-privileges");
    expect(notesOf(adviseOn(gaining), "systemd")).toContain("NoNewPrivileges=yes would keep");
    expect(linesOf(DROPPING_DAEMON, "kubernetes")).toContain("  allowPrivilegeEscalation: false");
    expect(linesOf(DROPPING_DAEMON, "kubernetes")).toContain('    drop: ["ALL"]');
  });
});

describe("programs", () => {
  test("get file capabilities each for itself, an interpreter none", () => {
    const two = profile({
      runs: [run({ credentials: [credentials(ROOT)] })],
      findings: [
        finding("net_raw", "required", [{ program: "/opt/a b" }, { program: "/bin/sh" }]),
        finding("kill", "required", [{ program: "/opt/it's" }, { program: "[gone]" }]),
      ],
    });
    expect(linesOf(two, "file").slice(1)).toEqual([
      "setcap 'cap_net_raw+ep' '/opt/a b'",
      String.raw`setcap 'cap_kill+ep' '/opt/it'\''s'`,
    ]);
    expect(notesOf(adviseOn(two), "file")).toContain("/bin/sh runs scripts");
    expect(notesOf(adviseOn(two), "file")).toContain("The path of [gone] was not seen");
  });

  test("that are scripts get none: the kernel would take those of the interpreter", () => {
    const script = { exe: "/opt/serve", argv: ["/usr/bin/python3", "-u", "/opt/serve", "--all"] };
    const plain = { exe: "/opt/tool", argv: ["tool", "/opt/tool"] };
    const traced = profile({
      runs: [
        run({
          images: [image(script), image({ ...plain, id: 2 })],
          credentials: [credentials(ROOT)],
        }),
      ],
      findings: [
        finding("net_raw", "required", [{ program: "/opt/serve" }, { program: "/opt/tool" }]),
      ],
    });
    expect(linesOf(traced, "file").slice(1)).toEqual(["setcap 'cap_net_raw+ep' /opt/tool"]);
    expect(notesOf(adviseOn(traced), "file")).toContain("/opt/serve is a script");
    expect(notesOf(adviseOn(traced), "file")).toContain("of /usr/bin/python3, which runs it");
  });

  test("that were executed by a descriptor get no command for its number", () => {
    const paths = ["/dev/fd/3", "/proc/self/fd/7"];
    const uses = paths.map((program) => ({ program }));
    const traced = profile({
      runs: [run({ credentials: [credentials(ROOT)] })],
      findings: [finding("chown", "required", uses)],
    });
    expect(linesOf(traced, "file").filter((line) => line.startsWith("setcap"))).toEqual([]);
    for (const path of paths) {
      expect(notesOf(adviseOn(traced), "file")).toContain(`The path of ${path} was not seen`);
    }
  });

  test("that put capabilities into their sets get those on the file too", () => {
    expect(linesOf(DROPPING_DAEMON, "file").at(-1)).toBe(
      "setcap 'cap_chown,cap_setgid,cap_setuid,cap_net_bind_service,cap_sys_nice+ep' /usr/sbin/nginx",
    );
  });

  test("limit themselves to what they need after the drop", () => {
    const text = textOf(adviseOn(DROPPING_DAEMON), "c");
    expect(text).toContain("CAP_SYS_NICE,");
    expect(text).not.toContain("CAP_NET_BIND_SERVICE");
    expect(textOf(adviseOn(DROPPING_DAEMON), "python")).toBe("(none)");
  });

  test("that never drop what they have keep all that they need", () => {
    const second = image({ id: 2, exe: "/bin/other" });
    const rows = [
      credentials(ROOT),
      credentials({ id: 2, previous: 1, phase: "after-drop" }),
      credentials({ ...ROOT, id: 3, image: 2 }),
    ];
    const two = profile({
      runs: [run({ images: [image(), second], credentials: rows })],
      findings: [
        finding("net_raw", "required", [{}]),
        finding("kill", "required", [{ program: "/bin/other" }]),
      ],
    });
    expect(textOf(adviseOn(two), "c")).toContain("CAP_KILL,");
    expect(textOf(adviseOn(two), "c")).not.toContain("CAP_NET_RAW");
    expect(notesOf(adviseOn(two), "c")).toContain("the set of 2 programs together");
  });

  test("that are scripts of Python get Python, other scripts nothing", () => {
    const of = (program: string): Advice =>
      adviseOn(profile({ findings: [finding("net_raw", "required", [{ program }])] }));
    expect(textOf(of("/usr/bin/python3.11"), "python")).toContain("capng.CAP_NET_RAW");
    expect(textOf(of("/usr/bin/python3.11"), "c")).toBe("(none)");
    expect(textOf(of("/bin/sh"), "c")).toBe("(none)");
    expect(textOf(of("/bin/sh"), "python")).toBe("(none)");
  });
});
