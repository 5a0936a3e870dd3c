// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./procfs/read-text.ts";
import { parseStatus } from "./procfs/status.ts";

/** Names as prlimit(1) has them; systemd's are the same in capitals. */
export type Resource = (typeof RESOURCES)[number][0];

/** A pair of getrlimit(2); null for unlimited. */
export interface ResourceLimit {
  readonly resource: Resource;
  readonly soft: bigint | null;
  readonly hard: bigint | null;
}

/** With the titles of /proc/PID/limits; Linux 6.18, fs/proc/base.c. */
export const RESOURCES = [
  ["cpu", "Max cpu time"],
  ["fsize", "Max file size"],
  ["data", "Max data size"],
  ["stack", "Max stack size"],
  ["core", "Max core file size"],
  ["rss", "Max resident set"],
  ["nproc", "Max processes"],
  ["nofile", "Max open files"],
  ["memlock", "Max locked memory"],
  ["as", "Max address space"],
  ["locks", "Max file locks"],
  ["sigpending", "Max pending signals"],
  ["msgqueue", "Max msgqueue size"],
  ["nice", "Max nice priority"],
  ["rtprio", "Max realtime priority"],
  ["rttime", "Max realtime timeout"],
] as const;

const SYS_RESOURCE = 1n << 24n;

/** Parses /proc/PID/limits; a resource that it does not list is left out. */
export function parseLimits(text: string): readonly ResourceLimit[] {
  const value = (word: string): bigint | null => (word === "unlimited" ? null : BigInt(word));
  return RESOURCES.flatMap(([resource, title]) => {
    const line = text.split("\n").find((each) => each.startsWith(`${title} `));
    const match = /^(\d+|unlimited)\s+(\d+|unlimited)/.exec(line?.slice(title.length).trim() ?? "");
    const [, soft, hard] = match ?? [];
    if (soft === undefined || hard === undefined) return [];
    return [{ resource, soft: value(soft), hard: value(hard) }];
  });
}

/**
 * The nearest limits that this process may set, as a service manager without CAP_SYS_RESOURCE
 * does it: none above its own hard limits.
 */
export function attainableLimits(wanted: readonly ResourceLimit[]): readonly ResourceLimit[] {
  const status = textOrNull(readText("/proc/self/status"));
  if (status !== null && (parseStatus(status).effective & SYS_RESOURCE) !== 0n) return wanted;
  const own = parseLimits(textOrNull(readText("/proc/self/limits")) ?? "");
  return wanted.map((limit) => {
    const ceiling = own.find(({ resource }) => resource === limit.resource)?.hard ?? null;
    const hard = lower(limit.hard, ceiling);
    return { resource: limit.resource, soft: lower(limit.soft, hard), hard };
  });
}

function lower(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null) return other;
  return other === null || one < other ? one : other;
}
