// SPDX-License-Identifier: Apache-2.0

/** Resolves once all others had their turn who are ready to go on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
