// SPDX-License-Identifier: Apache-2.0
import { eventually, type Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const DNSMASQ = "/usr/sbin/dnsmasq";

export const dnsmasq: Scenario = {
  title: "dnsmasq, which drops to a user",
  files: [DNSMASQ],
  needs: {
    net_bind_service: "port 53",
    setgid: "the group that it drops to",
    setuid: "the user that it drops to",
  },
  extras: { chown: "its pid file, for the user that it drops to; it would only warn" },
  prepare(stage) {
    const { directory } = stage;
    const configuration = stage.write(
      "dnsmasq.conf",
      `user=dnsmasq
pid-file=${directory}/dnsmasq.pid
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
address=/capscope.test/192.0.2.1\n`,
    );
    return {
      command: [DNSMASQ, "--keep-in-foreground", `--conf-file=${configuration}`],
      ready: "delay:0",
      check: eventually(`test "$(${ask("dns", 53, "capscope.test")})" = 192.0.2.1`),
      reset: `rm -f ${directory}/dnsmasq.pid ${directory}/leases`,
    };
  },
};

export const dnsmasqForHosts: Scenario = {
  ...dnsmasq,
  title: "dnsmasq, which hands out addresses as well",
  needs: {
    ...dnsmasq.needs,
    net_admin: "for later, when it drops to the user; it does not start without",
    net_raw: "for later, when it drops to the user; it does not start without",
  },
  prepare(stage) {
    const plan = dnsmasq.prepare(stage);
    const leases = `--dhcp-leasefile=${stage.directory}/leases`;
    return { ...plan, command: [...plan.command, "--dhcp-range=127.0.0.50,127.0.0.60", leases] };
  },
};
