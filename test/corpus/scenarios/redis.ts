// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

export const redis: Scenario = {
  title: "redis-server, run by root",
  files: ["/usr/bin/redis-server", "/usr/bin/redis-cli"],
  needs: {},
  onSomeMachines: { sys_resource: "a hard limit of descriptors below what its clients may take" },
  prepare: ({ directory }) => ({
    command: [..."/usr/bin/redis-server --bind 127.0.0.1 --port 6379 --dir".split(" "), directory],
    ready: "port:6379",
    check:
      'redis-cli set key value && test "$(redis-cli get key)" = value && test "$(redis-cli save)" = OK',
    reset: `rm -f ${directory}/dump.rdb`,
  }),
};
