// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import { isInterpreter } from "./interpreters.ts";
import type { Recommendation } from "./model.ts";
import { constantOrNumber, keptSet, keptSetNotes, neededBy } from "./program-set.ts";
import { evidenceSentence } from "./wording.ts";

/** How a program that was compiled limits itself, with libcap-ng: capng_change_id(3). */
export function recommendC(profile: Profile, grant: Grant): Recommendation | null {
  if (!neededBy(profile).some((program) => !isInterpreter(program))) return null;
  const kept = keptSet(grant);
  const update = [
    "    if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,",
    ...kept.map((name) => `                      ${constantOrNumber(name)},`),
    "                      -1) != 0) {",
    '        fputs("capabilities: this system does not know them all\\n", stderr);',
    "        exit(EXIT_FAILURE);",
    "    }",
  ];
  return {
    target: "c",
    title: "In the program itself: C with libcap-ng",
    text: [
      "#include <cap-ng.h>",
      "#include <stdio.h>",
      "#include <stdlib.h>",
      "",
      `/* ${evidenceSentence(grant)} */`,
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
    ].join("\n"),
    notes: [...keptSetNotes(profile, grant), "Compile with -lcap-ng."],
  };
}
