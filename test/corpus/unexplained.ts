// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from "./measure.ts";

/** Checks of real programs that no rule of src/trace explains: one line for each stack of the kernel. */
export function unexplained(measurements: readonly Measurement[]): readonly string[] {
  const lines = measurements.flatMap(({ profile }) =>
    profile.findings.flatMap(({ capability, uses }) =>
      uses
        .filter(({ confidence }) => confidence !== "high")
        .map(
          ({ program, syscall, verdict, kernelStack }) =>
            `${capability}, ${verdict}, in ${syscall ?? "no system call"} of ${program}: ` +
            (kernelStack.length === 0 ? "no stack was seen" : kernelStack.join(" < ")),
        ),
    ),
  );
  return [...new Set(lines)].toSorted();
}
