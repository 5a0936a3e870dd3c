// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const NGINX = "/usr/sbin/nginx";
const WORKER = "www-data";
const DIRECTORIES = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] as const;

export const nginx: Scenario = {
  title: "nginx with workers of another user",
  files: [NGINX],
  needs: {
    chown: "temporary directories for the workers",
    net_bind_service: "port 80",
    setgid: "the group of the workers",
    setuid: "the user of the workers",
  },
  prepare(stage) {
    const { directory } = stage;
    // Only the workers' user may read it, so that a worker must have served it.
    const page = stage.write("page.html", "hello\n", 0o400);
    stage.run("chown", WORKER, page);
    const configuration = stage.write(
      "nginx.conf",
      `user ${WORKER};
worker_processes 2;
pid ${directory}/nginx.pid;
events { worker_connections 64; }
http {
  access_log ${directory}/access.log;
  ${DIRECTORIES.map((each) => `${each}_temp_path ${directory}/${each};`).join("\n  ")}
  server { listen 127.0.0.1:80; root ${directory}; }
}\n`,
    );
    return {
      command: [NGINX, "-e", `${directory}/error.log`, "-c", configuration, "-g", "daemon off;"],
      ready: "port:80",
      check: `${ask("http", 80, "/page.html")} | grep -q hello`,
      // Directories that are there already need no owner.
      reset: `cd ${directory} && rm -rf ${DIRECTORIES.join(" ")}`,
    };
  },
};
