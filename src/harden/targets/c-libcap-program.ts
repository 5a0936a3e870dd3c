// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { constantOrNumber, keptSet, keptSetNotes } from "../program-set.ts";
import type { Workload } from "../workload.ts";

/** The same with libcap: cap_setuid(3) keeps the permitted set over the change of the user. */
export function draftCLibcap(workload: Workload): Draft {
  const kept = keptSet(workload.grant);
  return {
    title: "In the program itself: C with libcap",
    place: null,
    comment: "//",
    lines: [
      "#include <stdio.h>",
      "#include <stdlib.h>",
      "#include <sys/capability.h>",
      "#include <sys/prctl.h>",
      "",
      "static void check_capabilities(int result, const char *step)",
      "{",
      "    if (result == -1) {",
      '        fprintf(stderr, "capabilities: ");',
      "        perror(step);",
      "        exit(EXIT_FAILURE);",
      "    }",
      "}",
      "",
      "static void limit_capabilities(uid_t uid, gid_t gid)",
      "{",
      "    cap_t set = cap_init();",
      '    check_capabilities(set == NULL ? -1 : 0, "cap_init");',
      ...keptLines(kept),
      "    for (cap_value_t each = 0; cap_get_bound(each) >= 0; each++) {",
      '        check_capabilities(cap_drop_bound(each), "cap_drop_bound");',
      "    }",
      '    check_capabilities(cap_reset_ambient(), "cap_reset_ambient");',
      '    check_capabilities(cap_setgroups(gid, 0, NULL), "cap_setgroups");',
      '    check_capabilities(cap_setuid(uid), "cap_setuid");',
      '    check_capabilities(cap_set_proc(set), "cap_set_proc");',
      '    check_capabilities(prctl(PR_SET_KEEPCAPS, 0L, 0L, 0L, 0L), "PR_SET_KEEPCAPS");',
      "    cap_free(set);",
      "}",
    ],
    notes: [
      ...keptSetNotes(workload),
      "Compile with -lcap, libcap 2.26 or newer; with -lcap -lpsx -lpthread (2.29) it changes all " +
        "threads, and otherwise the one that calls it: then call it before threads start.",
    ],
  };
}

function keptLines(kept: readonly string[]): readonly string[] {
  if (kept.length === 0) return [];
  return [
    "    const cap_value_t kept[] = {",
    ...kept.map((name) => `        ${constantOrNumber(name)},`),
    "    };",
    "    const int count = sizeof kept / sizeof kept[0];",
    '    check_capabilities(cap_set_flag(set, CAP_PERMITTED, count, kept, CAP_SET), "cap_set_flag");',
    '    check_capabilities(cap_set_flag(set, CAP_EFFECTIVE, count, kept, CAP_SET), "cap_set_flag");',
  ];
}
