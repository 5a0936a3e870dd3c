// SPDX-License-Identifier: Apache-2.0
import { type Line, lineText, renderSpans } from "./color.ts";
import { wrapRanges } from "./wrap.ts";

/** Part of a text tree. */
export interface TreeNode {
  readonly line: Line;
  readonly children: readonly TreeNode[];
  /** The node hangs below many parents: its text is made once and used again. */
  readonly shared?: true;
}

export interface TreeStyle {
  /** Terminal cells per line; null for lines as long as they need be. */
  readonly width: number | null;
  readonly color: boolean;
  readonly ascii: boolean;
}

/** Renders nodes with branch glyphs; each line ends with a newline, none with a blank. */
export function renderTree(nodes: readonly TreeNode[], style: TreeStyle): string {
  const lines: string[] = [];
  appendNodes(lines, nodes, "", 0, { style, blocks: new Map() });
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

interface Rendering {
  readonly style: TreeStyle;
  /** Lines of shared nodes without what is left of them, by the cells that this takes. */
  readonly blocks: Map<TreeNode, Map<number, Block>>;
}

interface Block {
  /** Lines of the node itself. */
  readonly head: readonly string[];
  /** Lines of its children. */
  readonly below: readonly string[];
}

/** `offset` is how many cells stand to the left of `prefix`, for which others care. */
function appendNodes(
  lines: string[],
  nodes: readonly TreeNode[],
  prefix: string,
  offset: number,
  rendering: Rendering,
): void {
  const glyphs = rendering.style.ascii ? ASCII_GLYPHS : BOX_GLYPHS;
  nodes.forEach((node, index) => {
    const last = index === nodes.length - 1;
    const next = prefix + (last ? glyphs.blank : glyphs.bar);
    const first = prefix + (last ? glyphs.last : glyphs.branch);
    // Every glyph is three cells wide and one UTF-16 unit per cell.
    const indent = offset + next.length;
    const block = node.shared === true ? blockOf(node, indent, rendering) : null;
    const head = block === null ? headLines(node, indent, rendering) : block.head;
    head.forEach((line, row) => lines.push((row === 0 ? first : next) + line));
    if (block === null) appendNodes(lines, node.children, next, offset, rendering);
    else for (const line of block.below) lines.push(next + line);
  });
}

function blockOf(node: TreeNode, indent: number, rendering: Rendering): Block {
  const blocks = rendering.blocks.get(node) ?? new Map<number, Block>();
  rendering.blocks.set(node, blocks);
  const known = blocks.get(indent);
  if (known !== undefined) return known;
  const below: string[] = [];
  appendNodes(below, node.children, "", indent, rendering);
  const block = { head: headLines(node, indent, rendering), below };
  blocks.set(indent, block);
  return block;
}

function headLines(node: TreeNode, indent: number, { style }: Rendering): readonly string[] {
  const { width, color } = style;
  const room = width === null ? Infinity : Math.max(width - indent, MINIMUM_ROOM);
  const ranges = wrapRanges(lineText(node.line), room);
  return ranges.map(({ start, end }) => renderSpans(node.line, start, end, color));
}

/** Below this a deep branch runs over the right margin rather than into a column of letters. */
const MINIMUM_ROOM = 20;

const BOX_GLYPHS = { branch: "├─ ", last: "└─ ", bar: "│  ", blank: "   " } as const;
const ASCII_GLYPHS = { branch: "|- ", last: "`- ", bar: "|  ", blank: "   " } as const;
