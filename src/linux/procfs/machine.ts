// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/** Highest capability number that the kernel knows. Requires Linux 3.2. */
export function readLastCapability(): number | null {
  const [text] = /^\d+/.exec(textOrNull(readText("/proc/sys/kernel/cap_last_cap")) ?? "") ?? [];
  return text === undefined ? null : Number(text);
}

/** Ports that the kernel gives to sockets which ask for none; null when it cannot be read. */
export function readEphemeralPorts(): { readonly first: number; readonly last: number } | null {
  const text = textOrNull(readText("/proc/sys/net/ipv4/ip_local_port_range"));
  const match = /^(\d+)\s+(\d+)/.exec(text ?? "");
  return match === null ? null : { first: Number(match[1]), last: Number(match[2]) };
}

/** Hundredths of a second since boot, in the unit and time namespace of a process's start time. */
export function readUptimeTicks(): number | null {
  const text = textOrNull(readText("/proc/uptime"));
  return text === null ? null : Math.round(Number.parseFloat(text) * 100);
}

/** Account names by uid, from /etc/passwd only; other name services are not asked. */
export function parseAccounts(passwd: string): ReadonlyMap<number, string> {
  const accounts = new Map<number, string>();
  for (const line of passwd.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name && uid && !accounts.has(Number(uid))) accounts.set(Number(uid), name);
  }
  return accounts;
}

/** Reads the accounts of this machine; empty when there is no readable /etc/passwd. */
export function readAccounts(): ReadonlyMap<number, string> {
  return parseAccounts(textOrNull(readText("/etc/passwd")) ?? "");
}

/** Host name and kernel release, of this UTS namespace. */
export function readHost(): { readonly name: string; readonly kernel: string } {
  const read = (name: string): string =>
    (textOrNull(readText(`/proc/sys/kernel/${name}`)) ?? "").trim();
  return { name: read("hostname"), kernel: read("osrelease") };
}
