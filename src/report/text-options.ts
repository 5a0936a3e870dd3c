// SPDX-License-Identifier: Apache-2.0

/** How a text report is laid out. */
export interface TextOptions {
  /** Terminal cells per line; null for lines as long as they need be. */
  readonly width: number | null;
  readonly color: boolean;
  /** Draw branches with ASCII characters. */
  readonly ascii?: boolean;
  /** The report was narrowed by filters: an empty one does not mean that there are no sockets. */
  readonly filtered?: boolean;
}
