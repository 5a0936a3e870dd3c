// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { HardenTarget } from "../../../src/harden/model.ts";
import { testUnless } from "../../skip.ts";
import { CASES } from "../workloads.ts";
import {
  constants,
  missing,
  NAMED,
  notRoot,
  run,
  temporaryFolder,
  written,
  writtenTo,
} from "./harness.ts";

const folder = temporaryFolder();

describe("Compose", () => {
  testUnless(missing("docker-compose"), "docker-compose config reads what was meant", () => {
    for (const name of NAMED) {
      const file = join(folder, `${name}.yaml`);
      writtenTo(file, name, "compose");
      const { code, stdout, stderr } = run(["docker-compose", "-f", file, "config"]);
      expect([name, code, stderr]).toEqual([name, 0, ""]);
      const [service] = Object.values(
        (parse(stdout) as { readonly services: Record<string, Service> }).services,
      );
      expect(service?.cap_drop).toEqual(["ALL"]);
      expect(constants(service?.cap_add ?? [])).toEqual(constants(CASES[name]!.capabilities));
      // As another user it has its capabilities from files, which that would make void.
      const isConfined = name !== "list";
      expect(service?.security_opt ?? []).toEqual(isConfined ? ["no-new-privileges:true"] : []);
      expect(service?.user).toBe(name === "list" ? "33:44" : undefined);
    }
  });
});

interface Service {
  readonly cap_add?: readonly string[];
  readonly cap_drop: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
}

/** Podman takes at most 50 characters for it. */
const runRoot = mkdtempSync("/tmp/capscope-podman-");
afterAll(() => rmSync(runRoot, { recursive: true, force: true }));

/** Containers are made, and not started: for that a machine has to allow more than a test may ask. */
const PODMAN = [
  ["--root", join(folder, "storage")],
  ["--runroot", runRoot],
  ["--storage-driver", "vfs"],
  ["--cgroup-manager", "cgroupfs"],
].flat();
const IMAGE = "localhost/capscope-test:1";

function importImage(): void {
  mkdirSync(join(folder, "image/bin"), { recursive: true });
  copyFileSync("/bin/true", join(folder, "image/bin/true"));
  const archive = join(folder, "image.tar");
  expect(run(["tar", "-C", join(folder, "image"), "-cf", archive, "bin"]).code).toBe(0);
  const imported = run(["podman", ...PODMAN, "import", "--quiet", archive, IMAGE]);
  expect([imported.code, imported.stderr]).toEqual([0, ""]);
}

/** The words of the command that a shell makes of it, with `create` in place of `run`. */
function createWords(name: string, target: HardenTarget): string[] {
  const facts = { image: IMAGE, name: `${target}-${name}`, program: null };
  const script = written(name, target, facts).replace(
    /^(?:docker|podman) run /m,
    "printf '%s\\n' ",
  );
  const { code, stdout } = run(["sh", "-c", script]);
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split("\n")
    .map((word) => word.replace("UID:GID", "1000:1000"));
}

describe("Podman", () => {
  const reason = missing("podman") ?? notRoot;

  testUnless(
    reason,
    "gives the container that is created what was meant, as another user as well",
    () => {
      importImage();
      for (const name of NAMED) {
        const words = createWords(name, "podman");
        const created = run(["podman", ...PODMAN, "create", "--pull=never", ...words, "/bin/true"]);
        expect([name, created.code, created.stderr]).toEqual([name, 0, ""]);
        const id = created.stdout.trim();
        const { stdout } = run(["podman", ...PODMAN, "inspect", id]);
        const [container] = JSON.parse(stdout) as readonly Inspected[];
        const meant = constants(CASES[name]!.capabilities);
        expect([...(container?.BoundingCaps ?? [])].toSorted(), name).toEqual(meant);
        // Podman gives them to a user other than root as ambient ones.
        expect([...(container?.EffectiveCaps ?? [])].toSorted(), name).toEqual(meant);
        expect(container?.HostConfig.SecurityOpt).toContain("no-new-privileges");
        expect(run(["podman", ...PODMAN, "rm", "-f", id]).code).toBe(0);
      }
    },
    120_000,
  );

  test("and Docker get the same options from a shell, but where no-new-privileges does harm", () => {
    for (const name of NAMED) {
      const options = (target: HardenTarget): string[] =>
        createWords(name, target).filter((word) => !/^--name=|no-new-privileges/.test(word));
      expect(options("docker")).toEqual(options("podman"));
      expect(createWords(name, "docker").includes("--security-opt=no-new-privileges")).toBe(
        name !== "list",
      );
    }
  });
});

interface Inspected {
  readonly BoundingCaps: readonly string[] | null;
  readonly EffectiveCaps: readonly string[] | null;
  readonly HostConfig: { readonly SecurityOpt: readonly string[] };
}
