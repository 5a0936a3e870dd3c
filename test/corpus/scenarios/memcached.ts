// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const MEMCACHED = "/usr/bin/memcached";

export const memcached: Scenario = {
  title: "memcached, which drops to a user",
  files: [MEMCACHED],
  needs: { setgid: "the user's groups", setuid: "the user" },
  prepare: () => ({
    command: [MEMCACHED, "-u", "memcache", "-l", "127.0.0.1", "-p", "11211", "-m", "4"],
    ready: "port:11211",
    check: `${ask("memcached", 11211, "capscope")} | grep -q value`,
  }),
};
