// SPDX-License-Identifier: Apache-2.0
import type { Line, Tone } from "./color.ts";
import { compareNatural } from "./natural-order.ts";
import type { TreeNode } from "./tree.ts";

/** One level on the way to a node: siblings are ordered by `rank`, then by text. */
export interface Step {
  readonly rank: number;
  readonly text: string;
  readonly line: Line;
}

/** Makes a step; `text` is already escaped. */
export function step(rank: number, text: string, tone: Tone | null = null): Step {
  return { rank, text, line: [{ text, tone }] };
}

/** A tree under construction: nodes are added below a path, and equal paths become one. */
export class Branch {
  readonly #below = new Map<string, { readonly step: Step; readonly branch: Branch }>();
  readonly #nodes: TreeNode[] = [];

  /** Hangs nodes below a path; nodes of one path keep the order in which they came. */
  add(path: readonly Step[], nodes: readonly TreeNode[]): void {
    let branch: Branch = this;
    for (const next of path) branch = branch.#child(next);
    branch.#nodes.push(...nodes);
  }

  /** The finished tree. */
  toNodes(): readonly TreeNode[] {
    const below = [...this.#below.values()].toSorted(
      (one, other) =>
        one.step.rank - other.step.rank || compareNatural(one.step.text, other.step.text),
    );
    const children = below.map(({ step: { line }, branch }) => ({
      line,
      children: branch.toNodes(),
    }));
    return [...this.#nodes, ...children];
  }

  #child(next: Step): Branch {
    const known = this.#below.get(next.text);
    if (known !== undefined) return known.branch;
    const branch = new Branch();
    this.#below.set(next.text, { step: next, branch });
    return branch;
  }
}
