// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SystemError, UsageError } from "../../../src/errors.ts";
import { type DropIn, openDropIn } from "../../../src/linux/systemd/drop-in.ts";
import { openTemporaryDirectory } from "../../privileged/harness/temporary-directory.ts";

const { path: units, close } = openTemporaryDirectory();
afterAll(close);

const directory = join(units, "web.service.d");
const file = join(directory, "50-x.conf");
const open = (): DropIn => openDropIn("web.service", "50-x.conf", units);
const there = (): string[] => (existsSync(directory) ? readdirSync(directory).toSorted() : []);

beforeEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a drop-in where none was", () => {
  test("is there once it is written, for everyone to read, and alone once it is settled", () => {
    const dropIn = open();
    dropIn.write("a\n");
    expect(there()).toEqual(["50-x.conf", "50-x.conf.before"]);
    expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777]).toEqual(["a\n", 0o644]);
    dropIn.settle();
    expect(there()).toEqual(["50-x.conf"]);
  });

  test("is gone once it is taken back, with its directory", () => {
    const dropIn = open();
    dropIn.write("a\n");
    dropIn.restore();
    expect(existsSync(directory)).toBe(false);
  });

  test("leaves a directory that somebody else has put something into", () => {
    const dropIn = open();
    dropIn.write("a\n");
    writeFileSync(join(directory, "other.conf"), "");
    dropIn.restore();
    expect(there()).toEqual(["other.conf"]);
  });
});

describe("a drop-in in place of another", () => {
  beforeEach(() => {
    mkdirSync(directory);
    writeFileSync(file, "old\n");
    chmodSync(file, 0o600);
  });

  test("gives it back, the very file", () => {
    const { ino } = statSync(file);
    const dropIn = open();
    dropIn.write("new\n");
    expect([readFileSync(file, "utf8"), readFileSync(dropIn.keptAt, "utf8")]).toEqual([
      "new\n",
      "old\n",
    ]);
    dropIn.restore();
    const { ino: now, mode } = statSync(file);
    expect([readFileSync(file, "utf8"), now, mode & 0o777]).toEqual(["old\n", ino, 0o600]);
    expect(there()).toEqual(["50-x.conf"]);
  });

  test("is not begun while another change is under way, and cannot overtake one", () => {
    const [first, second] = [open(), open()];
    first.write("first\n");
    expect(open).toThrow(UsageError);
    expect(() => second.write("second\n")).toThrow(SystemError);
    expect(readFileSync(file, "utf8")).toBe("first\n");
    first.restore();
    expect(readFileSync(file, "utf8")).toBe("old\n");
  });
});

test("a link in its place is refused: it may lead to what others use", () => {
  mkdirSync(directory);
  symlinkSync("/nonexistent", file);
  expect(open).toThrow("is no plain file");
});
