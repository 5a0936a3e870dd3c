// SPDX-License-Identifier: Apache-2.0
import type { ManifestKind } from "../../../src/manifest/model.ts";

/** A text with a mistake, and one that does it right. */
export interface Case {
  readonly rule: string;
  readonly kind: ManifestKind;
  /** Path, where it matters. */
  readonly name?: string;
  readonly bad: string;
  /** What the finding covers. */
  readonly at: string;
  readonly good: string;
  /** What --fix makes of the bad one; left out where there is more than one right answer. */
  readonly fixed?: string;
}

export const service = (lines: string): string => `[Service]\nExecStart=/usr/bin/web\n${lines}\n`;
export const pod = (container: string, spec = ""): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n${spec}  containers:\n    - name: web\n      securityContext:\n${container.replaceAll(/^/gm, "        ")}\n`;
export const compose = (lines: string): string =>
  `services:\n  web:\n    image: web\n${lines.replaceAll(/^/gm, "    ")}\n`;
