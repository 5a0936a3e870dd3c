// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { constantOrNumber, keptSet, keptSetNotes } from "../program-set.ts";
import type { Workload } from "../workload.ts";
import { THREADS_NOTE } from "./c-program.ts";

/** How a Python script limits itself, with libcap-ng's module `capng`. */
export function draftPython(workload: Workload): Draft {
  const names = keptSet(workload.grant).map(constantOrNumber);
  const constants = names.map((name) => (name.startsWith("CAP_") ? `capng.${name}` : name));
  const update = [
    `    for capability in (${constants.map((name) => `${name},`).join(" ")}):`,
    "        sets = capng.CAPNG_EFFECTIVE | capng.CAPNG_PERMITTED",
    "        if capng.capng_update(capng.CAPNG_ADD, sets, capability) != 0:",
    '            sys.exit(f"capabilities: this system does not know {capability}")',
  ];
  return {
    title: "In the script itself: Python with libcap-ng",
    place: null,
    comment: "#",
    lines: [
      "import sys",
      "",
      "import capng",
      "",
      "",
      "def limit_capabilities(uid, gid):",
      "    capng.capng_clear(capng.CAPNG_SELECT_BOTH)",
      ...(constants.length === 0 ? [] : update),
      "    flags = capng.CAPNG_DROP_SUPP_GRP | capng.CAPNG_CLEAR_BOUNDING",
      "    error = capng.capng_change_id(uid, gid, flags)",
      "    if error != 0:",
      '        sys.exit(f"capabilities: capng_change_id: error {error}")',
    ],
    notes: [
      ...keptSetNotes(workload),
      THREADS_NOTE,
      "The module comes with libcap-ng: python3-cap-ng on Debian, python3-libcap-ng on Fedora.",
    ],
  };
}
