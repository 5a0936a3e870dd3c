// SPDX-License-Identifier: Apache-2.0

/** How many programs are tried at the same time: they share nothing, but processors. */
const WIDTH = 2;

/** Begins to act on all items, so many at a time, in order; one promise for each. */
export function startAll<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): ReadonlyMap<T, Promise<R>> {
  const resolvers = items.map(() => Promise.withResolvers<R>());
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      const { resolve, reject } = resolvers[at]!;
      await act(items[at]!).then(resolve, reject);
    }
  };
  for (let worker = 0; worker < WIDTH; worker++) void work();
  const results = items.map((item, at) => [item, resolvers[at]!.promise] as const);
  for (const [, promise] of results) promise.catch(() => undefined);
  return new Map(results);
}
