// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CAPSCOPE } from "../privileged/harness/capscope.ts";
import { NO_TRACE } from "../privileged/harness/traced.ts";
import { testUnless } from "../skip.ts";
import { type Boot, bootContainer } from "./container/container.ts";
import { type GuideBlock, isShown, readGuide } from "./guide/read-guide.ts";
import { openShell, type Shell } from "./guide/shell.ts";
import { missingFile, SERVICES } from "./services/services.ts";
import { write } from "./services/machine.ts";

const GUIDE = fileURLToPath(new URL("../../docs/guide.md", import.meta.url));
/** A file to write what was printed to, for whoever changes the guide; nothing is compared then. */
const PRINTED = process.env["PRINT_GUIDE"];
const LIMIT_MS = 120_000;

const { blocks, others } = readGuide(readFileSync(GUIDE, "utf8"));
const missing = SERVICES.map(missingFile).find((file) => file !== null) ?? null;
const boot: Boot =
  NO_TRACE === null ? await bootContainer() : { kind: "impossible", reason: NO_TRACE };
const reason =
  boot.kind === "impossible"
    ? boot.reason
    : missing === null
      ? null
      : `${missing} is not installed`;

test("the guide has no command that is not run: every block is of commands", () => {
  expect(others).toEqual([]);
  expect(blocks.length).toBeGreaterThan(10);
});

test.each([
  ["pid 7: as expected", "pid 4711: as expected\n", true],
  ["pid 7: as expected", "pid 7: differs\n", false],
  ["a\n...\nd", "a\nb\nc\nd\n", true],
  ["a\n...", "b\n", false],
  ["a", "a\nb\n", false],
  ["", "anything\n", false],
  ["bounding  the 4 above", "bounding     the 5 above\n", false],
])("a guide that shows %p when %p is printed: %p", (shown, printed, isRight) => {
  expect(isShown(shown, printed)).toBe(isRight);
});

describe("the guide, run as it stands there", () => {
  let shell: Shell;
  const printed: Printed[] = [];

  beforeAll(async () => {
    if (boot.kind === "impossible" || reason !== null) return;
    const { prefix, run } = boot.container;
    const machine = { shell: (line: string) => run("sh", "-c", line), ownsClock: false };
    for (const { prepare } of SERVICES) prepare(machine);
    write(machine, "/usr/local/bin/capscope", `#!/bin/sh\nexec ${CAPSCOPE.join(" ")} "$@"\n`);
    run("sh", "-c", PREPARATION);
    shell = openShell(prefix);
    await shell.run("cd /root/guide");
  });
  afterAll(() => {
    if (PRINTED !== undefined) writeFileSync(PRINTED, JSON.stringify(printed, null, 1));
    shell?.close();
    if (boot.kind === "booted") boot.container.stop();
  });

  for (const block of blocks) {
    testUnless(
      reason,
      `line ${block.line}: ${block.title}`,
      async () => {
        printed.push(...(await runBlock(shell, block)));
      },
      LIMIT_MS,
    );
  }
});

/** A machine like the reader's: with a network, and a name. */
const PREPARATION = `chmod 755 /usr/local/bin/capscope; mkdir -p /root/guide
ip link add eth0 type veth peer name p0; ip address add 192.0.2.10/24 dev eth0
ip link set p0 up; ip link set eth0 up
hostname server; systemctl start nginx chrony`;

interface Printed {
  readonly command: string;
  readonly status: number;
  readonly text: string;
}

async function runBlock(shell: Shell, { commands }: GuideBlock): Promise<readonly Printed[]> {
  const printed: Printed[] = [];
  for (const [index, { command, output }] of commands.entries()) {
    const { status, text } = await shell.run(command);
    printed.push({ command, status, text });
    if (PRINTED !== undefined) continue;
    // A failure is meant where the guide looks at its status.
    const isAsked = commands[index + 1]?.command === "echo $?";
    if (status !== 0 && !isAsked) throw new Error(`${command}: status ${status}:\n${text}`);
    if (isShown(output, text)) continue;
    // Shows the difference.
    expect(`$ ${command}\n${text}`).toBe(`$ ${command}\n${output}\n`);
    throw new Error(`${command}: printed something else`);
  }
  return printed;
}
