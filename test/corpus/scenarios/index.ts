// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";
import { chronyd } from "./chronyd.ts";
import { cron } from "./cron.ts";
import { dnsmasq, dnsmasqForHosts } from "./dnsmasq.ts";
import { ip } from "./ip.ts";
import { memcached } from "./memcached.ts";
import { named } from "./named.ts";
import { nft } from "./nft.ts";
import { nginx } from "./nginx.ts";
import { pingAsRoot, pingAsUser, pingWithoutRawSocket } from "./ping.ts";
import { redis } from "./redis.ts";
import { rsync } from "./rsync.ts";
import { rsyslogd } from "./rsyslogd.ts";
import { sshd } from "./sshd.ts";
import { tar } from "./tar.ts";
import { tcpdump, tcpdumpAsRoot } from "./tcpdump.ts";
import { chattr, dmesg, mount, renice, su } from "./tools.ts";
import { fping, traceroute } from "./traceroute.ts";
import { unbound } from "./unbound.ts";
import { vsftpd } from "./vsftpd.ts";
import { apache, haproxy, lighttpd, tinyproxy } from "./web.ts";

export const SCENARIOS: readonly Scenario[] = [
  pingAsRoot,
  pingAsUser,
  pingWithoutRawSocket,
  traceroute,
  fping,
  tcpdump,
  tcpdumpAsRoot,
  nginx,
  apache,
  lighttpd,
  haproxy,
  tinyproxy,
  redis,
  memcached,
  chronyd,
  dnsmasq,
  dnsmasqForHosts,
  unbound,
  named,
  sshd,
  vsftpd,
  rsyslogd,
  cron,
  tar,
  rsync,
  ip,
  nft,
  su,
  mount,
  renice,
  dmesg,
  chattr,
];
