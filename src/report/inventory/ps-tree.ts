// SPDX-License-Identifier: Apache-2.0
import type { Ancestor, ListedProcess, PsReport } from "../../inventory/model.ts";
import { capabilitySpans, knownCapabilities, nameSpans } from "../capability-text.ts";
import { gapsLine } from "../coverage-line.ts";
import { namespaceItems, placementItems, uidText } from "../process-node.ts";
import { type Line, plain } from "../text/color.ts";
import { escapeName } from "../text/escape.ts";
import { renderTree, type TreeNode } from "../text/tree.ts";
import type { TextOptions } from "../text-options.ts";
import { commandWord, emptyText, threadWord } from "./ps-table.ts";

/** Renders processes below their parents; those that only lead to others say so. */
export function renderPsTree(report: PsReport, options: TextOptions): string {
  const coverage = gapsLine(report.coverage.gaps);
  if (report.processes.length === 0) return `${emptyText(options)}\n${coverage}`;
  const style = { width: options.width, color: options.color, ascii: options.ascii ?? false };
  return renderTree(rootNodes(report), style) + coverage;
}

function rootNodes(report: PsReport): readonly TreeNode[] {
  const known = knownCapabilities(report);
  const nodes = new Map<number, TreeNode>();
  for (const process of report.processes) nodes.set(process.pid, processNode(process, known));
  for (const each of report.ancestors) {
    nodes.set(each.pid, { line: ancestorLine(each), children: [] });
  }
  const all = [...report.processes, ...report.ancestors];
  const below = childrenOf(new Map(all.map(({ pid, parentPid }) => [pid, parentPid])));
  const nodesBelow = (pid: number): readonly TreeNode[] =>
    (below.get(pid) ?? []).map((child) => {
      const { line = [], children = [] } = nodes.get(child) ?? {};
      return { line, children: [...children, ...nodesBelow(child)] };
    });
  return nodesBelow(NO_PARENT);
}

const NO_PARENT = 0;

/** Children by parent, in the order of pids; below 0 who has none in the report. */
function childrenOf(parents: ReadonlyMap<number, number>): ReadonlyMap<number, readonly number[]> {
  const below = new Map<number, number[]>();
  for (const pid of [...parents.keys()].toSorted((one, other) => one - other)) {
    const given = parents.get(pid) ?? NO_PARENT;
    const parent = parents.has(given) && !isOwnAncestor(pid, parents) ? given : NO_PARENT;
    below.set(parent, [...(below.get(parent) ?? []), pid]);
  }
  return below;
}

/** A pid that was used again between two looks can close a circle, which nothing leads to. */
function isOwnAncestor(pid: number, parents: ReadonlyMap<number, number>): boolean {
  let above = parents.get(pid);
  for (let step = 0; above !== undefined && step < parents.size; step++) {
    if (above === pid) return true;
    above = parents.get(above);
  }
  return false;
}

function processNode(process: ListedProcess, known: readonly string[]): TreeNode {
  const context = { known, childUserNamespace: false };
  const items = [
    `pid=${process.pid}`,
    `uid=${uidText(process.uids)}`,
    ...placementItems(process),
    ...namespaceItems(process.childUserNamespace),
  ];
  const { ambient, inheritable } = process.capabilities;
  const line = [
    ...plain(`${commandWord(process)} (${items.join(" ")}) `),
    ...capabilitySpans(process, context),
    ...(ambient.length > 0 ? [...plain("; ambient: "), ...nameSpans(ambient, "orange")] : []),
    ...(inheritable.length > 0 ? [...plain("; inheritable: "), ...nameSpans(inheritable)] : []),
    ...(process.openEndedBounding ? plain(" [open-ended-bounding]") : []),
  ];
  const children = process.differingThreads.map(({ tids, credentials }) => ({
    line: [
      ...plain(`${threadWord(tids)} (uid=${uidText(credentials.uids)}) `),
      ...capabilitySpans(credentials, context),
    ],
    children: [],
  }));
  return { line, children };
}

/** Shown for its children alone. */
function ancestorLine({ pid, comm }: Ancestor): Line {
  return plain(`${escapeName(comm)} (pid=${pid})`);
}
