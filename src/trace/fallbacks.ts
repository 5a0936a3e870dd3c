// SPDX-License-Identifier: Apache-2.0
import type { CheckRecord } from "../linux/bpf/observation.ts";
import { type Fallback, FALLBACKS } from "./fallback-places.ts";
import { asksSilently, passesThrough } from "./kernel-stack.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the answer decides, where that is not the result; null elsewhere. */
export function fallbackReason(
  frames: readonly string[],
  capability: string,
  check: CheckRecord,
  surroundings: Surroundings,
): string | null {
  const place = FALLBACKS.find(
    ({ functions, capabilities, unless, only }) =>
      capabilities.includes(capability) &&
      passesThrough(frames, functions) &&
      (unless === undefined || !passesThrough(frames, unless)) &&
      (only === undefined || REQUISITES[only](frames, check, surroundings)),
  );
  return place?.reason ?? null;
}

type Requisite = (
  frames: readonly string[],
  check: CheckRecord,
  surroundings: Surroundings,
) => boolean;

const REQUISITES: Readonly<Record<NonNullable<Fallback["only"]>, Requisite>> = {
  silent: (frames, { silent }) => silent ?? asksSilently(frames),
  "of-root": (_frames, { credentials }, { credentials: rows }) => {
    const row = credentials === null ? undefined : rows.get(credentials);
    return row?.uid === 0 && row.effectiveUid === 0;
  },
  "while-line-disciplines-load": (_frames, _check, { context }) =>
    context.sysctls["dev.tty.ldisc_autoload"] === "1",
};
