// SPDX-License-Identifier: Apache-2.0
import type { UnitDeclaration } from "../model.ts";
import { type Region, spanIn } from "../region.ts";
import { parseUnitText } from "./unit-text.ts";

/** Reads a unit file, a drop-in, or a piece of one; what systemd skips is skipped. */
export function readUnit(
  region: Region,
  { manager, isWhole }: Pick<UnitDeclaration, "manager" | "isWhole">,
): UnitDeclaration {
  const { assignments } = parseUnitText(region);
  return { manager, isWhole, assignments, ...spanIn(region, 0, region.text.length) };
}

/** Of which manager a unit is, by where its file is; man 5 systemd.unit. */
export function managerOf(path: string): UnitDeclaration["manager"] {
  if (/(?:^|\/)systemd\/user(?:\.control)?\//.test(path)) return "user";
  return /(?:^|\/)systemd\/system(?:\.control|\.attached)?\//.test(path) ? "system" : "unknown";
}

/** True for DIR.d/NAME.conf. */
export function isDropIn(path: string): boolean {
  return /\.d\/[^/]+\.conf$/.test(path);
}
