// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { arch } from "node:os";
import { systemAccounts } from "../account.ts";
import { allCapabilities } from "../../capabilities/set.ts";
import type { LaunchOptions } from "../launch-options.ts";
import { readHost, readLastCapability } from "../procfs/machine.ts";
import { readText, textOrNull } from "../procfs/read-text.ts";
import { attainableLimits } from "../resource-limits.ts";
import { parseEnvironmentFile } from "./service/environment-file.ts";
import { planService, type ServicePlan } from "./service/plan.ts";
import type { SpecifierContext } from "./service/specifiers.ts";
import { readUnitFiles } from "./service/unit-files.ts";

/**
 * Plans the command of a service unit file, with its drop-ins and this machine's accounts.
 * `override` is what stands after "--": arguments when it begins with "-", else a whole command.
 * `environment` is this process's, for PassEnvironment=. Throws UsageError for what keeps systemd
 * from loading or starting the unit.
 */
export function readServicePlan(
  path: string,
  override: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServicePlan {
  return planService(readUnitFiles(path), {
    database: systemAccounts(),
    specifiers: readSpecifiers(),
    managerEnvironment: environment,
    defaultPath: readDefaultPath(),
    override,
  });
}

/** What to start the plan's command with: `startGatedCommand(plan.argv, launchOptionsOf(plan))`. */
export function launchOptionsOf(plan: ServicePlan): LaunchOptions {
  const known = allCapabilities(readLastCapability() ?? 63);
  return {
    credentials: {
      ...plan.user,
      ambient: plan.ambient & known,
      bounding: plan.bounding === null ? null : plan.bounding & known,
      securebits: plan.securebits,
      noNewPrivileges: plan.noNewPrivileges,
    },
    workingDirectory: plan.workingDirectory.path,
    workingDirectoryOptional: plan.workingDirectory.optional,
    environment: plan.environment,
    umask: plan.umask,
    limits: attainableLimits(plan.limits),
    ...(plan.argv0 === null ? {} : { argv0: plan.argv0 }),
  };
}

/** With /sbin and /bin, as Debian builds it, where systemd-path does not tell. */
const COMMON_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function readDefaultPath(): string {
  const { status, stdout } = spawnSync("/usr/bin/systemd-path", ["search-binaries-default"], {
    cwd: "/",
    env: { LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    timeout: 2000,
    killSignal: "SIGKILL",
  });
  return status === 0 && stdout.startsWith("/") ? stdout.trim() : COMMON_PATH;
}

/** uname -m is the kernel's; systemd has names of its own for the common ones. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "x86-64",
  ia32: "x86",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64-le",
  s390x: "s390x",
  riscv64: "riscv64",
  loong64: "loongarch64",
};

function readSpecifiers(): Omit<SpecifierContext, "unit" | "fragment"> {
  const host = readHost();
  const read = (file: string): string | null => textOrNull(readText(file))?.trim() ?? null;
  const osRelease = read("/etc/os-release") ?? read("/usr/lib/os-release") ?? "";
  return {
    hostname: host.name,
    kernel: host.kernel,
    machineId: read("/etc/machine-id"),
    bootId: read("/proc/sys/kernel/random/boot_id")?.replaceAll("-", "") ?? null,
    osRelease: parseEnvironmentFile(osRelease),
    architecture: ARCHITECTURES[arch()] ?? null,
  };
}
