// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import { errorName } from "../errno.ts";
import type { Libbpf } from "../ffi/libbpf.ts";
import { decodeMissedRuns, PROGRAM_INFO_SIZE } from "./wire-format.ts";

/** Descriptors of a program and of its spare; null where it has none. */
export interface AttachedProgram {
  readonly fd: number;
  readonly spareFd: number | null;
}

/** How often, at most, neither a program nor its spare ran for an event of any task; bpf/spares.bpf.h. */
export function countLeftOut(libbpf: Libbpf, programs: readonly AttachedProgram[]): number {
  return programs
    .map(({ fd, spareFd }) =>
      Math.min(missedRuns(libbpf, fd), spareFd === null ? Infinity : missedRuns(libbpf, spareFd)),
    )
    .reduce((sum, count) => sum + count, 0);
}

function missedRuns(libbpf: Libbpf, fd: number): number {
  const info = new Uint8Array(PROGRAM_INFO_SIZE);
  const result = libbpf.readProgramInfo(fd, info);
  if (result < 0) throw new SystemError("asking for missed runs", errorName(-result));
  return decodeMissedRuns(info);
}
