// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import type { Recommendation } from "./model.ts";
import { containerName, evidenceSentence } from "./wording.ts";

/** The securityContext of one container in a pod. Names have no CAP_ there. */
export function recommendKubernetes(_profile: Profile, grant: Grant): Recommendation {
  const needsNothing = grant.all.length === 0;
  return {
    target: "kubernetes",
    title: "Kubernetes",
    text: [
      `# ${evidenceSentence(grant)}`,
      "securityContext:",
      ...(needsNothing ? ["  runAsNonRoot: true"] : []),
      ...(grant.gainsAtExec ? [] : ["  allowPrivilegeEscalation: false"]),
      "  capabilities:",
      '    drop: ["ALL"]',
      ...(needsNothing
        ? []
        : [`    add: [${grant.all.map((name) => `"${containerName(name)}"`).join(", ")}]`]),
    ].join("\n"),
    notes: [...(needsNothing ? [] : [NO_AMBIENT_NOTE]), ...gainNotes(grant)],
  };
}

/** kubernetes/kubernetes 56374; kubernetes/enhancements 2763 would change it. */
const NO_AMBIENT_NOTE =
  "It grants only what runs as root in the container. Kubernetes sets no ambient capabilities " +
  "(KEP-2763 proposes them): with runAsUser other than 0, what add names is in the bounding set, " +
  "and the program has no capability at all. Then put them on the file while the image is built " +
  "(setcap), and leave allowPrivilegeEscalation out: false makes file capabilities void.";

function gainNotes({ gainsAtExec }: Grant): readonly string[] {
  if (!gainsAtExec) return [];
  return [
    "Programs gained capabilities when they were executed (setuid, file capabilities, or root), " +
      "so allowPrivilegeEscalation: false is left out.",
  ];
}
