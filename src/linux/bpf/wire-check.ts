// SPDX-License-Identifier: Apache-2.0
import { viewOf } from "../bytes.ts";
import type { CheckRecord, CredentialsRecord, OutcomeRecord } from "./observation.ts";
import type { StackSample } from "./stack-frames.ts";

const CHECK_GRANTED = 1;
const CHECK_OWN_NAMESPACE = 2;
const CHECK_BORROWED_CREDENTIALS = 4;
const CHECK_SILENT = 8;
const CHECK_SILENT_KNOWN = 16;
const CHECK_OWNS_NAMESPACE = 32;
const CHECK_MOOT = 64;

/** A row of the map of checks; `row` is what the samples are filed under that are not in it. */
export function decodeCheck(
  key: Uint8Array,
  counters: Uint8Array,
): {
  readonly row: number;
  readonly samples: readonly StackSample[];
  readonly check: Omit<CheckRecord, "stacks" | "userStacks">;
} {
  const keyView = viewOf(key);
  const view = viewOf(counters);
  const syscall = keyView.getInt32(8, true);
  const flags = keyView.getUint16(14, true);
  const row = view.getUint32(24, true);
  return {
    row,
    samples: samplesInRow(row, view),
    check: {
      image: keyView.getUint32(0, true),
      credentials: keyView.getUint32(16, true) || null,
      capability: keyView.getUint16(12, true),
      granted: (flags & CHECK_GRANTED) !== 0,
      syscall: syscall < 0 ? null : syscall,
      targetNamespace: keyView.getUint32(4, true),
      ownNamespace: (flags & CHECK_OWN_NAMESPACE) !== 0,
      ownsNamespace: (flags & CHECK_OWNS_NAMESPACE) !== 0,
      borrowedCredentials: (flags & CHECK_BORROWED_CREDENTIALS) !== 0,
      moot: (flags & CHECK_MOOT) !== 0,
      silent: (flags & CHECK_SILENT_KNOWN) === 0 ? null : (flags & CHECK_SILENT) !== 0,
      count: Number(view.getBigUint64(0, true)),
      firstNs: Number(view.getBigUint64(8, true)),
      lastNs: Number(view.getBigUint64(16, true)),
    },
  };
}

/** What tells whether a row of the map of checks has to be decoded again. */
export function decodeRow(counters: Uint8Array): { readonly row: number; readonly count: number } {
  const view = viewOf(counters);
  return { row: view.getUint32(24, true), count: Number(view.getBigUint64(0, true)) };
}

const FIRST_SAMPLE = 32;
const SAMPLE_SIZE = 8;

function samplesInRow(row: number, view: DataView): StackSample[] {
  const samples: StackSample[] = [];
  for (let at = FIRST_SAMPLE; at < view.byteLength; at += SAMPLE_SIZE) {
    const stack = view.getUint32(at, true);
    if (stack !== 0) samples.push({ row, stack, count: view.getUint32(at + 4, true) });
  }
  return samples;
}

export function decodeCredentials(key: Uint8Array, note: Uint8Array): CredentialsRecord {
  const view = viewOf(key);
  const noteView = viewOf(note);
  const set = (at: number): bigint => view.getBigUint64(at, true);
  return {
    id: noteView.getUint32(8, true),
    image: view.getUint32(0, true),
    previous: noteView.getUint32(12, true) || null,
    uid: view.getUint32(4, true),
    effectiveUid: view.getUint32(8, true),
    permitted: set(16),
    effective: set(24),
    inheritable: set(32),
    bounding: set(40),
    ambient: set(48),
    securebits: view.getUint32(12, true),
    noNewPrivileges: view.getUint32(56, true) !== 0,
    firstNs: Number(noteView.getBigUint64(0, true)),
  };
}

export function decodeOutcome(key: Uint8Array, count: Uint8Array): OutcomeRecord {
  const view = viewOf(key);
  return {
    image: view.getUint32(16, true),
    syscall: view.getInt32(20, true),
    denied: view.getBigUint64(0, true),
    granted: view.getBigUint64(8, true),
    errno: view.getUint32(24, true),
    count: Number(viewOf(count).getBigUint64(0, true)),
  };
}
