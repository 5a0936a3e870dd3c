// SPDX-License-Identifier: Apache-2.0
import { statSync } from "node:fs";
import { parseSocketUnits, SOCKET_UNIT_PROPERTIES } from "./parse-socket-units.ts";
import { isBooted, runSystemctl } from "./systemctl.ts";

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
    return isBooted()
      ? showSocketUnits(["--system"], {})
      : unavailable("systemd is not pid 1 here");
  }
  const runtimeDirectory = `/run/user/${managerOf}`;
  const gid = readOwnerGid(runtimeDirectory, managerOf);
  if (gid === null) {
    return unavailable(`uid ${managerOf} has no runtime directory ${runtimeDirectory}`);
  }
  // systemctl talks to a manager of its own uid or of root only (bus_check_peercred() in
  // systemd), so root has to become the user.
  const environment = { XDG_RUNTIME_DIR: runtimeDirectory };
  return showSocketUnits(["--user"], environment, { uid: managerOf, gid });
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

/**
 * `systemctl show`, not `list-sockets`: that one lists failed units as well, knows neither device
 * nor protocol, names no service for Accept=yes, and prints JSON only since systemd 246.
 */
function showSocketUnits(
  scope: readonly string[],
  environment: Readonly<Record<string, string>>,
  user: { readonly uid?: number; readonly gid?: number } = {},
): SocketUnitListing {
  const properties = `--property=${SOCKET_UNIT_PROPERTIES.join(",")}`;
  const call = [...scope, "show", "--no-pager", "--no-ask-password", properties, "--", "*.socket"];
  const result = runSystemctl(call, { environment, user });
  if (result.kind === "unavailable") return result;
  return { kind: "units", units: parseSocketUnits(result.text) };
}

function unavailable(reason: string): SocketUnitListing {
  return { kind: "unavailable", reason };
}
