// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../../skip.ts";
import { CASES } from "../workloads.ts";
import { constants, NAMED, run, temporaryFolder, writtenTo } from "./harness.ts";

/** Podman's generator, since 4.4; CAPSCOPE_TEST_QUADLET names one that is elsewhere. */
const QUADLET = [
  process.env["CAPSCOPE_TEST_QUADLET"] ?? "",
  "/usr/libexec/podman/quadlet",
  "/usr/lib/podman/quadlet",
].find((path) => existsSync(path));

const folder = temporaryFolder();

describe("Quadlet", () => {
  const reason = QUADLET === undefined ? "quadlet is not installed: it came with Podman 4.4" : null;

  testUnless(reason, "makes of a .container file the command that was meant", () => {
    const [files, services] = [join(folder, "files"), join(folder, "services")];
    for (const path of [files, services]) mkdirSync(path);
    for (const name of NAMED) writtenTo(join(files, `${name}.container`), name, "quadlet");
    const words = [QUADLET!, "-no-kmsg-log", services];
    const { code, stderr } = run(words, { env: { QUADLET_UNIT_DIRS: files } });
    // It would like the registry in the name of an image; where none was named there is none.
    const complaints = stderr.split("\n").filter((line) => !/^$|fully qualified/.test(line));
    expect([code, complaints]).toEqual([0, []]);
    for (const name of NAMED) {
      const service = readFileSync(join(services, `${name}.service`), "utf8");
      const command = /^ExecStart=(.*)$/m.exec(service)?.[1]?.split(" ") ?? [];
      const added = command.filter((word) => word.startsWith("--cap-add="));
      expect(constants(added.map((word) => word.slice("--cap-add=".length))), name).toEqual(
        constants(CASES[name]!.capabilities),
      );
      expect(command).toContain("--cap-drop=all");
      expect(command).toContain("--security-opt=no-new-privileges");
    }
  });
});
