// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { eventually, type Scenario } from "../scenario.ts";

const CRON = "/usr/sbin/cron";
const UID = 65534;

export const cron: Scenario = {
  title: "cron, which runs a job of a user",
  files: [CRON],
  needs: { setgid: "the user's groups", setuid: "the user" },
  extras: { audit_write: "the record of the session; it goes on without" },
  onSomeMachines: {
    audit_control: "pam_loginuid: a login user id that is set already",
    sys_resource: "pam_limits, where root has the capability",
  },
  prepare(stage) {
    const { directory } = stage;
    for (const name of ["cron.d", "out", "spool", "spool/crontabs"])
      mkdirSync(`${directory}/${name}`);
    stage.run("chown", String(UID), `${directory}/out`);
    const file = `${directory}/out/uid`;
    const job = `SHELL=/bin/sh\nHOME=/\nMAILTO=""\n@reboot nobody id -u > ${file}\n`;
    stage.write("cron.d/capscope-test", job);
    return {
      command: [CRON, "-f", "-L", "0"],
      // None of the machine's own jobs may run.
      mounts: {
        "/etc/crontab": stage.write("crontab", ""),
        "/etc/cron.d": `${directory}/cron.d`,
        "/var/spool/cron": `${directory}/spool`,
        "/run": null,
      },
      ready: "delay:0",
      check: eventually(`test "$(stat -c %u ${file}) $(cat ${file})" = "${UID} ${UID}"`),
      reset: `rm -rf /run/crond.* ${file}`,
    };
  },
};
