// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync } from "node:fs";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const SSHD = "/usr/sbin/sshd";
const USER = "capscope-test";
const UID = "64999";

export const sshd: Scenario = {
  title: "sshd, which logs in a user on a terminal",
  files: [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen"],
  needs: {
    audit_write: "the record of the login; refused, it ends the session",
    chown: "the terminal, for the user",
    fowner: "the mode of the terminal, which is the user's by then",
    net_bind_service: "port 22",
    setgid: "the user's groups; those of the separated process",
    setuid: "the user; that of the separated process",
    sys_chroot: "the empty directory of the separated process",
  },
  extras: { dac_read_search: "pam_env looks for a file in the user's closed home" },
  onSomeMachines: {
    audit_control: "pam_loginuid: a login user id that is set already",
    sys_resource: "pam_limits and the OOM score, where root has the capability",
  },
  prepare(stage) {
    const { directory } = stage;
    for (const name of ["host", "user"]) {
      stage.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${directory}/${name}`);
    }
    makeHome(stage);
    const account = `${USER}:x:${UID}:${UID}::${directory}/home:/bin/sh\n`;
    const passwd = stage.write("passwd", readFileSync("/etc/passwd", "utf8") + account);
    const shadow = stage.write("shadow", `${USER}:*:19000:0:99999:7:::\n`, 0o600);
    const configuration = stage.write(
      "sshd_config",
      `ListenAddress 127.0.0.1
HostKey ${directory}/host
PidFile none
UsePAM yes
PasswordAuthentication no\n`,
    );
    mkdirSync(`${directory}/run/sshd`, { recursive: true });
    return {
      command: [SSHD, "-D", "-e", "-f", configuration],
      mounts: {
        "/etc/passwd": passwd,
        "/etc/shadow": shadow,
        "/run": `${directory}/run`,
        "/var/log": null,
      },
      ready: "port:22",
      check: `ssh ${OPTIONS} -i ${directory}/user ${USER}@127.0.0.1 'id -u; tty' </dev/null |
        tr -d '\\r\\n' | grep -Eqx '${UID}/dev/pts/[0-9]+'`,
    };
  },
};

const OPTIONS =
  "-tt -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";

function makeHome(stage: Stage): void {
  const home = `${stage.directory}/home`;
  mkdirSync(`${home}/.ssh`, { recursive: true });
  stage.write(
    "home/.ssh/authorized_keys",
    readFileSync(`${stage.directory}/user.pub`, "utf8"),
    0o600,
  );
  stage.run("chown", "-R", `${UID}:${UID}`, home);
  stage.run("chmod", "700", home, `${home}/.ssh`);
}
