// SPDX-License-Identifier: Apache-2.0

/** The module that a thread of a walk runs: beside this one, in source as in the package. */
export const WALK_WORKER = new URL(
  `./walk-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
