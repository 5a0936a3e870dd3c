// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { containerName } from "../wording.ts";
import type { Workload } from "../workload.ts";
import { accountText, dockerNotes, mayForbidGains, NO_IMAGE } from "./containers.ts";
import { basisOfName } from "./marks.ts";

/** A service of a Compose file; the Compose specification needs no version. */
export function draftCompose(workload: Workload): Draft {
  const { grant, label, image, user } = workload;
  return {
    title: "Compose",
    place: "compose.yaml",
    comment: "#",
    lines: [
      "services:",
      `  ${quoted(label)}:`,
      `    image: ${quoted(image ?? NO_IMAGE)}`,
      ...(user === null ? [] : [`    user: ${quoted(accountText(user))}`]),
      "    cap_drop:",
      "      - ALL",
      ...(grant.all.length === 0 ? [] : ["    cap_add:"]),
      ...grant.all.map((name) => `      - ${containerName(name)} # ${basisOfName(workload, name)}`),
      ...(mayForbidGains(workload) ? ["    security_opt:", "      - no-new-privileges:true"] : []),
    ],
    notes: dockerNotes(workload),
  };
}

/** Whatever is checked to be an image, a user or a label needs no escapes in YAML. */
function quoted(text: string): string {
  return `"${text}"`;
}
