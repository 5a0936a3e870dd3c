// SPDX-License-Identifier: Apache-2.0

/** Waits until something is so in the system; throws when it is not within three seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 3000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not so in time: ${isSo.toString()}`);
    await Bun.sleep(20);
  }
}
