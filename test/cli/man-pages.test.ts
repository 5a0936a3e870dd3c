// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createProgram } from "../../src/cli/program.ts";
import { EXIT_CODE } from "../../src/cli/exit-code.ts";
import { FLAGS, PLANES, PROTOCOLS } from "../../src/exposure/model.ts";
import { EXPOSURE_FORMATS } from "../../src/report/index.ts";

const readPage = (name: string): string =>
  readFileSync(join(import.meta.dir, `../../docs/man/${name}.8`), "utf8");

/** Long options as mdoc has them: ".It Fl -unix" or ".It Fl o , -output Ar file". */
const optionsOf = (page: string): string[] =>
  [...page.matchAll(/^\.It Fl (?:\w , )?-([a-z-]+)/gm)].map((match) => `--${match[1]}`).toSorted();

const { commands } = await createProgram({ status: 0, failureStatus: 0 });

describe.each([...commands])("the page of a command", (command) => {
  const page = readPage(`capscope-${command.name()}`);

  test("has the options of the help, and no others; of its subcommands too", () => {
    const all = [command, ...command.commands].flatMap(({ options }) => options);
    const known = new Set(all.map(({ long }) => long ?? ""));
    expect(optionsOf(page)).toEqual([...known, "--help"].toSorted());
  });
});

describe("capscope-exposure(8)", () => {
  const page = readPage("capscope-exposure");
  const words = [...PLANES, ...PROTOCOLS, ...FLAGS, ...EXPOSURE_FORMATS];

  test.each(words)("names %s", (word) => {
    expect(page).toMatch(new RegExp(`(?:^|[ ,])${word}(?:[ ,;\n]|$)`, "m"));
  });
});

describe("capscope(8)", () => {
  const page = readPage("capscope");

  test("names every command", () => {
    for (const command of commands) {
      expect(page).toContain(`.It Cm ${command.name()}`);
    }
  });

  test.each(Object.values(EXIT_CODE))("explains exit code %p", (code) => {
    expect(page).toContain(`\n.It ${code}\n`);
  });
});
