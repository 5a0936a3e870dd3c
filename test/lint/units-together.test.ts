// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { lint } from "../../src/lint/lint.ts";

const UNIT = "etc/web.service";
const DROP_IN = "etc/web.service.d/50-caps.conf";

/** File, line and rule of each finding. */
const find = (files: Readonly<Record<string, string>>): string[] =>
  lint(
    Object.entries(files).map(([file, text]) => ({ file, kind: "systemd", text })),
    {
      host: { name: "host.example", kernel: "6.18.0" },
      time: new Date(0),
      threshold: "note",
      disabled: new Set(),
      gaps: [],
    },
  ).findings.map(({ file, start, rule }) => `${file}:${start.line} ${rule}`);

describe("a unit and its drop-ins in one run", () => {
  const ambient = "[Service]\nExecStart=/usr/bin/web\nAmbientCapabilities=CAP_KILL\n";

  test("are judged together: the user may be in a drop-in", () => {
    expect(find({ [UNIT]: ambient })).toEqual([`${UNIT}:3 systemd-ambient-for-root`]);
    expect(find({ [UNIT]: ambient, [DROP_IN]: "[Service]\nUser=web\n" })).toEqual([]);
  });

  test("are judged together: a drop-in may ask for what the unit's bounding set has not", () => {
    const bounding =
      "[Service]\nExecStart=/usr/bin/web\nUser=web\nCapabilityBoundingSet=CAP_CHOWN\n";
    const dropIn = "[Service]\nAmbientCapabilities=CAP_KILL\n";
    expect(find({ [DROP_IN]: dropIn })).toEqual([]);
    expect(find({ [DROP_IN]: dropIn, [UNIT]: bounding })).toEqual([
      `${DROP_IN}:2 systemd-ambient-outside-bounding`,
    ]);
  });

  test("count in their order, whatever the order of the files", () => {
    const dropIns = {
      "etc/web.service.d/10-first.conf": "[Service]\nSecureBits=noroot\n",
      "etc/web.service.d/20-second.conf": "[Service]\nSecureBits=no-setuid-fixup\n",
    };
    const unit = "[Service]\nExecStart=/usr/bin/web\nUser=web\n";
    expect(find({ ...dropIns, [UNIT]: unit })).toEqual([
      "etc/web.service.d/10-first.conf:2 systemd-secure-bits-replaced",
    ]);
  });

  test("tell a mistake once, in its own file", () => {
    const bare = "[Service]\nCapabilityBoundingSet=net_raw\n";
    const unit = "[Service]\nExecStart=/usr/bin/web\n";
    expect(find({ [UNIT]: unit, [DROP_IN]: bare })).toEqual([
      `${DROP_IN}:2 systemd-bare-capability-name`,
    ]);
  });
});
