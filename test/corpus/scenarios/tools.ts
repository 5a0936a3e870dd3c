// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import type { Plan, Scenario } from "../scenario.ts";

/** A line of shell that ends with status 0 when the tools in it did their job. */
function shell(line: string, mounts: NonNullable<Plan["mounts"]> = {}): () => Plan {
  return () => ({ command: ["/bin/sh", "-c", line], mounts });
}

export const su: Scenario = {
  title: "su, from root to a user",
  files: ["/usr/bin/su"],
  needs: { setgid: "the user's groups", setuid: "the user" },
  extras: { audit_write: "the record of the session; it goes on without" },
  onSomeMachines: { sys_resource: "pam_limits, where root has the capability" },
  // Without a system bus, which session modules would talk to where there is one.
  prepare: () => ({
    command: ["/usr/bin/su", "-s", "/bin/sh", "-c", 'test "$(id -u)" = 65534', "nobody"],
    mounts: { "/run": null },
  }),
};

export const mount: Scenario = {
  title: "mount and umount",
  files: ["/usr/bin/mount", "/usr/bin/umount"],
  needs: { sys_admin: "mount() and umount()" },
  prepare: shell(
    "mount -t tmpfs capscope-test /mnt && grep -q capscope-test /proc/mounts && umount /mnt",
  ),
};

export const renice: Scenario = {
  title: "renice to a higher priority",
  files: ["/usr/bin/renice"],
  needs: { sys_nice: "setpriority() below what the limit allows" },
  prepare: shell('renice -n -5 -p $$ && test "$(nice)" = -5'),
};

export const dmesg: Scenario = {
  title: "dmesg, where a setting of the system decides",
  files: ["/usr/bin/dmesg"],
  needs: isSet("/proc/sys/kernel/dmesg_restrict") ? { syslog: "kernel.dmesg_restrict" } : {},
  prepare: shell("dmesg >/dev/null"),
};

export const chattr: Scenario = {
  title: "chattr, which makes a file immutable and mutable again",
  files: ["/usr/bin/chattr"],
  needs: { linux_immutable: "the flag" },
  prepare(stage) {
    const file = stage.write("file", "");
    const line = `chattr +i ${file} || exit; rm -f ${file}; chattr -i ${file} && test -e ${file}`;
    return { command: ["/bin/sh", "-c", line] };
  },
};

function isSet(path: string): boolean {
  return readFileSync(path, "utf8").trim() !== "0";
}
