// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

const NGINX = "/usr/sbin/nginx";
const WORKER = "www-data";

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
    // Only the workers' user may read it, so that a worker must have served it.
    const page = stage.write("page.html", "hello\n", 0o400);
    stage.run("chown", WORKER, page);
    const configuration = stage.write(
      "nginx.conf",
      `user ${WORKER};
worker_processes 2;
pid ${stage.directory}/nginx.pid;
events { worker_connections 64; }
http {
  access_log ${stage.directory}/access.log;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((each) => `${each}_temp_path ${stage.directory}/${each};`)
    .join("\n  ")}
  server { listen 127.0.0.1:80; root ${stage.directory}; }
}\n`,
    );
    const errorLog = `${stage.directory}/error.log`;
    return {
      command: [NGINX, "-e", errorLog, "-c", configuration, "-g", "daemon off;"],
      exercise: () => {
        if (stage.ask("http", "/page.html") !== "hello\n\n") throw new Error("another page");
      },
      isDaemon: true,
    };
  },
};
