// SPDX-License-Identifier: Apache-2.0

/** Exit codes, equal in every format; documented in the man page. */
export const EXIT_CODE = {
  ok: 0,
  /** Findings, where a gate was asked for. */
  findings: 1,
  usage: 2,
  /** Nothing could be observed, or the result could not be written. */
  cannotObserve: 3,
  /** Something could not be seen, and that was not allowed. */
  incomplete: 4,
  /** `trace` or `minimize` failed itself; every other status of `trace` is the command's. */
  wrapperFailed: 125,
} as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];
