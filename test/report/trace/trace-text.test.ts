// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { renderTraceCaps } from "../../../src/report/trace/trace-caps.ts";
import { renderTraceText } from "../../../src/report/trace/trace-text.ts";
import type { Profile } from "../../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "./build-profile.ts";
import { SCENARIOS } from "./scenarios.ts";

function render(traced: Profile): string {
  return renderTraceText(traced, null, { width: null, color: false });
}

describe("the answer", () => {
  test("comes before all evidence", () => {
    for (const traced of Object.values(SCENARIOS)) {
      const text = render(traced);
      const answer = text.search(/^(Needed:|Nothing needed was seen|Inconclusive:)/m);
      const evidence = text.search(/^(Required|Programs|System context|Coverage):?/m);
      expect(answer).toBeGreaterThan(0);
      expect(answer).toBeLessThan(evidence);
    }
  });

  test("names the set in number order and says that it is not proven", () => {
    const text = render(
      profile({
        findings: [
          finding("sys_time", "required", [{}]),
          finding("kill", "conditional", [{}]),
          finding("chown", "denied", [{ granted: 0, denied: 1 }], { denial: "harmless" }),
        ],
      }),
    );
    expect(text).toContain("\nNeeded: CAP_KILL CAP_SYS_TIME\n");
    expect(text).toContain("not yet proven");
  });

  test("is under the command, whose arguments read as one each", () => {
    const argv = ["sh", "-c", "echo x", "it's", 'a "b"', ""];
    const text = render(profile({ subject: { kind: "command", program: "sh", argv } }));
    expect(text.split("\n", 1)).toEqual([`Capabilities of sh -c 'echo x' "it's" 'a "b"' ''`]);
  });

  test("names what failed for lack of a capability, needed or not", () => {
    const refused = finding("kill", "denied", [{ granted: 0, denied: 1 }], { denial: "failing" });
    const needed = finding("chown", "required", [{}]);
    expect(render(profile({ findings: [refused] }))).toContain("calls failed: CAP_KILL\n");
    expect(render(profile({ findings: [needed, refused] }))).toContain("calls failed: CAP_KILL\n");
  });

  test("tells a program that never ran from one that was not asked for anything", () => {
    const conclusion = "inconclusive";
    const none = profile({ conclusion, runs: [run({ images: [] })] });
    const silent = profile({ conclusion, runs: [run({ images: [image({ attached: true })] })] });
    expect(render(none)).toContain("Inconclusive: no program ran");
    expect(render(silent)).toContain("Inconclusive: what was followed ran before");
  });

  test("points to losses", () => {
    const lost = { checks: 2, stacks: 0, images: 1 };
    const text = render(profile({ coverage: { complete: false, lost, gaps: [] } }));
    expect(text).toContain("Checks or programs were lost: see Coverage.");
    expect(text).toContain("\n  2 checks lost");
    expect(text).toContain("\n  1 program lost");
  });
});

