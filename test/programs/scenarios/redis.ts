// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

export const redis: Scenario = {
  title: "redis-server, run by root",
  files: ["/usr/bin/redis-server", "/usr/bin/redis-cli"],
  needs: {},
  onSomeMachines: { sys_resource: "a hard limit of descriptors below what its clients may take" },
  prepare: ({ directory }) => ({
    command: [..."/usr/bin/redis-server --bind 127.0.0.1 --port 6379 --dir".split(" "), directory],
    exercise(stage) {
      const ask = (...words: string[]): string => stage.run("redis-cli", ...words).trim();
      ask("set", "key", "value");
      if (ask("get", "key") !== "value") throw new Error("another value");
      if (ask("save") !== "OK") throw new Error("not saved");
    },
    isDaemon: true,
  }),
};
