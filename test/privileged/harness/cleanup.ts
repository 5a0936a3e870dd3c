// SPDX-License-Identifier: Apache-2.0

/**
 * Everything that a test leaves in the system outside its own process, undone in reverse order:
 * by the test itself, and whatever is left when the test run is interrupted.
 */
const pending = new Set<() => void>();

/** Registers `undo`; the returned function runs it, once. */
export function undoLater(undo: () => void): () => void {
  const once = (): void => {
    if (pending.delete(once)) undo();
  };
  pending.add(once);
  return once;
}

function undoEverything(): void {
  for (const undo of [...pending].reverse()) {
    try {
      undo();
    } catch (error) {
      console.error("cleaning up:", error);
    }
  }
}

process.on("exit", undoEverything);
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const) {
  process.on(signal, () => {
    undoEverything();
    process.exit(128 + number);
  });
}
