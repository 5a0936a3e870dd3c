// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from "node:fs";
import type { Plan, Scenario } from "../scenario.ts";

/** A program that ends by itself, and what it has to print. */
function printing(
  command: readonly string[],
  expected: RegExp,
  mounts: NonNullable<Plan["mounts"]> = {},
): () => Plan {
  return () => ({
    command,
    mounts,
    exercise(_, output) {
      if (!expected.test(output)) throw new Error(output);
    },
    isDaemon: false,
  });
}

export const su: Scenario = {
  title: "su, from root to a user",
  files: ["/usr/bin/su"],
  needs: { setgid: "the user's groups", setuid: "the user" },
  alsoAsked: { audit_write: "the record of the session; it goes on without" },
  onSomeMachines: { sys_resource: "pam_limits, where root has the capability" },
  // Without a system bus, which session modules would talk to where there is one.
  prepare: printing(["/usr/bin/su", "-s", "/bin/sh", "-c", "id -u", "nobody"], /^65534\n$/, {
    "/run": null,
  }),
};

export const mount: Scenario = {
  title: "mount and umount",
  files: ["/usr/bin/mount", "/usr/bin/umount"],
  needs: { sys_admin: "mount() and umount()" },
  prepare: printing(
    [
      "/bin/sh",
      "-c",
      "mount -t tmpfs capscope-test /mnt && grep -o capscope-test /proc/mounts && umount /mnt",
    ],
    /^capscope-test\n$/,
  ),
};

export const renice: Scenario = {
  title: "renice to a higher priority",
  files: ["/usr/bin/renice"],
  needs: { sys_nice: "setpriority() below what the limit allows" },
  prepare: printing(["/bin/sh", "-c", "renice -n -5 -p $$"], /new priority -5\n$/),
};

export const dmesg: Scenario = {
  title: "dmesg, where a setting of the system decides",
  files: ["/usr/bin/dmesg"],
  needs: isSet("/proc/sys/kernel/dmesg_restrict") ? { syslog: "kernel.dmesg_restrict" } : {},
  prepare: printing(["/usr/bin/dmesg"], /^\[/),
};

export const chattr: Scenario = {
  title: "chattr, which makes a file immutable and mutable again",
  files: ["/usr/bin/chattr"],
  needs: { linux_immutable: "the flag" },
  prepare(stage) {
    const file = stage.write("file", "");
    return {
      command: ["/bin/sh", "-c", `chattr +i ${file} && ! rm -f ${file} 2>&1; chattr -i ${file}`],
      exercise(_, output) {
        if (!output.includes("Operation not permitted")) throw new Error(output);
        statSync(file);
      },
      isDaemon: false,
    };
  },
};

function isSet(path: string): boolean {
  return readFileSync(path, "utf8").trim() !== "0";
}
