// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const VSFTPD = "/usr/sbin/vsftpd";

export const vsftpd: Scenario = {
  title: "vsftpd, from which somebody without an account gets a file",
  files: [VSFTPD],
  needs: {
    net_bind_service: "port 21",
    setgid: "the group of the unprivileged process",
    setuid: "the user of the unprivileged process",
    sys_chroot: "its root directory",
  },
  extras: { sys_admin: "namespaces for its processes; it goes on without" },
  prepare(stage) {
    mkdirSync(`${stage.directory}/files`);
    mkdirSync(`${stage.directory}/empty`);
    stage.write("files/greeting", "hello\n");
    const configuration = stage.write(
      "vsftpd.conf",
      `listen=YES
listen_address=127.0.0.1
background=NO
anonymous_enable=YES
local_enable=NO
anon_root=${stage.directory}/files
secure_chroot_dir=${stage.directory}/empty
xferlog_enable=NO\n`,
    );
    return {
      command: [VSFTPD, configuration],
      ready: "port:21",
      check: `${ask("ftp", 21, "anonymous:guest:greeting")} | grep -q hello`,
    };
  },
};
