// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { type Machine, write } from "./machine.ts";

/** A real service of the distribution, as its package installs it. */
export interface Service {
  readonly unit: string;
  /** Without them it is not there. */
  readonly files: readonly string[];
  /** What makes it work without a network. */
  readonly prepare: (machine: Pick<Machine, "shell" | "ownsClock">) => void;
  /** A line of shell that uses it, and succeeds when it works. */
  readonly check: string;
  /** Must be among what it needs, and must not. */
  readonly needs: readonly string[];
  readonly spares: readonly string[];
}

export const SERVICES: readonly Service[] = [
  {
    unit: "nginx",
    files: ["/usr/sbin/nginx", "/usr/bin/curl"],
    prepare: () => undefined,
    check: "curl -sf --max-time 10 -o /dev/null http://127.0.0.1/",
    needs: ["setgid", "setuid", "net_bind_service"],
    spares: ["sys_admin", "net_raw", "sys_ptrace"],
  },
  {
    unit: "chrony",
    files: ["/usr/sbin/chronyd", "/usr/bin/chronyc"],
    prepare: (machine) => {
      const config = "local stratum 8\nbindaddress 127.0.0.1\nallow 127.0.0.1\n";
      write(machine, "/etc/chrony/chrony.conf", config);
      // The clock of a container is the host's.
      const options = machine.ownsClock ? "-F 1" : "-F 1 -x";
      write(machine, "/etc/default/chrony", `DAEMON_OPTS="${options}"\n`);
    },
    check: "chronyc -h 127.0.0.1 tracking | grep -q 'Leap status'",
    needs: ["setgid", "setuid", "net_bind_service"],
    spares: ["sys_admin", "net_raw", "sys_ptrace", "sys_module"],
  },
  {
    unit: "redis-server",
    files: ["/usr/bin/redis-server", "/usr/bin/redis-cli"],
    prepare: () => undefined,
    check: 'test "$(redis-cli ping)" = PONG',
    needs: [],
    spares: ["setuid", "setgid", "net_bind_service", "sys_admin"],
  },
];

/** Which file of the service is not there; null when it can be used. */
export function missingFile({ files }: Service): string | null {
  return files.find((file) => !existsSync(file)) ?? null;
}
