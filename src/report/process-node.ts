// SPDX-License-Identifier: Apache-2.0
import type {
  Container,
  Endpoint,
  Flag,
  Ids,
  Management,
  Process,
  SocketUnit,
} from "../exposure/model.ts";
import { FLAGS } from "../exposure/model.ts";
import {
  type CapabilityContext,
  capabilitySpans,
  nameSpans,
  worstTone,
} from "./capability-text.ts";
import { defensesNode } from "./defenses-node.ts";
import type { OwnerGroup } from "./owner-groups.ts";
import { type Line, plain, type Tone } from "./text/color.ts";
import { escapeName, escapeWord } from "./text/escape.ts";
import type { TreeNode } from "./text/tree.ts";

/** The line that says who owns an endpoint: `nginx x4 (pid=81,82,83,84 uid=33 exe=...)`. */
export function processLine(group: OwnerGroup, socketUnit: SocketUnit | null): string {
  const { process, processes, tids } = group;
  const times = processes.length > 1 ? ` x${processes.length}` : "";
  const items = [
    `pid=${processes.map(({ pid }) => pid).join(",")}`,
    ...(tids.length > 0 ? [`tid=${tids.join(",")}`] : []),
    `uid=${uidText(process.uids)}`,
    `exe=${process.exe === null ? "unknown" : escapeWord(process.exe.path)}`,
    ...placementItems(process),
    ...(socketUnit === null ? [] : [socketItem(socketUnit)]),
    ...namespaceItems(process.childUserNamespace),
  ];
  return `${escapeName(process.comm)}${times} (${items.join(" ")})`;
}

/** What hangs below a process: its capabilities, threads, defenses, and flags. */
export function processChildren(
  group: OwnerGroup,
  endpoint: Endpoint,
  known: readonly string[],
): readonly TreeNode[] {
  const { process } = group;
  const context = { known, childUserNamespace: process.childUserNamespace === true };
  const { ambient, inheritable } = process.capabilities;
  return [
    leaf(capsLine(process, context)),
    ...(ambient.length > 0 ? [leaf([...plain("ambient: "), ...nameSpans(ambient, "orange")])] : []),
    ...(inheritable.length > 0
      ? [leaf([...plain("inheritable: "), ...nameSpans(inheritable)])]
      : []),
    ...threadNodes(group, context),
    defensesNode(process),
    flagsNode(flagsOf(endpoint, process), worstTone(process)),
  ];
}

/** Flags of an endpoint with one of its owners; `privileged-caps` is the owner's. */
export function flagsOf(endpoint: Endpoint, process: Process | null): readonly Flag[] {
  return FLAGS.filter((flag) =>
    flag === "privileged-caps" ? process?.privilegedCaps === true : endpoint.flags.includes(flag),
  );
}

/** The `flags` node, with `(none)` when there are none. */
export function flagsNode(flags: readonly Flag[], privilegeTone: Tone | null): TreeNode {
  const leaves = flags.map((flag) =>
    leaf([{ text: flag, tone: flag === "privileged-caps" ? privilegeTone : FLAG_TONES[flag] }]),
  );
  return { line: plain("flags"), children: leaves.length > 0 ? leaves : [leaf(plain("(none)"))] };
}

const FLAG_TONES: Readonly<Record<Exclude<Flag, "privileged-caps">, Tone | null>> = {
  "proximity-plane": "yellow",
  "hypervisor-plane": "yellow",
  "ssh-on-vsock-port-22": null,
  "wildcard-bind": "yellow",
  reuseport: "yellow",
};

function leaf(line: Line): TreeNode {
  return { line, children: [] };
}

function capsLine(process: Process, context: CapabilityContext): Line {
  const { permitted } = process.capabilities;
  // SETPCAP lets a process put capabilities of its bounding set into its inheritable set.
  const boundingTone: Tone | null = permitted.includes("setpcap") ? "orange" : null;
  return [
    ...plain("caps: "),
    ...capabilitySpans(process, context),
    ...(process.ambientPresent ? mark("ambient-present", "orange") : []),
    ...(process.openEndedBounding ? mark("open-ended-bounding", boundingTone) : []),
  ];
}

function mark(text: string, tone: Tone | null): Line {
  return [...plain(" ["), { text, tone }, ...plain("]")];
}

function threadNodes(group: OwnerGroup, context: CapabilityContext): readonly TreeNode[] {
  const { differingThreads, defenses } = group.process;
  if (differingThreads.length === 0) return [];
  const children = differingThreads.map((threads, index) => {
    const tids = group.processes.flatMap(({ differingThreads: all }) => all[index]?.tids ?? []);
    const count = tids.length === 1 ? "1 thread" : `${tids.length} threads`;
    const head = `${count} (tid=${tids.join(",")}): uid=${uidText(threads.credentials.uids)} caps: `;
    const { noNewPrivs, seccomp } = threads;
    const rest = [
      ...(noNewPrivs === defenses.noNewPrivs ? [] : [` no_new_privs: ${yesNo(noNewPrivs)}`]),
      ...(seccomp === defenses.seccomp ? [] : [` seccomp: ${seccomp ?? "unknown"}`]),
    ];
    const caps = capabilitySpans(threads.credentials, context);
    return leaf([...plain(head), ...caps, ...plain(rest.join(""))]);
  });
  return [{ line: plain("threads"), children }];
}

/** The effective uid, and those of the other three that differ from it. */
export function uidText({ real, effective, saved, filesystem }: Ids): string {
  const others = [
    ...(real === effective ? [] : [`real ${real}`]),
    ...(saved === effective ? [] : [`saved ${saved}`]),
    ...(filesystem === effective ? [] : [`filesystem ${filesystem}`]),
  ];
  return others.length === 0 ? String(effective) : `${effective} (${others.join(", ")})`;
}

/** `null` is "unknown": could not be checked. */
export function yesNo(value: boolean | null): string {
  if (value === null) return "unknown";
  return value ? "yes" : "no";
}

/** Unit, container and pod of a process, as `key=value`. */
export function placementItems({
  unit,
  userUnitOf,
  container,
  podUid,
}: Management): readonly string[] {
  const items: string[] = [];
  if (unit !== null && userUnitOf === null) items.push(`unit=${escapeWord(unit)}`);
  if (unit !== null && userUnitOf !== null) {
    items.push(`user-unit=${escapeWord(unit)}`, `user-manager=${userUnitOf}`);
  }
  if (container !== null) items.push(`container=${containerWord(container)}`);
  if (podUid !== null) items.push(`pod=${escapeWord(podUid)}`);
  return items;
}

/** Runtime and short id: `docker:0123456789ab`. */
export function containerWord({ runtime, id }: Container): string {
  return `${runtime === null ? "" : `${runtime}:`}${escapeWord(id.slice(0, SHORT_ID))}`;
}

/** Length that container runtimes print ids with. */
const SHORT_ID = 12;

function socketItem({ unit, activates }: SocketUnit): string {
  const socket = `socket=${escapeWord(unit)}`;
  return activates === null ? socket : `${socket} -> ${escapeWord(activates)}`;
}

/** `userns=child` or `userns=unknown`; nothing for the initial one. */
export function namespaceItems(childUserNamespace: boolean | null): readonly string[] {
  if (childUserNamespace === false) return [];
  return [`userns=${childUserNamespace === null ? "unknown" : "child"}`];
}
