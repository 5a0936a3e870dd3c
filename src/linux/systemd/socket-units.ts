// SPDX-License-Identifier: Apache-2.0
import { spawnSync, type SpawnSyncReturns, type StdioOptions } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { parseSocketUnits, SOCKET_UNIT_PROPERTIES } from "./parse-socket-units.ts";

/** One address of a loaded `.socket` unit that is active. */
export interface SocketUnitAddress {
  readonly unit: string;
  /** The unit that it starts, a template such as "echo@.service" where it has Accept=yes. */
  readonly activates: string | null;
  /** As systemd prints it: "[::]:22", "/run/x.sock", "@abstract", "vsock::22" ... */
  readonly listen: string;
  /** "Stream", "Datagram", "SequentialPacket", "FIFO", "Netlink", "MessageQueue" ... */
  readonly type: string;
  /** BindToDevice=. */
  readonly device: string | null;
  /** Number of SocketProtocol=, or 0. */
  readonly protocol: number;
}

export type SocketUnitListing =
  | { readonly kind: "units"; readonly units: readonly SocketUnitAddress[] }
  | { readonly kind: "unavailable"; readonly reason: string };

/**
 * Asks a service manager for its socket units: the system's (null), or the user manager of a uid.
 * Never throws and returns within two seconds; another user's manager can be asked by root only.
 */
export function readSocketUnits(managerOf: number | null): SocketUnitListing {
  if (managerOf === null) {
    return isBooted() ? runSystemctl(["--system"], {}) : unavailable("systemd is not pid 1 here");
  }
  const runtimeDirectory = `/run/user/${managerOf}`;
  const gid = readOwnerGid(runtimeDirectory, managerOf);
  if (gid === null) {
    return unavailable(`uid ${managerOf} has no runtime directory ${runtimeDirectory}`);
  }
  // systemctl talks to a manager of its own uid or of root only (bus_check_peercred() in
  // systemd), so root has to become the user.
  const environment = { XDG_RUNTIME_DIR: runtimeDirectory };
  return runSystemctl(["--user"], environment, { uid: managerOf, gid });
}

/** The test of sd_booted(3). */
function isBooted(): boolean {
  return existsSync("/run/systemd/system");
}

/** Group of a directory that belongs to `uid`; null when it is not there or is somebody else's. */
function readOwnerGid(path: string, uid: number): number | null {
  try {
    const directory = statSync(path);
    return directory.uid === uid && directory.isDirectory() ? directory.gid : null;
  } catch {
    // Missing, or not ours to look at: either way there is no manager that we can ask.
    return null;
  }
}

/** Absolute, so that PATH has no say; the last one is NixOS. */
const SYSTEMCTL_PATHS = [
  "/usr/bin/systemctl",
  "/bin/systemctl",
  "/run/current-system/sw/bin/systemctl",
] as const;
const TIME_LIMIT_MS = 2000;
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * `systemctl show`, not `list-sockets`: that one lists failed units as well, knows neither device
 * nor protocol, names no service for Accept=yes, and prints JSON only since systemd 246.
 */
function runSystemctl(
  scope: readonly string[],
  environment: Readonly<Record<string, string>>,
  user: { readonly uid?: number; readonly gid?: number } = {},
): SocketUnitListing {
  const properties = `--property=${SOCKET_UNIT_PROPERTIES.join(",")}`;
  const call = [...scope, "show", "--no-pager", "--no-ask-password", properties, "--", "*.socket"];
  const options = {
    ...user,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", SYSTEMD_COLORS: "0", ...environment },
    // A session of its own, without our terminal: the user whose uid the child has can trace
    // it, and must not be able to type into the terminal of root.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"] satisfies StdioOptions,
    encoding: "utf8",
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
    maxBuffer: OUTPUT_LIMIT_BYTES,
  } as const;
  for (const path of SYSTEMCTL_PATHS) {
    const result = spawnSync(path, call, options);
    if (errorCode(result) !== "ENOENT") return readResult(result);
  }
  return unavailable("systemctl is not installed");
}

function readResult(result: SpawnSyncReturns<string>): SocketUnitListing {
  const code = errorCode(result);
  if (code === "ETIMEDOUT") return unavailable(`systemctl did not answer in ${TIME_LIMIT_MS} ms`);
  if (code === "EPERM") return unavailable("only root can ask the service manager of another user");
  if (code !== null) return unavailable(`running systemctl: ${code}`);
  const complaint = result.stderr.trim().split("\n")[0] ?? "";
  if (result.status !== 0) {
    return unavailable(`systemctl: ${complaint || `status ${result.status ?? result.signal}`}`);
  }
  // In a chroot systemctl says so, prints nothing and reports success.
  if (result.stdout === "" && complaint !== "") return unavailable(`systemctl: ${complaint}`);
  return { kind: "units", units: parseSocketUnits(result.stdout) };
}

function errorCode(result: SpawnSyncReturns<string>): string | null {
  if (result.error === undefined) return null;
  const { code } = result.error as NodeJS.ErrnoException;
  return code ?? result.error.message;
}

function unavailable(reason: string): SocketUnitListing {
  return { kind: "unavailable", reason };
}
