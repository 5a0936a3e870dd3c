// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { chronyd } from "./chronyd.ts";
import { cron } from "./cron.ts";
import { dnsmasq, dnsmasqForHosts } from "./dnsmasq.ts";
import { ip } from "./ip.ts";
import { nginx } from "./nginx.ts";
import { pingAsRoot, pingAsUser, pingWithoutRawSocket } from "./ping.ts";
import { redis } from "./redis.ts";
import { sshd } from "./sshd.ts";
import { tar } from "./tar.ts";
import { tcpdump, tcpdumpAsRoot } from "./tcpdump.ts";
import { chattr, dmesg, mount, renice, su } from "./tools.ts";

export const SCENARIOS: readonly Scenario[] = [
  pingAsRoot,
  pingAsUser,
  pingWithoutRawSocket,
  tcpdump,
  tcpdumpAsRoot,
  nginx,
  redis,
  chronyd,
  dnsmasq,
  dnsmasqForHosts,
  sshd,
  cron,
  tar,
  ip,
  su,
  mount,
  renice,
  dmesg,
  chattr,
];