describe("the evidence", () => {
  test("names program, system call, kernel function and callers", () => {
    const text = render(SCENARIOS["dropping-daemon"]!);
    expect(text).toContain("    bind in /usr/sbin/nginx, asked by inet_bind\n");
    expect(text).toContain(
      "called from bind (libc.so.6) < ngx_open_listening_sockets (nginx) < main (nginx)\n",
    );
  });

  test("says when a capability was asked for only where a program gave privileges up", () => {
    expect(render(SCENARIOS["dropping-daemon"]!)).toContain(
      "1 granted; at start-up; confidence high\n",
    );
    expect(render(SCENARIOS["merged"]!)).not.toContain("at start-up");
  });

  test("of programs that did the same is one line", () => {
    const programs = ["/a", "/b", "/c", "/d", "/e"];
    const uses = programs.map((program) => ({ program, granted: 2 }));
    const text = render(profile({ findings: [finding("net_raw", "required", uses)] }));
    expect(text).toContain("    bind in /a, /b, /c and 2 more, asked");
  });

  test("of another meaning of the same capability is counted beside it", () => {
    const uses = [{}, { verdict: "opportunistic", reason: "free blocks", granted: 7 }] as const;
    const text = render(profile({ findings: [finding("sys_resource", "required", uses)] }));
    expect(text).toContain("    besides: 7 checks opportunistic (free blocks)\n");
  });

  test("names what would do in place of a broader capability", () => {
    const broad = finding("sys_admin", "required", [{}], { alternatives: ["perfmon"] });
    expect(render(profile({ findings: [broad] }))).toContain("    the narrower perfmon would do");
  });

  test("that only some runs hold is marked with their numbers", () => {
    expect(render(SCENARIOS["merged"]!)).toContain(
      "cap_41 (#41): 2 granted; confidence low; in run 2 of 2\n",
    );
  });

  test("stays readable when there is very much of it", () => {
    const many = Array.from({ length: 5000 }, (_, id) => id + 1);
    const uses = many.map((id) => ({ program: `/bin/p${id}`, gate: `gate_${id}` }));
    const text = render(
      profile({
        runs: [
          run({
            subject: { kind: "command", program: "/x", argv: ["x".repeat(100_000)] },
            images: many.map((id) => image({ id, exe: `/bin/p${id}` })),
            credentials: many.flatMap((id) => [
              credentials({ id, image: id, permitted: ["kill"] }),
              credentials({ id: id + 5000, image: id, previous: id }),
            ]),
          }),
        ],
        findings: [finding("net_raw", "required", uses)],
      }),
    );
    expect(text.split("\n").length).toBeLessThan(80);
    expect(text.length).toBeLessThan(7000);
    expect(text).toContain("and 4994 more ways (--format json has all)");
    expect(text).toContain("and 4988 other programs, run 4988 times");
    expect(text).toContain("and 4984 more changes");
  });
});

describe("changes of privileges", () => {
  const changes = (...rows: readonly Parameters<typeof credentials>[0][]): string => {
    const images = [image(), image({ id: 2, exe: "/bin/su" })];
    const text = render(profile({ runs: [run({ images, credentials: rows.map(credentials) })] }));
    return /Changes of privileges\n((?: {2}.*\n)*)/.exec(text)?.[1] ?? "";
  };

  test("are told by program, with what is left", () => {
    const permitted = ["chown", "kill", "setuid"];
    expect(
      changes(
        { permitted, effective: permitted },
        { id: 2, previous: 1, permitted: ["kill"], effective: ["kill"], noNewPrivileges: true },
      ),
    ).toBe("  /usr/sbin/daemon: permitted: gave up chown, setuid; no new privileges from now on\n");
  });

  test("of the bounding set, one after the other, are one", () => {
    expect(
      changes(
        { bounding: ["chown", "kill", "bpf"] },
        { id: 2, previous: 1, bounding: ["kill", "bpf"], firstNs: 2_000_000 },
        { id: 3, previous: 2, bounding: ["bpf"], firstNs: 3_000_000 },
        { id: 4, previous: 3, bounding: [], uid: 2, effectiveUid: 2, firstNs: 4_000_000 },
      ),
    ).toBe(
      "  /usr/sbin/daemon: bounding: gave up chown, kill\n" +
        "  /usr/sbin/daemon: uid 1000 -> 2; bounding: gave up bpf\n",
    );
  });

  test("at an exec are told from those that the program made", () => {
    expect(
      changes({}, { id: 2, image: 2, previous: 1, effectiveUid: 0, permitted: ["kill"] }),
    ).toBe("  /bin/su: at its exec, effective uid 1000 -> 0; permitted: gained kill\n");
  });

  test("that are none leave no section", () => {
    expect(changes({}, { id: 2, image: 2, previous: 1 })).toBe("");
  });
});

describe("the caps format", () => {
  test("has the needed set alone, and is empty without one", () => {
    expect(renderTraceCaps(SCENARIOS["merged"]!)).toBe("CAP_NET_RAW\nCAP_SYSLOG\nCAP_41\n");
    expect(renderTraceCaps(SCENARIOS["denied"]!)).toBe("");
  });
});
