// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import { isPython } from "./interpreters.ts";
import type { Recommendation } from "./model.ts";
import { constantOrNumber, keptSet, keptSetNotes, neededBy } from "./program-set.ts";
import { evidenceSentence } from "./wording.ts";

/** How a Python script limits itself, with libcap-ng's module `capng`. */
export function recommendPython(profile: Profile, grant: Grant): Recommendation | null {
  if (!neededBy(profile).some(isPython)) return null;
  const names = keptSet(grant).map(constantOrNumber);
  const constants = names.map((name) => (name.startsWith("CAP_") ? `capng.${name}` : name));
  const update = [
    `    for capability in (${constants.map((name) => `${name},`).join(" ")}):`,
    "        sets = capng.CAPNG_EFFECTIVE | capng.CAPNG_PERMITTED",
    "        if capng.capng_update(capng.CAPNG_ADD, sets, capability) != 0:",
    '            sys.exit(f"capabilities: this system does not know {capability}")',
  ];
  return {
    target: "python",
    title: "In the script itself: Python with libcap-ng",
    text: [
      "import sys",
      "",
      "import capng",
      "",
      "",
      "def limit_capabilities(uid, gid):",
      `    # ${evidenceSentence(grant)}`,
      "    capng.capng_clear(capng.CAPNG_SELECT_BOTH)",
      ...(constants.length === 0 ? [] : update),
      "    flags = capng.CAPNG_DROP_SUPP_GRP | capng.CAPNG_CLEAR_BOUNDING",
      "    error = capng.capng_change_id(uid, gid, flags)",
      "    if error != 0:",
      '        sys.exit(f"capabilities: capng_change_id: error {error}")',
    ].join("\n"),
    notes: [
      ...keptSetNotes(profile, grant),
      "The module comes with libcap-ng: python3-cap-ng on Debian, python3-libcap-ng on Fedora.",
    ],
  };
}
