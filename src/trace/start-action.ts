// SPDX-License-Identifier: Apache-2.0

type StartState = "none" | "under-way" | "done" | "failed";

/** What a trace did not see, by how far the start had come at its end. */
export const GAPS_OF_START: Readonly<Record<StartState, readonly string[]>> = {
  none: ["what ran before the trace was not seen"],
  "under-way": ["the trace ended before the start did"],
  done: [],
  failed: [],
};

/** Starts what is followed. The trace may end before it has: then the signal is aborted. */
export type StartAction = (signal: AbortSignal) => Promise<void>;

interface Starting {
  readonly state: () => StartState;
  /** To be called in the end. Throws what made the start fail. */
  readonly leave: () => Promise<void>;
}

export function beginStart(start: StartAction | null): Starting {
  if (start === null) return { state: () => "none", leave: () => Promise.resolve() };
  let state: StartState = "under-way";
  const leaving = new AbortController();
  const started = start(leaving.signal);
  started.then(
    () => {
      if (!leaving.signal.aborted) state = "done";
    },
    () => {
      state = "failed";
    },
  );
  return {
    state: () => state,
    leave: () => {
      if (state === "under-way") leaving.abort();
      return started;
    },
  };
}
