// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { ask, type Stage } from "../stage.ts";

const HAPROXY = "/usr/sbin/haproxy";
const TINYPROXY = "/usr/bin/tinyproxy";
const APACHE = "/usr/sbin/apache2";
const LIGHTTPD = "/usr/sbin/lighttpd";
const DROP = {
  net_bind_service: "port 80",
  setgid: "the group that it drops to",
  setuid: "the user that it drops to",
} as const;
const PAGE = `${ask("http", 80, "/page.html")} | grep -q hello`;

export const haproxy: Scenario = {
  title: "haproxy in a root directory of its own",
  files: [HAPROXY],
  needs: { ...DROP, sys_chroot: "its root directory" },
  prepare(stage) {
    const configuration = stage.write(
      "haproxy.cfg",
      `global
  user haproxy
  group haproxy
  chroot ${stage.directory}
  maxconn 100
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend web
  bind 127.0.0.1:80
  http-request return status 200 content-type text/plain string hello\n`,
    );
    return {
      command: [HAPROXY, "-db", "-f", configuration],
      ready: "port:80",
      check: PAGE,
    };
  },
};

export const tinyproxy: Scenario = {
  title: "tinyproxy, which drops to a user",
  files: [TINYPROXY],
  needs: { setgid: DROP.setgid, setuid: DROP.setuid },
  prepare(stage) {
    const configuration = stage.write(
      "tinyproxy.conf",
      `User tinyproxy
Group tinyproxy
Port 8888
Listen 127.0.0.1
Timeout 5
StatHost "tinyproxy.test"
MaxClients 10\n`,
    );
    return {
      command: [TINYPROXY, "-d", "-c", configuration],
      ready: "port:127.0.0.1:8888",
      check: `${ask("http", 8888, "http://tinyproxy.test/")} | grep -qi 'run-time statistics'`,
    };
  },
};

/** A page that only this user may read, so that it must have been served by that user. */
function writePage(stage: Stage, user: string): void {
  stage.run("chown", user, stage.write("page.html", "hello\n", 0o400));
}

export const lighttpd: Scenario = {
  title: "lighttpd, which drops to a user",
  files: [LIGHTTPD],
  needs: DROP,
  prepare(stage) {
    writePage(stage, "www-data");
    const configuration = stage.write(
      "lighttpd.conf",
      `server.document-root = "${stage.directory}"
server.bind = "127.0.0.1"
server.port = 80
server.username = "www-data"
server.groupname = "www-data"
server.upload-dirs = ("${stage.directory}")\n`,
    );
    return { command: [LIGHTTPD, "-D", "-f", configuration], ready: "port:80", check: PAGE };
  },
};

export const apache: Scenario = {
  title: "apache2 with workers of another user",
  files: [APACHE],
  needs: DROP,
  // Its workers go on as root without the group.
  orElse: [
    ["dac_read_search", "net_bind_service"],
    ["dac_override", "net_bind_service"],
  ],
  extras: { kill: "the end of its workers, which end by themselves too" },
  prepare(stage) {
    const { directory } = stage;
    writePage(stage, "www-data");
    const modules = "/usr/lib/apache2/modules";
    const configuration = stage.write(
      "apache2.conf",
      `ServerRoot ${directory}
ServerName capscope.test
Listen 127.0.0.1:80
User www-data
Group www-data
PidFile ${directory}/apache2.pid
ErrorLog ${directory}/error.log
Mutex file:${directory}
LoadModule mpm_prefork_module ${modules}/mod_mpm_prefork.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
StartServers 2
DocumentRoot ${directory}\n`,
    );
    return {
      command: [APACHE, "-D", "FOREGROUND", "-f", configuration],
      ready: "port:80",
      check: PAGE,
      reset: `rm -f ${directory}/apache2.pid`,
    };
  },
};
