// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { constantOrNumber, keptSet, keptSetNotes } from "../program-set.ts";
import type { Workload } from "../workload.ts";

/** How a program that was compiled limits itself, with libcap-ng: capng_change_id(3). */
export function draftC(workload: Workload): Draft {
  const kept = keptSet(workload.grant);
  const update = [
    "    if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,",
    ...kept.map((name) => `                      ${constantOrNumber(name)},`),
    "                      -1) != 0) {",
    '        fputs("capabilities: this system does not know them all\\n", stderr);',
    "        exit(EXIT_FAILURE);",
    "    }",
  ];
  return {
    title: "In the program itself: C with libcap-ng",
    place: null,
    comment: "//",
    lines: [
      "#include <cap-ng.h>",
      "#include <stdio.h>",
      "#include <stdlib.h>",
      "",
      "static void limit_capabilities(int uid, int gid)",
      "{",
      "    capng_clear(CAPNG_SELECT_BOTH);",
      ...(kept.length === 0 ? [] : update),
      "    int error = capng_change_id(uid, gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);",
      "    if (error != 0) {",
      '        fprintf(stderr, "capabilities: capng_change_id: error %d\\n", error);',
      "        exit(EXIT_FAILURE);",
      "    }",
      "}",
    ],
    notes: [...keptSetNotes(workload), THREADS_NOTE, "Compile with -lcap-ng."],
  };
}

/** capset(2), prctl(2): each thread has its own; glibc spreads changes of ids alone. */
export const THREADS_NOTE =
  "Call it before the program starts threads: the kernel keeps capabilities for each of them, and " +
  "this changes the thread that calls it.";
