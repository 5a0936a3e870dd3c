// SPDX-License-Identifier: Apache-2.0

/** The end of a time that is limited, or not. */
export interface Limit {
  readonly reached: Promise<null>;
  readonly isReached: () => boolean;
  readonly stop: () => void;
}

/** Begins now; null for no limit. */
export function startLimit(durationMs: number | null): Limit {
  if (durationMs === null) {
    return { reached: new Promise(() => undefined), isReached: () => false, stop: () => undefined };
  }
  const { promise, resolve } = withResolver();
  let isReached = false;
  const timer = setTimeout(() => {
    isReached = true;
    resolve();
  }, durationMs);
  return { reached: promise, isReached: () => isReached, stop: () => clearTimeout(timer) };
}

function withResolver(): { promise: Promise<null>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<null>((done) => {
    resolve = () => done(null);
  });
  return { promise, resolve };
}

export function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
